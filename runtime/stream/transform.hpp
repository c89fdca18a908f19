// SPDX-License-Identifier: MIT
// Streams that make other values of each value: map, map_while, filter, filter_map, then,
// enumerate.
#pragma once

#include "edo/runtime/select.hpp"
#include "edo/runtime/stream/stream.hpp"
#include "edo/runtime/task/branch_input.hpp"
#include "edo/runtime/task/task.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

namespace edo::stream {

/// See `map`.
template <class S, class F>
class Map {
public:
    using Item = std::remove_cvref_t<std::invoke_result_t<F&, ItemOf<S>>>;

    Map(S&& source, F function)
        : source_(std::forward<S>(source)), function_(std::move(function)) {}

    [[nodiscard]] Task<std::optional<Item>> next() {
        auto item = co_await source_.next();
        if (!item) {
            co_return std::nullopt;
        }
        co_return std::optional<Item>(std::invoke(function_, std::move(*item)));
    }

private:
    S source_;
    F function_;
};

/// See `filter_map`.
template <class S, class F>
class FilterMap {
public:
    using Item = typename detail::OptionalValue<
        std::remove_cvref_t<std::invoke_result_t<F&, ItemOf<S>>>>::type;

    FilterMap(S&& source, F function)
        : source_(std::forward<S>(source)), function_(std::move(function)) {}

    [[nodiscard]] Task<std::optional<Item>> next() {
        for (;;) {
            auto item = co_await source_.next();
            if (!item) {
                co_return std::nullopt;
            }
            std::optional<Item> made = std::invoke(function_, std::move(*item));
            if (made) {
                co_return made;
            }
        }
    }

private:
    S source_;
    F function_;
};

/// See `map_while`.
template <class S, class F>
class MapWhile {
public:
    using Item = typename detail::OptionalValue<
        std::remove_cvref_t<std::invoke_result_t<F&, ItemOf<S>>>>::type;

    MapWhile(S&& source, F function)
        : source_(std::forward<S>(source)), function_(std::move(function)) {}

    [[nodiscard]] Task<std::optional<Item>> next() {
        if (is_over_) {
            co_return std::nullopt;
        }
        auto item = co_await source_.next();
        std::optional<Item> made;
        if (item) {
            made = std::invoke(function_, std::move(*item));
        }
        is_over_ = !made;
        co_return made;
    }

private:
    S source_;
    F function_;
    bool is_over_ = false;
};

/// See `filter`.
template <class S, class P>
class Filter {
public:
    using Item = ItemOf<S>;

    Filter(S&& source, P predicate)
        : source_(std::forward<S>(source)), predicate_(std::move(predicate)) {}

    [[nodiscard]] Task<std::optional<Item>> next() {
        for (;;) {
            std::optional<Item> item = co_await source_.next();
            if (!item || std::invoke(predicate_, std::as_const(*item))) {
                co_return item;
            }
        }
    }

private:
    S source_;
    P predicate_;
};

/// See `then`.
template <class S, class F>
class Then {
    using Running = std::invoke_result_t<F&, ItemOf<S>>;

public:
    using Item = detail::BranchResult<Running>;

    Then(S&& source, F function)
        : source_(std::forward<S>(source)), function_(std::move(function)) {}

    [[nodiscard]] Task<std::optional<Item>> next() {
        if (!running_.valid()) {
            auto item = co_await source_.next();
            if (!item) {
                co_return std::nullopt;
            }
            start(std::move(*item));
        }
        // By reference: if this is cancelled, it goes on, and the next call finds its result.
        auto done = co_await edo::select(running_);
        co_return std::optional<Item>(std::move(done).template get<0>());
    }

private:
    void start(ItemOf<S> item) {
        if constexpr (is_task<Running>) {
            running_ = std::invoke(function_, std::move(item));
        } else {
            running_ = detail::await_value<Running>(std::invoke(function_, std::move(item)));
        }
    }

    S source_;
    F function_;
    Task<Item> running_;
};

/// See `enumerate`.
template <class S>
class Enumerate {
public:
    using Item = std::pair<std::size_t, ItemOf<S>>;

    explicit Enumerate(S&& source) : source_(std::forward<S>(source)) {}

    [[nodiscard]] Task<std::optional<Item>> next() {
        auto item = co_await source_.next();
        if (!item) {
            co_return std::nullopt;
        }
        co_return std::optional<Item>(std::in_place, count_++, std::move(*item));
    }

private:
    S source_;
    std::size_t count_ = 0;
};

/// Makes another value of each: `source | map(f)`, with `f(item)`.
/// @par Example
/// @snippet stream.cpp pipe
template <class F>
[[nodiscard]] auto map(F function) {
    return detail::StreamAdaptor([f = std::move(function)]<class S>(S&& source) mutable {
        return Map<S, F>(std::forward<S>(source), std::move(f));
    });
}

/// Makes another value of each, or leaves it out: `f(item)` yields a `std::optional`.
/// @par Example
/// @snippet stream.cpp filter_map
template <class F>
[[nodiscard]] auto filter_map(F function) {
    return detail::StreamAdaptor([f = std::move(function)]<class S>(S&& source) mutable {
        return FilterMap<S, F>(std::forward<S>(source), std::move(f));
    });
}

/// Makes another value of each, until `f(item)` yields an empty `std::optional`: the stream has
/// ended then.
/// @par Example
/// @snippet stream.cpp map_while
template <class F>
[[nodiscard]] auto map_while(F function) {
    return detail::StreamAdaptor([f = std::move(function)]<class S>(S&& source) mutable {
        return MapWhile<S, F>(std::forward<S>(source), std::move(f));
    });
}

/// Leaves out the values for which `predicate(item)` is false.
/// @par Example
/// @snippet stream.cpp pipe
template <class P>
[[nodiscard]] auto filter(P predicate) {
    return detail::StreamAdaptor([p = std::move(predicate)]<class S>(S&& source) mutable {
        return Filter<S, P>(std::forward<S>(source), std::move(p));
    });
}

/// Makes another value of each with something to be awaited: `f(item)` yields a `Task` or another
/// awaitable. One at a time, in order.
///
/// @par Cancel safety
/// Cancel safe: what was begun for a value goes on inside the task, and the next call of `next`
/// yields its result. So the stream must stay in that task, and must be neither moved nor kept
/// beyond its end meanwhile.
/// @par Example
/// @snippet stream.cpp then
template <class F>
[[nodiscard]] auto then(F function) {
    return detail::StreamAdaptor([f = std::move(function)]<class S>(S&& source) mutable {
        return Then<S, F>(std::forward<S>(source), std::move(f));
    });
}

/// Numbers the values, beginning with 0: yields a `std::pair` of the number and the value.
/// @par Example
/// @snippet stream.cpp enumerate
[[nodiscard]] inline auto enumerate() {
    return detail::StreamAdaptor(
        []<class S>(S&& source) { return Enumerate<S>(std::forward<S>(source)); });
}

}  // namespace edo::stream
