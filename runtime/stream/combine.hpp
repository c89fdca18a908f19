// SPDX-License-Identifier: MIT
// Two streams as one: chain, merge.
#pragma once

#include "edo/runtime/select.hpp"
#include "edo/runtime/stream/stream.hpp"
#include "edo/runtime/task/task.hpp"

#include <concepts>
#include <optional>
#include <tuple>
#include <utility>

namespace edo::stream {

/// See `chain`.
template <class A, class B>
    requires std::same_as<ItemOf<A>, ItemOf<B>>
class Chain {
public:
    using Item = ItemOf<A>;

    Chain(A&& first, B&& second)
        : first_(std::forward<A>(first)), second_(std::forward<B>(second)) {}

    [[nodiscard]] Task<std::optional<Item>> next() {
        if (!first_is_over_) {
            std::optional<Item> item = co_await first_.next();
            if (item) {
                co_return item;
            }
            first_is_over_ = true;
        }
        std::optional<Item> item;
        if (!second_is_over_) {
            item = co_await second_.next();
            second_is_over_ = !item.has_value();
        }
        co_return item;
    }

private:
    A first_;
    B second_;
    bool first_is_over_ = false;
    bool second_is_over_ = false;
};

/// See `merge`.
template <class A, class B>
    requires std::same_as<ItemOf<A>, ItemOf<B>>
class Merge {
public:
    using Item = ItemOf<A>;

    Merge(A&& first, B&& second)
        : first_(std::forward<A>(first)), second_(std::forward<B>(second)) {}

    [[nodiscard]] Task<std::optional<Item>> next() {
        std::optional<Item> item;
        while (!first_is_over_ && !second_is_over_) {
            second_is_preferred_ = !second_is_preferred_;
            bool from_second = false;
            if (second_is_preferred_) {
                auto won = co_await edo::select(biased, second_.next(), first_.next());
                from_second = won.index() == 0;
                item = value_of(won);
            } else {
                auto won = co_await edo::select(biased, first_.next(), second_.next());
                from_second = won.index() == 1;
                item = value_of(won);
            }
            if (item) {
                co_return item;
            }
            (from_second ? second_is_over_ : first_is_over_) = true;
        }
        if (!first_is_over_) {
            item = co_await first_.next();
            first_is_over_ = !item.has_value();
        } else if (!second_is_over_) {
            item = co_await second_.next();
            second_is_over_ = !item.has_value();
        }
        co_return item;
    }

private:
    using Won = Selected<std::optional<Item>, std::optional<Item>>;
    [[nodiscard]] static std::optional<Item> value_of(Won& won) {
        return std::move(won.template is<0>() ? won.template get<0>() : won.template get<1>());
    }

    A first_;
    B second_;
    bool first_is_over_ = false;
    bool second_is_over_ = false;
    bool second_is_preferred_ = true;
};

/// All values of the source, then all of `other`.
/// @param other Kept if it is an rvalue, else used by reference and must outlive the result.
/// @par Example
/// @snippet stream.cpp merge
template <class B>
[[nodiscard]] auto chain(B&& other) {
    return detail::StreamAdaptor(
        [b = std::tuple<B>(std::forward<B>(other))]<class S>(S&& source) mutable {
            return Chain<S, B>(std::forward<S>(source), std::get<0>(std::move(b)));
        });
}

/// The values of the source and of `other`, as they come. When both have some, they take turns.
/// Ends when both have ended.
///
/// @param other Kept if it is an rvalue, else used by reference and must outlive the result.
/// @par Cancel safety
/// Cancel safe if both streams are, and only then right at all: whenever one of them yields, `next`
/// of the other one is dropped.
/// @par Example
/// @snippet stream.cpp merge
template <class B>
[[nodiscard]] auto merge(B&& other) {
    return detail::StreamAdaptor(
        [b = std::tuple<B>(std::forward<B>(other))]<class S>(S&& source) mutable {
            return Merge<S, B>(std::forward<S>(source), std::get<0>(std::move(b)));
        });
}

}  // namespace edo::stream
