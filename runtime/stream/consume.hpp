// SPDX-License-Identifier: MIT
// What is at the end of a pipe: collect, try_collect, fold, for_each, any, all, count. Each makes a
// `Task` of the stream. And try_next.
#pragma once

#include "edo/runtime/result.hpp"
#include "edo/runtime/stream/stream.hpp"
#include "edo/runtime/task/task.hpp"

#include <cstddef>
#include <functional>
#include <iterator>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace edo::detail {

// In all of these `S` is a stream that the coroutine keeps, or a reference.

template <class S, class C>
Task<C> collect_all(S source) {
    C items;
    for (;;) {
        auto item = co_await source.next();
        if (!item) {
            co_return items;
        }
        items.insert(std::end(items), std::move(*item));
    }
}

template <class S, class C, class E>
Task<Result<C, E>> try_collect_all(S source) {
    C items;
    for (;;) {
        auto item = co_await source.next();
        if (!item) {
            co_return Result<C, E>(std::move(items));
        }
        if (!*item) {
            co_return failure(std::move(item->error()));
        }
        items.insert(std::end(items), std::move(**item));
    }
}

template <class S, class T, class F>
Task<T> fold_all(S source, T value, F function) {
    for (;;) {
        auto item = co_await source.next();
        if (!item) {
            co_return value;
        }
        value = std::invoke(function, std::move(value), std::move(*item));
    }
}

template <class S, class F>
Task<void> visit_all(S source, F function) {
    for (;;) {
        auto item = co_await source.next();
        if (!item) {
            co_return;
        }
        if constexpr (Awaitable<std::invoke_result_t<F&, stream::ItemOf<S>>>) {
            auto visit = std::invoke(function, std::move(*item));
            static_cast<void>(co_await std::move(visit));
        } else {
            std::invoke(function, std::move(*item));
        }
    }
}

/// Whether a value comes for which the predicate yields `wanted`.
template <class S, class P>
Task<bool> find_one(S source, P predicate, bool wanted, bool when_found) {
    for (;;) {
        auto item = co_await source.next();
        if (!item) {
            co_return !when_found;
        }
        if (bool(std::invoke(predicate, std::as_const(*item))) == wanted) {
            co_return when_found;
        }
    }
}

template <class T>
struct OkOf;
template <class T, class E>
struct OkOf<Result<T, E>> {
    using Value = T;
    using Error = E;
};

template <class C, class T>
using CollectInto = std::conditional_t<std::is_void_v<C>, std::vector<T>, C>;

}  // namespace edo::detail

namespace edo::stream {

/// Collects all values: `co_await (source | collect())`, into a `std::vector`, or into any
/// container with `insert`: `collect<std::set<int>>()`.
/// @par Cancel safety
/// Not cancel safe, as all that is at the end of a pipe: what was collected is lost.
/// @par Example
/// @snippet stream.cpp pipe
template <class C = void>
[[nodiscard]] auto collect() {
    return detail::StreamAdaptor([]<class S>(S&& source) {
        return detail::collect_all<S, detail::CollectInto<C, ItemOf<S>>>(std::forward<S>(source));
    });
}

/// Collects the values of a stream of `Result`, and yields a `Result`: all values, or the first
/// error, at which it ends.
/// @par Example
/// @snippet stream.cpp try_collect
template <class C = void>
[[nodiscard]] auto try_collect() {
    return detail::StreamAdaptor([]<class S>(S&& source) {
        using Ok = detail::OkOf<ItemOf<S>>;
        return detail::try_collect_all<S, detail::CollectInto<C, typename Ok::Value>,
                                       typename Ok::Error>(std::forward<S>(source));
    });
}

}  // namespace edo::stream

namespace edo::detail {

template <class S, class T, class E>
Task<Result<std::optional<T>, E>> next_of_results(S& source) {
    auto item = co_await source.next();
    if (!item) {
        co_return std::nullopt;
    }
    if (!*item) {
        co_return failure(std::move(item->error()));
    }
    co_return std::optional<T>(std::move(**item));
}

}  // namespace edo::detail

namespace edo::stream {

/// The next value of a stream of `Result`, in the order that `propagate` likes: an error, or a
/// `std::optional` that is empty at the end of the stream.
///
/// @param source Must outlive the operation.
/// @par Cancel safety
/// Cancel safe if the stream is.
/// @par Example
/// @snippet stream.cpp try_next
template <Stream S>
    requires is_result<ItemOf<S>>
[[nodiscard]] auto try_next(S& source) {
    using Ok = detail::OkOf<ItemOf<S>>;
    return detail::next_of_results<S, typename Ok::Value, typename Ok::Error>(source);
}

/// Makes one value of all: `value = f(value, item)` for each, beginning with `first`.
/// @par Example
/// @snippet stream.cpp fold
template <class T, class F>
[[nodiscard]] auto fold(T first, F function) {
    return detail::StreamAdaptor(
        [v = std::move(first), f = std::move(function)]<class S>(S&& source) mutable {
            return detail::fold_all<S, T, F>(std::forward<S>(source), std::move(v), std::move(f));
        });
}

/// Calls `f(item)` for each value, and awaits what it yields if that can be awaited.
/// @par Example
/// @snippet stream.cpp for_each
template <class F>
[[nodiscard]] auto for_each(F function) {
    return detail::StreamAdaptor([f = std::move(function)]<class S>(S&& source) mutable {
        return detail::visit_all<S, F>(std::forward<S>(source), std::move(f));
    });
}

/// Whether `predicate(item)` is true for any value. Ends at the first one.
template <class P>
[[nodiscard]] auto any(P predicate) {
    return detail::StreamAdaptor([p = std::move(predicate)]<class S>(S&& source) mutable {
        return detail::find_one<S, P>(std::forward<S>(source), std::move(p), true, true);
    });
}

/// Whether `predicate(item)` is true for all values. Ends at the first one for which it is not.
template <class P>
[[nodiscard]] auto all(P predicate) {
    return detail::StreamAdaptor([p = std::move(predicate)]<class S>(S&& source) mutable {
        return detail::find_one<S, P>(std::forward<S>(source), std::move(p), false, false);
    });
}

/// How many values there are.
[[nodiscard]] inline auto count() {
    return fold(std::size_t{0}, [](std::size_t n, auto&& /*item*/) { return n + 1; });
}

}  // namespace edo::stream
