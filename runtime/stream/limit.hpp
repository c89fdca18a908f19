// SPDX-License-Identifier: MIT
// Parts of streams: take, take_while, skip, skip_while.
#pragma once

#include "edo/runtime/stream/stream.hpp"
#include "edo/runtime/task/task.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <utility>

namespace edo::stream {

/// See `take`.
template <class S>
class Take {
public:
    using Item = ItemOf<S>;

    Take(S&& source, std::size_t count) : source_(std::forward<S>(source)), left_(count) {}

    [[nodiscard]] Task<std::optional<Item>> next() {
        if (left_ == 0) {
            co_return std::nullopt;
        }
        std::optional<Item> item = co_await source_.next();
        left_ = item ? left_ - 1 : 0;
        co_return item;
    }

private:
    S source_;
    std::size_t left_;
};

/// See `take_while`.
template <class S, class P>
class TakeWhile {
public:
    using Item = ItemOf<S>;

    TakeWhile(S&& source, P predicate)
        : source_(std::forward<S>(source)), predicate_(std::move(predicate)) {}

    [[nodiscard]] Task<std::optional<Item>> next() {
        if (is_over_) {
            co_return std::nullopt;
        }
        std::optional<Item> item = co_await source_.next();
        if (!item || !std::invoke(predicate_, std::as_const(*item))) {
            is_over_ = true;
            co_return std::nullopt;
        }
        co_return item;
    }

private:
    S source_;
    P predicate_;
    bool is_over_ = false;
};

/// See `skip`.
template <class S>
class Skip {
public:
    using Item = ItemOf<S>;

    Skip(S&& source, std::size_t count) : source_(std::forward<S>(source)), left_(count) {}

    [[nodiscard]] Task<std::optional<Item>> next() {
        for (;;) {
            std::optional<Item> item = co_await source_.next();
            if (!item || left_ == 0) {
                co_return item;
            }
            --left_;
        }
    }

private:
    S source_;
    std::size_t left_;
};

/// See `skip_while`.
template <class S, class P>
class SkipWhile {
public:
    using Item = ItemOf<S>;

    SkipWhile(S&& source, P predicate)
        : source_(std::forward<S>(source)), predicate_(std::move(predicate)) {}

    [[nodiscard]] Task<std::optional<Item>> next() {
        for (;;) {
            std::optional<Item> item = co_await source_.next();
            if (!item || !skips_ || !std::invoke(predicate_, std::as_const(*item))) {
                skips_ = false;
                co_return item;
            }
        }
    }

private:
    S source_;
    P predicate_;
    bool skips_ = true;
};

/// The first `count` values. The source is not asked for more.
/// @par Example
/// @snippet stream.cpp pipe
[[nodiscard]] inline auto take(std::size_t count) {
    return detail::StreamAdaptor(
        [count]<class S>(S&& source) { return Take<S>(std::forward<S>(source), count); });
}

/// The values up to the first one for which `predicate(item)` is false; that one is lost.
template <class P>
[[nodiscard]] auto take_while(P predicate) {
    return detail::StreamAdaptor([p = std::move(predicate)]<class S>(S&& source) mutable {
        return TakeWhile<S, P>(std::forward<S>(source), std::move(p));
    });
}

/// All values but the first `count`.
/// @par Example
/// @snippet stream.cpp enumerate
[[nodiscard]] inline auto skip(std::size_t count) {
    return detail::StreamAdaptor(
        [count]<class S>(S&& source) { return Skip<S>(std::forward<S>(source), count); });
}

/// All values from the first one on for which `predicate(item)` is false.
template <class P>
[[nodiscard]] auto skip_while(P predicate) {
    return detail::StreamAdaptor([p = std::move(predicate)]<class S>(S&& source) mutable {
        return SkipWhile<S, P>(std::forward<S>(source), std::move(p));
    });
}

}  // namespace edo::stream
