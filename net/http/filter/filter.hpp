// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/filter/input.hpp"
#include "edo/net/http/filter/outcome.hpp"
#include "edo/net/http/filter/reply.hpp"

#include <concepts>
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

/// Servers that are put together of small parts, in the manner of Rust's warp.
///
/// A filter looks at a request, and either extracts some values or rejects it. `a & b` is both, one
/// after the other, with the values of both; `a or b` the first that does not reject. `| map(f)`
/// and its like hand the values to a function. A filter that ends in a `Reply` is a server:
/// `service(filter)`.
///
/// ```cpp
/// auto hello = path("hello" / param<std::string>() / end()) | map([](std::string name) {
///     return "Hello, " + name + "!";
/// });
/// ```
///
/// Filters are values, made once, and used by all connections at the same time; so they, and the
/// functions in them, are called as `const`. One without a coroutine in it runs as plain code.
namespace edo::http::filter {

/// The base of all filters; it also brings the operators with it.
struct FilterBase {};

/// Something that looks at a request. Derive it from `FilterBase`, and give it
///
/// - `using Extract = List<Ts...>`, the values that it yields;
/// - `static constexpr bool kAsync`, whether it may have to wait;
/// - `Outcome<Extract> check(Input&) const` if it need not wait, else
///   `Pending<Extract> start(Input&) const`.
///
/// It takes from the `Input` what it has used of the path. A rejected attempt is undone by `or`.
///
/// @par Example
/// @snippet http_filters.cpp own_filter
template <class F>
concept Filter = std::derived_from<F, FilterBase> && requires(const F& filter, Input& input) {
    typename F::Extract;
    { F::kAsync } -> std::convertible_to<bool>;
};

}  // namespace edo::http::filter

namespace edo::http::filter::detail {

/// Runs any filter.
template <Filter F>
Pending<typename F::Extract> run(const F& filter, Input& input) {
    if constexpr (F::kAsync) {
        return filter.start(input);
    } else {
        return filter.check(input);
    }
}

template <Filter L, Filter R>
class And : public FilterBase {
public:
    using Extract = Concat<typename L::Extract, typename R::Extract>;
    static constexpr bool kAsync = L::kAsync || R::kAsync;

    And(L left, R right) : left_(std::move(left)), right_(std::move(right)) {}

    Outcome<Extract> check(Input& input) const
        requires(!kAsync)
    {
        Left left = left_.check(input);
        if (!left) {
            return failure(std::move(left.error()));
        }
        return join(std::move(*left), right_.check(input));
    }

    Pending<Extract> start(Input& input) const
        requires kAsync
    {
        Pending<typename L::Extract> left = run(left_, input);
        if (!left.is_ready()) {
            return after_left(this, &input, std::move(left).task());
        }
        Left values = std::move(left).take();
        if (!values) {
            return std::move(values.error());
        }
        Pending<typename R::Extract> right = run(right_, input);
        if constexpr (L::Extract::size == 0) {
            return right;
        } else {
            if (right.is_ready()) {
                return join(std::move(*values), std::move(right).take());
            }
            return after_right(std::move(*values), std::move(right).task());
        }
    }

private:
    using Left = Outcome<typename L::Extract>;
    using Right = Outcome<typename R::Extract>;

    static Outcome<Extract> join(typename L::Extract::Tuple left, Right right) {
        if (!right) {
            return failure(std::move(right.error()));
        }
        return std::tuple_cat(std::move(left), std::move(*right));
    }
    static Task<Outcome<Extract>> after_right(typename L::Extract::Tuple left, Task<Right> right) {
        Right values = co_await std::move(right);
        co_return join(std::move(left), std::move(values));
    }
    static Task<Outcome<Extract>> after_left(const And* self, Input* input, Task<Left> left) {
        Left values = co_await std::move(left);
        if (!values) {
            co_return failure(std::move(values.error()));
        }
        Pending<typename R::Extract> right = run(self->right_, *input);
        if (right.is_ready()) {
            co_return join(std::move(*values), std::move(right).take());
        }
        Right more = co_await std::move(right).task();
        co_return join(std::move(*values), std::move(more));
    }

    L left_;
    R right_;
};

/// One value for the values of one alternative.
template <class L>
struct SingleOf {
    using type = typename L::Tuple;
};
template <>
struct SingleOf<List<>> {
    using type = Unit;
};
template <class T>
struct SingleOf<List<T>> {
    using type = T;
};

template <class First, class... Rest>
struct UniteImpl {
    static constexpr bool kSame = (std::same_as<First, Rest> && ...);
    static constexpr bool kReplies =
        kListIsReply<First> && (kListIsReply<Rest> && ...) && (First::size + ... + Rest::size) > 0;
    using Either =
        List<std::variant<typename SingleOf<First>::type, typename SingleOf<Rest>::type...>>;
    using type =
        std::conditional_t<kSame, First, std::conditional_t<kReplies, List<Response>, Either>>;

