// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/stream/stream.hpp"
#include "edo/runtime/task/task.hpp"

#include <functional>
#include <optional>
#include <utility>

namespace edo::stream {

/// A stream whose next value can be looked at; made by `peekable`.
///
/// @par Cancel safety
/// All operations are cancel safe if `next` of the source is.
template <class S>
class Peekable {
public:
    using Item = ItemOf<S>;

    explicit Peekable(S&& source) : source_(std::forward<S>(source)) {}

    [[nodiscard]] Task<std::optional<Item>> next() {
        co_await look();
        std::optional<Item> item = std::move(*peeked_);
        if (item) {
            peeked_.reset();
        } else {
            *peeked_ = std::nullopt;  // the end stays
        }
        co_return item;
    }

    /// Waits for the next value and leaves it in the stream.
    /// @return The value, valid until the next operation; null at the end.
    [[nodiscard]] Task<Item*> peek() {
        co_await look();
        co_return peeked_->has_value() ? &**peeked_ : nullptr;
    }

    /// Takes the next value if `predicate(item)` is true.
    /// @return The value, or `std::nullopt` if it was left in the stream, and at the end.
    template <class P>
    [[nodiscard]] Task<std::optional<Item>> next_if(P predicate) {
        co_await look();
        std::optional<Item> item;
        if (peeked_->has_value() && std::invoke(predicate, std::as_const(**peeked_))) {
            item = std::move(*peeked_);
            peeked_.reset();
        }
        co_return item;
    }

private:
    Task<void> look() {
        if (!peeked_) {
            peeked_ = co_await source_.next();
        }
    }

    S source_;
    std::optional<std::optional<Item>>
        peeked_;  // what `next` yields; nothing if it must be asked for
};

/// Adds `peek` and `next_if` to a stream.
/// @par Example
/// @snippet stream.cpp peekable
[[nodiscard]] inline auto peekable() {
    return detail::StreamAdaptor(
        []<class S>(S&& source) { return Peekable<S>(std::forward<S>(source)); });
}

}  // namespace edo::stream
