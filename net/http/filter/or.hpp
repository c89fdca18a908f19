// SPDX-License-Identifier: MIT
// The first of several filters that does not reject.
#pragma once

#include "edo/net/http/filter/filter_concept.hpp"
#include "edo/net/http/filter/reply.hpp"

#include <concepts>
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace edo::http::filter::detail {

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

}  // namespace edo::http::filter::detail
