// SPDX-License-Identifier: MIT
// Streams and time: timeout, throttle, chunks_timeout.
#pragma once

#include "edo/runtime/errors.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/sleep.hpp"
#include "edo/runtime/stream/stream.hpp"
#include "edo/runtime/task/task.hpp"
#include "edo/runtime/time/instant.hpp"
#include "edo/runtime/timeout.hpp"

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace edo::stream {

/// See `timeout`.
template <class S>
class Timeout {
public:
    using Item = Result<ItemOf<S>>;

    Timeout(S&& source, Duration limit) : source_(std::forward<S>(source)), limit_(limit) {}

    [[nodiscard]] Task<std::optional<Item>> next() {
        std::optional<ItemOf<S>> item;
        if (has_elapsed_) {
            item = co_await source_.next();
        } else {
            if (!deadline_) {
                deadline_ = detail::saturating_add(now(), limit_);
            }
            auto in_time = co_await edo::timeout_at(*deadline_, source_.next());
            if (!in_time) {
                has_elapsed_ = true;
                co_return std::optional<Item>(failure(in_time.error()));
            }
            item = std::move(*in_time);
        }
        has_elapsed_ = false;
        deadline_.reset();
        if (!item) {
            co_return std::nullopt;
        }
        co_return std::optional<Item>(std::move(*item));
    }

private:
    S source_;
    Duration limit_;
    std::optional<Instant> deadline_;  // of the value that is waited for; survives a cancellation
    bool has_elapsed_ = false;         // the value that comes next is late already
};

/// See `throttle`.
template <class S>
class Throttle {
public:
    using Item = ItemOf<S>;

    Throttle(S&& source, Duration gap) : source_(std::forward<S>(source)), gap_(gap) {}

    [[nodiscard]] Task<std::optional<Item>> next() {
        if (not_before_) {
            co_await sleep_until(*not_before_);
            not_before_.reset();
        }
        std::optional<Item> item = co_await source_.next();
        if (item && gap_ > Duration::zero()) {
            not_before_ = detail::saturating_add(now(), gap_);
        }
        co_return item;
    }

private:
    S source_;
    Duration gap_;
    std::optional<Instant> not_before_;
};

/// See `chunks_timeout`.
template <class S>
class ChunksTimeout {
public:
    using Item = std::vector<ItemOf<S>>;

    ChunksTimeout(S&& source, std::size_t most, Duration limit)
        : source_(std::forward<S>(source)), most_(most), limit_(limit) {
        if (most == 0) {
            throw UsageError("edo: chunks_timeout needs room for at least one value in a chunk");
        }
    }

    [[nodiscard]] Task<std::optional<Item>> next() {
        while (!is_over_ && chunk_.size() < most_) {
            std::optional<ItemOf<S>> item;
            if (chunk_.empty()) {
                item = co_await source_.next();
                deadline_ = detail::saturating_add(now(), limit_);
            } else {
                auto in_time = co_await edo::timeout_at(deadline_, source_.next());
                if (!in_time) {
                    break;
                }
                item = std::move(*in_time);
            }
            if (item) {
                chunk_.push_back(std::move(*item));
            } else {
                is_over_ = true;
            }
        }
        if (chunk_.empty()) {
            co_return std::nullopt;
        }
        co_return std::optional<Item>(std::exchange(chunk_, Item()));
    }

    /// The values that were collected for a chunk which was not yielded.
    [[nodiscard]] Item into_remainder() && { return std::move(chunk_); }

private:
    S source_;
    std::size_t most_;
    Duration limit_;
    Item chunk_;        // what has come survives a cancellation
    Instant deadline_;  // of the chunk; set by its first value
    bool is_over_ = false;
};

/// Yields a `Result` for each value: if none comes within `limit` after the last one (the first
/// time: after `next` was awaited), `Errc::Elapsed`, once; the value that comes then is waited for
/// without a limit.
///
/// @par Cancel safety
/// Cancel safe if the source is, and only then right at all: when the time is over, `next` of the
/// source is dropped. The time goes on from one call to the next.
/// @par Example
/// @snippet stream.cpp timeout
[[nodiscard]] inline auto timeout(Duration limit) {
    return detail::StreamAdaptor(
        [limit]<class S>(S&& source) { return Timeout<S>(std::forward<S>(source), limit); });
}

/// Yields at most one value in `gap`; the others wait in the source.
/// @par Example
/// @snippet stream.cpp throttle
[[nodiscard]] inline auto throttle(Duration gap) {
    return detail::StreamAdaptor(
        [gap]<class S>(S&& source) { return Throttle<S>(std::forward<S>(source), gap); });
}

/// Collects values into vectors of `most`, or of those that have come `limit` after the first one.
///
/// @par Cancel safety
/// Cancel safe if the source is, and only then right at all: when the time is over, `next` of the
/// source is dropped.
/// @throws UsageError if `most` is 0.
/// @par Example
/// @snippet stream.cpp chunks_timeout
[[nodiscard]] inline auto chunks_timeout(std::size_t most, Duration limit) {
    return detail::StreamAdaptor([most, limit]<class S>(S&& source) {
        return ChunksTimeout<S>(std::forward<S>(source), most, limit);
    });
}

}  // namespace edo::stream
