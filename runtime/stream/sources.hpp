// SPDX-License-Identifier: MIT
// Where streams begin.
#pragma once

#include "edo/runtime/interval.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/stream/stream.hpp"
#include "edo/runtime/task/ready.hpp"
#include "edo/runtime/task/task.hpp"

#include <concepts>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace edo::detail {

/// The `next` of a source that never has to wait. It takes the value when it is done, not before.
template <class Source>
class ReadyNext : public Charge {
public:
    explicit ReadyNext(Source& source) noexcept : source_(&source) {}
    [[nodiscard]] auto await_resume() { return source_->take(); }

private:
    Source* source_;
};

/// Waits for ever.
template <class T>
class [[nodiscard("next() does nothing until it is awaited")]] Never : public Leaf {
public:
    Never() noexcept = default;
    /// Only while it is not suspended.
    Never(Never&& /*other*/) noexcept : Leaf() {}
    ~Never() { unbind(); }
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    void await_suspend(TaskHandle task) noexcept { bind(task.handle()); }
    [[nodiscard]] T await_resume() const noexcept { std::abort(); }
};

}  // namespace edo::detail

namespace edo::stream {

/// The elements of a range; made by `iter`.
template <class Range>
class Iter {
    using Container = std::remove_reference_t<Range>;
    using Iterator = decltype(std::begin(std::declval<Container&>()));
    static constexpr bool kOwned = !std::is_lvalue_reference_v<Range>;

public:
    using Item = std::remove_cvref_t<decltype(*std::declval<Iterator&>())>;

    explicit Iter(Range&& range) : state_(std::make_unique<State>(std::forward<Range>(range))) {}

    /// Cancel safe.
    [[nodiscard]] detail::ReadyNext<Iter> next() noexcept { return detail::ReadyNext<Iter>(*this); }

private:
    friend class detail::ReadyNext<Iter>;

    /// Stays where it is when the stream is moved, so that the iterator stays valid.
    struct State {
        explicit State(Range&& r) : range(std::forward<Range>(r)), position(std::begin(range)) {}
        Range range;
        Iterator position;
    };

    std::optional<Item> take() {
        if (state_->position == std::end(state_->range)) {
            return std::nullopt;
        }
        std::optional<Item> item;
        if constexpr (kOwned) {
            item.emplace(std::move(*state_->position));
        } else {
            item.emplace(*state_->position);
        }
        ++state_->position;
        return item;
    }

    std::unique_ptr<State> state_;
};

/// The elements of a container or other range, one after the other.
///
/// @param range An rvalue is kept, and its elements are moved out; an lvalue must outlive the
/// stream,
///     and its elements are copied.
/// @par Example
/// @snippet stream.cpp pipe
template <class Range>
[[nodiscard]] Iter<Range> iter(Range&& range) {
    return Iter<Range>(std::forward<Range>(range));
}

/// One value or none; made by `once` and `empty`.
template <class T>
class Once {
public:
    using Item = T;

    explicit Once(std::optional<T> value) : value_(std::move(value)) {}
    /// Cancel safe.
    [[nodiscard]] detail::ReadyNext<Once> next() noexcept { return detail::ReadyNext<Once>(*this); }

private:
    friend class detail::ReadyNext<Once>;
    std::optional<T> take() { return std::exchange(value_, std::nullopt); }

    std::optional<T> value_;
};

/// A stream of one value.
template <class T>
[[nodiscard]] Once<std::decay_t<T>> once(T&& value) {
    return Once<std::decay_t<T>>(std::optional<std::decay_t<T>>(std::forward<T>(value)));
}

/// A stream that is at its end.
template <class T>
[[nodiscard]] Once<T> empty() {
    return Once<T>(std::nullopt);
}

/// A stream that yields nothing and does not end; made by `pending`.
template <class T>
class Pending {
public:
    using Item = T;

