// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/filter/steps.hpp"

#include <memory>
#include <type_traits>
#include <utility>

namespace edo::http::filter::detail {

/// A filter of any type that extracts `L`.
template <class L>
class AnyFilter {
public:
    AnyFilter() = default;
    AnyFilter(const AnyFilter&) = delete;
    AnyFilter& operator=(const AnyFilter&) = delete;
    virtual ~AnyFilter() = default;
    [[nodiscard]] virtual Pending<L> start(Input& input) const = 0;
};

template <Filter F>
class AnyFilterOf final : public AnyFilter<typename F::Extract> {
public:
    explicit AnyFilterOf(F filter) : filter_(std::move(filter)) {}
    Pending<typename F::Extract> start(Input& input) const override { return run(filter_, input); }

private:
    F filter_;
};

}  // namespace edo::http::filter::detail

namespace edo::http::filter {

/// A filter whose type says only what it extracts: for a return type, a member, a list; and to keep
/// compile times and error texts short where many filters are joined. Copies share one filter.
///
/// @par Example
/// @snippet http_filters.cpp boxed
template <class... Ts>
class BoxedFilter : public FilterBase {
public:
    using Extract = List<Ts...>;
    static constexpr bool kAsync = true;

    template <Filter F>
        requires(std::same_as<typename F::Extract, List<Ts...>> && !std::same_as<F, BoxedFilter>)
    BoxedFilter(F filter)  // NOLINT: meant to be implicit
        : filter_(std::make_shared<const detail::AnyFilterOf<F>>(std::move(filter))) {}

    Pending<Extract> start(Input& input) const { return filter_->start(input); }

    /// For the library: what is inside.
    [[nodiscard]] const std::shared_ptr<const detail::AnyFilter<Extract>>& inner() const noexcept {
        return filter_;
    }

private:
    std::shared_ptr<const detail::AnyFilter<Extract>> filter_;
};

}  // namespace edo::http::filter

namespace edo::http::filter::detail {

template <class L>
struct BoxedOf;
template <class... Ts>
struct BoxedOf<List<Ts...>> {
    using type = BoxedFilter<Ts...>;
};

/// Turns the reply of a filter into a `Response`.
template <Filter F>
class Respond : public FilterBase {
    using Inner = typename F::Extract;
    static_assert(
        kListIsReply<Inner>,
        "this filter does not end in one reply. Hand its values to a function with `map` or "
        "`then` that returns text, a Response, a Status, reply::json(x) or anything else "
        "that is a Reply");

public:
    using Extract = List<Response>;
    static constexpr bool kAsync = F::kAsync;

    explicit Respond(F inner) : inner_(std::move(inner)) {}

    Outcome<Extract> check(Input& input) const
        requires(!kAsync)
    {
        return respond_to(inner_.check(input));
    }
    Pending<Extract> start(Input& input) const
        requires kAsync
    {
        Pending<Inner> pending = run(inner_, input);
        if constexpr (std::same_as<Inner, Extract>) {
            return pending;
        } else {
            if (pending.is_ready()) {
                return respond_to(std::move(pending).take());
            }
            return after(std::move(pending).task());
        }
    }

private:
    static Outcome<Extract> respond_to(Outcome<Inner> outcome) {
        if (!outcome) {
            return failure(std::move(outcome.error()));
        }
        return std::tuple<Response>(respond_list<Inner>(std::move(*outcome)));
    }
    static Task<Outcome<Extract>> after(Task<Outcome<Inner>> task) {
        Outcome<Inner> outcome = co_await std::move(task);
        co_return respond_to(std::move(outcome));
    }

    F inner_;
};

}  // namespace edo::http::filter::detail

namespace edo::http::filter {

/// `boxed(filter)`, or `filter | boxed()`: the filter as a `BoxedFilter`.
template <Filter F>
[[nodiscard]] auto boxed(F filter) {
    return typename detail::BoxedOf<typename F::Extract>::type(std::move(filter));
}
[[nodiscard]] inline auto boxed() {
    return detail::Step([]<class F>(F filter) { return boxed(std::move(filter)); });
}

/// `filter | responding()`: its reply as a `Response`.
[[nodiscard]] inline auto responding() {
    return detail::Step([]<class F>(F filter) { return detail::Respond<F>(std::move(filter)); });
}

}  // namespace edo::http::filter
