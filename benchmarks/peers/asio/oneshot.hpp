// A channel for one signal between two Asio coroutines, on any threads.
//
// Asio has no such thing. The customary stand-in, a `steady_timer` that never expires and is
// cancelled to signal, pays for a timer queue and is not thread safe; this one completes the
// waiting handler directly, so that the peer is not slowed by a poor channel.

#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <optional>
#include <utility>

/// One `send` and one `receive` may be in flight, in either order. The object must outlive both.
template <class Executor, class Token>
class Oneshot {
public:
    explicit Oneshot(Executor executor) : executor_(std::move(executor)) {}

    void send() {
        // acquire: sees the handler that `receive` stored. release: what happened before the send
        // is visible to the receiver.
        if (state_.exchange(State::Sent, std::memory_order_acq_rel) == State::Waiting) {
            complete();
        }
    }

    auto receive() {
        return boost::asio::async_initiate<const Token, void()>(
            [this](auto handler) {
                handler_.emplace(std::move(handler));
                State expected = State::Empty;
                // release: hands `handler_` to the sender. acquire: pairs with the sender's.
                if (!state_.compare_exchange_strong(expected, State::Waiting,
                                                    std::memory_order_acq_rel)) {
                    complete();
                }
            },
            token_);
    }

private:
    enum class State { Empty, Waiting, Sent };

    // Moves the handler out first: once it is posted, another thread may destroy this object.
    void complete() {
        auto handler = std::move(*handler_);
        boost::asio::post(Executor(executor_), std::move(handler));
    }

    static constexpr Token token_{};

    using Handler = typename boost::asio::async_result<Token, void()>::handler_type;

    Executor executor_;
    std::optional<Handler> handler_;
    std::atomic<State> state_ = State::Empty;
};