    Pending() noexcept = default;
    /// Never completes. Cancel safe.
    [[nodiscard]] detail::Never<std::optional<T>> next() noexcept { return {}; }
};

/// A stream that yields nothing and does not end.
template <class T>
[[nodiscard]] Pending<T> pending() noexcept {
    return {};
}

/// What a function yields each time; made by `from_function`.
template <class F>
class FromFunction {
public:
    using Item = detail::AwaitedItem<std::invoke_result_t<F&>>;

    explicit FromFunction(F function) : function_(std::move(function)) {}
    /// Cancel safe if what the function yields is.
    [[nodiscard]] auto next() { return function_(); }

private:
    F function_;
};

/// A stream of what `function()` yields: something to be awaited, with a `std::optional` that is
/// empty at the end. For anything that is no stream and has a function of that kind, as
/// `JoinSet::join_next`.
///
/// @param function Kept by the stream. What it refers to must outlive that.
/// @par Example
/// @snippet stream.cpp from_function
template <class F>
    requires detail::Awaitable<std::invoke_result_t<F&>>
[[nodiscard]] FromFunction<F> from_function(F function) {
    return FromFunction<F>(std::move(function));
}

/// The ticks of an `Interval`; made by `interval_stream`.
class IntervalStream {
public:
    using Item = Instant;

    explicit IntervalStream(Interval interval) noexcept : interval_(interval) {}
    /// The next tick; there is always one. Cancel safe.
    [[nodiscard]] Task<std::optional<Instant>> next() { co_return co_await interval_.tick(); }

    [[nodiscard]] Interval& interval() noexcept { return interval_; }

private:
    Interval interval_;
};

/// A stream of the ticks of an interval, which never ends.
/// @par Example
/// @snippet stream.cpp interval_stream
[[nodiscard]] inline IntervalStream interval_stream(Interval interval) noexcept {
    return IntervalStream(interval);
}

}  // namespace edo::stream

namespace edo::detail {

template <class R>
struct ReceivedItem {
    using type = R;
};
template <>
struct ReceivedItem<void> {
    using type = Unit;
};
template <class T>
struct ReceivedItem<std::optional<T>> {
    using type = T;
};
template <class T, class E>
struct ReceivedItem<Result<T, E>> {
    using type = T;
};

}  // namespace edo::detail

namespace edo::stream {

/// What something with a function `recv()` receives; made by `from_channel`.
template <class R>
class ChannelStream {
    using Received = detail::AwaitResult<decltype(std::declval<R&>().recv())>;

public:
    using Item = typename detail::ReceivedItem<std::remove_cvref_t<Received>>::type;

    explicit ChannelStream(R&& receiver) : receiver_(std::forward<R>(receiver)) {}

    /// Cancel safe if `recv` is.
    [[nodiscard]] Task<std::optional<Item>> next() {
        if constexpr (std::is_void_v<Received>) {
            co_await receiver_.recv();
            co_return Item();
        } else {
            auto received = co_await receiver_.recv();
            if constexpr (std::same_as<Item, std::remove_cvref_t<Received>>) {
                co_return std::optional<Item>(std::move(received));
            } else {
                if (!received) {
                    co_return std::nullopt;
                }
                co_return std::optional<Item>(std::move(*received));
            }
        }
    }

    [[nodiscard]] std::remove_reference_t<R>& receiver() noexcept { return receiver_; }

private:
    R receiver_;
};

/// A stream of what is received from a channel, or from anything else with a function `recv()`.
///
/// The stream ends where `recv` yields an empty `std::optional`, or a `Result` with an error. Where
/// it yields nothing at all, as that of a `Signal`, the stream is of `Unit` and never ends.
///
/// @param receiver Kept if it is an rvalue, else used by reference and must outlive the stream.
/// @par Example
/// @snippet stream.cpp from_channel
template <class R>
[[nodiscard]] ChannelStream<R> from_channel(R&& receiver) {
    return ChannelStream<R>(std::forward<R>(receiver));
}

}  // namespace edo::stream