    /// The values of alternative `I` as those of all.
    template <std::size_t I, class L>
    static typename type::Tuple convert(typename L::Tuple values) {
        if constexpr (kSame) {
            return values;
        } else if constexpr (kReplies) {
            return std::tuple<Response>(respond_list<L>(std::move(values)));
        } else {
            using Variant = std::tuple_element_t<0, typename type::Tuple>;
            if constexpr (L::size == 0) {
                return typename type::Tuple(Variant(std::in_place_index<I>));
            } else if constexpr (L::size == 1) {
                return typename type::Tuple(
                    Variant(std::in_place_index<I>, std::get<0>(std::move(values))));
            } else {
                return typename type::Tuple(Variant(std::in_place_index<I>, std::move(values)));
            }
        }
    }
};

/// What alternatives with these values extract together.
template <class... Ls>
using Unite = typename UniteImpl<Ls...>::type;

/// All alternatives of `a or b or c`, in one object: one attempt costs no nesting.
template <Filter... Fs>
class Or : public FilterBase {
    using United = UniteImpl<typename Fs::Extract...>;
    template <std::size_t I>
    using ListAt = typename std::tuple_element_t<I, std::tuple<Fs...>>::Extract;

public:
    using Extract = typename United::type;
    static constexpr bool kAsync = (Fs::kAsync || ...);

    explicit Or(std::tuple<Fs...> alternatives) : alternatives_(std::move(alternatives)) {}

    [[nodiscard]] std::tuple<Fs...> alternatives() && { return std::move(alternatives_); }
    [[nodiscard]] std::tuple<Fs...> alternatives() const& { return alternatives_; }

    Outcome<Extract> check(Input& input) const
        requires(!kAsync)
    {
        return from<0>(input, input.mark(), Rejection()).take();
    }
    Pending<Extract> start(Input& input) const
        requires kAsync
    {
        return from<0>(input, input.mark(), Rejection());
    }

private:
    /// Tries alternative `I` and, if it rejects at once, those behind it.
    template <std::size_t I>
    Pending<Extract> from(Input& input, Input::Mark mark, Rejection rejection) const {
        auto pending = run(std::get<I>(alternatives_), input);
        if (!pending.is_ready()) {
            return await_from<I>(this, &input, mark, std::move(rejection),
                                 std::move(pending).task());
        }
        return next<I>(input, mark, std::move(rejection), std::move(pending).take());
    }

    template <std::size_t I>
    Pending<Extract> next(Input& input, Input::Mark mark, Rejection rejection,
                          Outcome<ListAt<I>> outcome) const {
        if (outcome) {
            return Outcome<Extract>(United::template convert<I, ListAt<I>>(std::move(*outcome)));
        }
        rejection.merge(std::move(outcome.error()));
        if constexpr (I + 1 < sizeof...(Fs)) {
            if (!input.request_taken()) {
                input.reset(mark);
                return from<I + 1>(input, mark, std::move(rejection));
            }
        }
        return rejection;
    }

    template <std::size_t I>
    static Task<Outcome<Extract>> await_from(const Or* self, Input* input, Input::Mark mark,
                                             Rejection rejection, Task<Outcome<ListAt<I>>> task) {
        Outcome<ListAt<I>> outcome = co_await std::move(task);
        Pending<Extract> rest =
            self->template next<I>(*input, mark, std::move(rejection), std::move(outcome));
        if (rest.is_ready()) {
            co_return std::move(rest).take();
        }
        Outcome<Extract> last = co_await std::move(rest).task();
        co_return last;
    }

    std::tuple<Fs...> alternatives_;
};

template <class F>
struct Alternatives {
    static std::tuple<F> of(F filter) { return std::tuple<F>(std::move(filter)); }
};
template <class... Fs>
struct Alternatives<Or<Fs...>> {
    static std::tuple<Fs...> of(Or<Fs...> filter) { return std::move(filter).alternatives(); }
};
template <class... Fs>
Or<Fs...> make_or(std::tuple<Fs...> alternatives) {
    return Or<Fs...>(std::move(alternatives));
}

template <class T>
inline constexpr bool kNever = false;

}  // namespace edo::http::filter::detail

namespace edo::http::filter {

/// Both, the left one first; the values of both. (g++'s -Wparentheses wants `(a & b) | map(f)`.)
template <class L, class R>
    requires Filter<std::remove_cvref_t<L>> && Filter<std::remove_cvref_t<R>>
[[nodiscard]] auto operator&(L&& left, R&& right) {
    return detail::And<std::remove_cvref_t<L>, std::remove_cvref_t<R>>(std::forward<L>(left),
                                                                       std::forward<R>(right));
}

/// `a or b`: the left one, or, where it rejects, the right one. What is left of the path is the
/// same for both, and the body may be read by both.
///
/// It extracts what both extract, if that is the same; a `Response` if both extract a `Reply`; else
/// one `std::variant`, with `Unit` for nothing and a tuple for several values.
template <class L, class R>
    requires Filter<std::remove_cvref_t<L>> && Filter<std::remove_cvref_t<R>>
[[nodiscard]] auto operator||(L&& left, R&& right) {
    return detail::make_or(
        std::tuple_cat(detail::Alternatives<std::remove_cvref_t<L>>::of(std::forward<L>(left)),
                       detail::Alternatives<std::remove_cvref_t<R>>::of(std::forward<R>(right))));
}

/// Not for filters.
template <class L, class R>
    requires Filter<std::remove_cvref_t<L>> && Filter<std::remove_cvref_t<R>>
auto operator&&(L&&, R&&) {
    static_assert(detail::kNever<L>,
                  "write `a & b` to join filters: `and` would bind weaker than `|`, so that in "
                  "`a and b | map(f)` the function would not get the values of `a`");
}

}  // namespace edo::http::filter
