// SPDX-License-Identifier: MIT
// A channel as small as can be, for one task that receives.
#pragma once

#include "support/event.hpp"
#include "support/on_paused_clock.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/stream/consume.hpp>
#include <edo/runtime/stream/sources.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace edo::test {

/// Copies share the channel. `recv` is cancel safe.
template <class T>
class TestChannel {
public:
    TestChannel() = default;

    void send(T value) {
        state_->values.push_back(std::move(value));
        state_->signal.notify();
    }
    void close() { state_->signal.notify(); }

    Task<std::optional<T>> recv() {
        const std::shared_ptr<State> state = state_;
        co_await state->signal;
        if (state->values.empty()) {
            state->signal.notify();  // closed: so it stays
            co_return std::nullopt;
        }
        std::optional<T> value(std::move(state->values.front()));
        state->values.pop_front();
        co_return value;
    }
    [[nodiscard]] std::size_t len() const { return state_->values.size(); }

private:
    struct State {
        State() = default;
        std::deque<T> values;
        Signal signal;
    };
    std::shared_ptr<State> state_ = std::make_shared<State>();
};

using Ints = std::vector<int>;

/// g++ 12 cannot do with a list in braces inside an awaited expression.
template <class... Int>
Ints ints(Int... values) {
    return Ints{values...};
}

/// All that is left of a stream of numbers.
template <class S>
Task<void> expect_ints(S stream, Ints expected) {
    Ints got;
    for (;;) {
        const auto item = co_await stream.next();
        if (!item) {
            break;
        }
        got.push_back(int(*item));
    }
    BOOST_TEST(got == expected, boost::test_tools::per_element());
    const auto after_the_end = co_await stream.next();
    BOOST_TEST(!after_the_end.has_value());
}

/// Checks the next value, and when it comes, counted from `start`.
template <class S, class T>
Task<void> expect_next_at(S& stream, T expected, Instant start, Duration when) {
    auto item = co_await stream.next();
    BOOST_REQUIRE(item.has_value());
    BOOST_TEST((*item == expected));
    BOOST_TEST((now() - start) / std::chrono::milliseconds(1) ==
               when / std::chrono::milliseconds(1));
}

}  // namespace edo::test
