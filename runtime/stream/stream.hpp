// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/task/promise.hpp"

#include <concepts>
#include <optional>
#include <type_traits>
#include <utility>

namespace edo::detail {

template <class T>
struct OptionalValue {};
template <class T>
struct OptionalValue<std::optional<T>> {
    using type = T;
};

/// What is wrapped in the optional that awaiting an `A` yields.
template <class A>
using AwaitedItem = typename OptionalValue<std::remove_cvref_t<AwaitResult<A>>>::type;

}  // namespace edo::detail

/// Values that come one after the other, over time, and what can be done with them.
namespace edo::stream {

/// Something with a function `next()` that is awaited and yields the next value as a
/// `std::optional`, which is empty at the end. After the end it must not be called again, unless
/// the stream says so; those of edo yield `std::nullopt` again.
///
/// `next` ought to be cancel safe: dropped before it has yielded, it must not lose a value.
/// `merge`, `timeout`, `chunks_timeout` and `StreamMap` rely on that; all sources and combinators
/// of edo are, as long as what they are made of is.
///
/// ```cpp
/// using namespace edo::stream;
/// auto squares = iter(numbers) | map([](int n) { return n * n; }) | take(3);
/// while (auto square = co_await squares.next()) {
///     ...
/// }
/// ```
///
/// In a pipe an rvalue is kept by what comes after it, an lvalue is used by reference and must
/// outlive that. So are the streams that `chain` and `merge` add.
///
/// @par Example
/// @snippet stream.cpp pipe
template <class S>
concept Stream = requires(S& stream) {
    requires detail::Awaitable<decltype(stream.next())>;
    typename detail::AwaitedItem<decltype(stream.next())>;
};

/// The type of a stream's values.
template <class S>
using ItemOf = detail::AwaitedItem<decltype(std::declval<std::remove_reference_t<S>&>().next())>;

}  // namespace edo::stream

namespace edo::detail {

/// The right side of a `|`: makes something of the stream on the left side, which it gets as an
/// rvalue to keep or as an lvalue to refer to.
template <class Make>
class StreamAdaptor {
public:
    explicit StreamAdaptor(Make make) : make_(std::move(make)) {}

    template <class S>
        requires stream::Stream<std::remove_reference_t<S>>
    [[nodiscard]] friend auto operator|(S&& source, StreamAdaptor adaptor) {
        return adaptor.make_.template operator()<S>(std::forward<S>(source));
    }

private:
    Make make_;
};

}  // namespace edo::detail
