// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/errors.hpp"
#include "edo/runtime/interval.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/select.hpp"
#include "edo/runtime/stream/stream.hpp"
#include "edo/runtime/task/task.hpp"

#include <optional>
#include <utility>

namespace edo::stream {

/// See `timeout_repeating`.
template <class S>
class TimeoutRepeating {
public:
    using Item = Result<ItemOf<S>>;

    TimeoutRepeating(S&& source, Interval ticks)
        : source_(std::forward<S>(source)), ticks_(ticks) {}

    [[nodiscard]] Task<std::optional<Item>> next() {
        auto first = co_await select(biased, source_.next(), ticks_.tick());
        auto* const item = first.template get_if<0>();
        if (item == nullptr) {
            co_return std::optional<Item>(failure(make_error_code(Errc::Elapsed)));
        }
        ticks_.reset();
        if (!*item) {
            co_return std::nullopt;
        }
        co_return std::optional<Item>(std::move(**item));
    }

private:
    S source_;
    Interval ticks_;  // keeps its schedule when a `next` is dropped
};

/// Yields a `Result` for each value, and, as long as none comes, `Errc::Elapsed` at every tick. A
/// value begins a new period.
///
/// @param ticks When to complain: `interval_at(now() + period, period)` for one period after the
///     last value; `interval(period)` complains at once if there is no value yet. Its
///     `MissedTickBehavior` says what happens where `next` is not asked in time.
///
/// @par Cancel safety
/// Cancel safe if the source is, and only then right at all: at each tick, `next` of the source is
/// dropped.
/// @par Example
/// @snippet stream.cpp timeout_repeating
/// @see timeout, which complains once a value
[[nodiscard]] inline auto timeout_repeating(Interval ticks) {
    return detail::StreamAdaptor([ticks]<class S>(S&& source) {
        return TimeoutRepeating<S>(std::forward<S>(source), ticks);
    });
}

}  // namespace edo::stream
