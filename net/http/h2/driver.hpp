// SPDX-License-Identifier: MIT
// Joins the core of HTTP/2 with a stream. Included by the source files that instantiate
// `serve_connection` for a type of stream.
#pragma once

#include "edo/net/http/h2/serve_connection.hpp"
#include "edo/net/http/h2/server_core.hpp"
#include "edo/net/http/server/fill.hpp"
#include "edo/net/http/server/pace.hpp"
#include "edo/runtime/io/concepts.hpp"
#include "edo/runtime/join_set.hpp"
#include "edo/runtime/select.hpp"
#include "edo/runtime/timeout.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace edo::http::h2::detail {

template <class S>
class ServerDriver {
public:
    ServerDriver(S stream, Serving serving)
        : stream_(std::move(stream)), core_(std::make_shared<ServerCore>(std::move(serving))) {}

    [[nodiscard]] Task<void> serve(std::string received) {
        static_cast<void>(co_await select(biased, obey(), send(), receive(std::move(received))));
        handlers_.abort_all();
        // What is still to be said: GOAWAY, mostly.
        static_cast<void>(co_await timeout(kGoodbye, say_goodbye()));
        co_await handlers_.shutdown();
    }

private:
    /// Ends when the connection is to be killed.
    [[nodiscard]] Task<void> obey() {
        co_await core_->serving().stop().cancelled();
        core_->stop();
        co_await core_->serving().kill().cancelled();
    }

    /// Ends when all is said, or cannot be.
    [[nodiscard]] Task<void> send() {
        for (;;) {
            out_ = core_->send();
            if (!out_.empty()) {
                const bool is_written = co_await write_out();
                if (!is_written) {
                    is_broken_ = true;
                    co_return;
                }
            } else if (core_->is_over()) {
                co_return;
            } else {
                co_await core_->output().notified();
            }
        }
    }

    /// Writes the rest of `out_`, which another task of the connection goes on with if this one is
    /// dropped. False when the client takes nothing for too long, or the connection has failed.
    [[nodiscard]] Task<bool> write_out() {
        const auto rest = [this] { return std::as_bytes(std::span(out_).subspan(written_)); };
        if constexpr (http::detail::SocketStream<S>) {
            written_ += stream_.try_write(rest()).value_or(0);
        }
        const ServerOptions& options = core_->serving().options();
        http::detail::Pace pace(options.write_timeout, options.min_write_rate);
        while (written_ < out_.size()) {
            is_writing_ = true;
            const Instant start = now();
            const Instant deadline =
                edo::detail::saturating_add(start, std::min(options.write_timeout, pace.left()));
            const auto count = co_await timeout_at(deadline, stream_.write(rest()));
            is_writing_ = false;
            if (!count || !*count || **count == 0) {
                co_return false;
            }
            pace.waited(now() - start);
            pace.moved(**count);
            written_ += **count;
        }
        written_ = 0;
        std::string().swap(out_);
        co_return true;
    }

    /// Ends when the client has ended the connection, breaks the rules, or is idle for too long.
    [[nodiscard]] Task<void> receive(std::string received) {
        bool good = received.empty() || take(std::as_bytes(std::span(received)));
        std::string().swap(received);
        while (good) {
            const auto count =
                co_await timeout_at(core_->deadline(), http::detail::fill(stream_, input_));
            if (!count) {
                good = core_->expire();
            } else if (!*count || **count == 0) {
                is_read_to_end_ = true;
                co_return;
            } else {
                good = take(std::as_bytes(std::span(input_.bytes())));
                input_.consume(input_.bytes().size());
                input_.release_if_empty();
            }
        }
    }

    [[nodiscard]] bool take(std::span<const std::byte> bytes) {
        const bool good = core_->receive(bytes);
        while (handlers_.try_join_next()) {  // those that are done
        }
        for (StreamPtr& stream : core_->take_requests()) {
            ServerStream& serving = *stream;
            core_->set_handler(serving,
                               handlers_.spawn(ServerCore::serve(core_, std::move(stream))));
        }
        return good;
    }

    [[nodiscard]] Task<void> say_goodbye() {
        // TLS cannot take back a write that was dropped, nor tell how much of it is gone.
        bool may_write = !is_broken_ && !(is_writing_ && http::detail::ReadableStream<S>);
        while (may_write) {
            if (out_.empty()) {
                out_ = core_->send();
            }
            if (out_.empty()) {
                break;
            }
            may_write = co_await write_out();
        }
        if constexpr (edo::detail::HasShutdown<S>) {
            static_cast<void>(co_await stream_.shutdown());
        }
        // Closed with unread bytes, the connection would be reset, and the client might never learn
        // why.
        constexpr std::size_t kMost = std::size_t{512} * 1024;
        const bool may_send_on = core_->has_failed() && !is_read_to_end_;
        for (std::size_t dropped = 0; may_send_on && dropped < kMost;) {
            const Result<std::size_t> count = co_await http::detail::fill(stream_, input_);
            if (!count || *count == 0) {
                co_return;
            }
            dropped += *count;
            input_.consume(input_.bytes().size());
        }
    }

    static constexpr auto kGoodbye = std::chrono::seconds(1);

    S stream_;
    std::shared_ptr<ServerCore> core_;
    http::detail::Input input_;
    std::string out_;  // what is being written
    std::size_t written_ = 0;
    JoinSet<void> handlers_;
    bool is_writing_ = false;  // a write waits, or was dropped while it did
    bool is_broken_ = false;   // nothing can be written any more
    bool is_read_to_end_ = false;
};

}  // namespace edo::http::h2::detail

namespace edo::http::h2 {

template <class S>
Task<void> serve_connection(S stream, Serving serving, std::string received) {
    detail::ServerDriver<S> driver(std::move(stream), std::move(serving));
    co_await driver.serve(std::move(received));
}

}  // namespace edo::http::h2
