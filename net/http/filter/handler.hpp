// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/filter/body.hpp"
#include "edo/net/http/filter/boxed.hpp"
#include "edo/net/http/filter/named_param.hpp"
#include "edo/net/http/filter/query.hpp"

#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>

namespace edo::http::filter {

/// A parameter of a handler that is made from the query: `FromQuery<Page> page`. See `query`.
template <class T>
struct FromQuery {
    explicit FromQuery(T query) : value(std::move(query)) {}
    T value;
};
/// A parameter of a handler that is made from a form in the body. See `body::form`.
template <class T>
struct FromForm {
    explicit FromForm(T form) : value(std::move(form)) {}
    T value;
};

/// How a parameter of type `P` of a plain handler is made: a static function `filter()` that
/// returns the filter that extracts it. Specialise it for types of your own, such as the user that
/// is logged in.
template <class P>
struct Parameter;

template <>
struct Parameter<Request> {
    static auto filter() { return request(); }
};
template <>
struct Parameter<Headers> {
    static auto filter() { return headers(); }
};
template <>
struct Parameter<Body> {
    static auto filter() { return body::stream(); }
};
template <class T>
struct Parameter<FromQuery<T>> {
    static auto filter() {
        return query<T>() | map([](T value) { return FromQuery<T>(std::move(value)); });
    }
};
template <class T>
struct Parameter<FromForm<T>> {
    static auto filter() {
        return body::form<T>() | map([](T value) { return FromForm<T>(std::move(value)); });
    }
};

}  // namespace edo::http::filter

namespace edo::http::filter::detail {

template <class P>
concept HasParameter = requires { Parameter<P>::filter(); };

/// The types of the parameters of a function that has only one set of them.
template <class F>
struct Signature {
    static constexpr bool kKnown = false;
    using Parameters = List<>;
};
template <class F>
    requires requires { &F::operator(); }
struct Signature<F> : Signature<decltype(&F::operator())> {};
template <class R, class... Ps>
struct Signature<R (*)(Ps...)> {
    static constexpr bool kKnown = true;
    using Parameters = List<std::remove_cvref_t<Ps>...>;
};
template <class R, class... Ps>
struct Signature<R (*)(Ps...) noexcept> : Signature<R (*)(Ps...)> {};
template <class C, class R, class... Ps>
struct Signature<R (C::*)(Ps...) const> : Signature<R (*)(Ps...)> {};
template <class C, class R, class... Ps>
struct Signature<R (C::*)(Ps...) const noexcept> : Signature<R (*)(Ps...)> {};

/// Part `at_end` of the path, counted from the last one that the router has captured: those in
/// front may belong to a router around this one.
template <class T>
auto captured(std::size_t from_end) {
    return from_function<List<T>>([from_end](Input& input) -> Outcome<List<T>> {
        if (from_end > input.parameter_count()) {
            return failure(Rejection(Status::InternalServerError));
        }
        return parse_parameter<T>(input.parameter(input.parameter_count() - from_end).value);
    });
}

/// A handler as a filter, and how many parts of the path it takes.
struct Handler {
    BoxedFilter<Response> filter;
    std::size_t path_parameters;
    bool is_plain;
};

template <class P>
auto parameter_filter(std::size_t& from_end) {
    if constexpr (HasParameter<P>) {
        return Parameter<P>::filter();
    } else {
        static_assert(
            FromText<P>,
            "a parameter of a handler is a part of the path (a number, a bool, a "
            "std::string, or a type with a static function parse(std::string_view)), or "
            "Request, Headers, Body, FromQuery<T>, FromForm<T>, FromJson<T>, or a type that "
            "`Parameter` is specialised for");
        return captured<P>(from_end--);
    }
}

/// Whether no `Request` has another parameter behind it.
template <class... Ps>
constexpr bool takes_request_last(List<Ps...>) {
    const bool is_request[] = {std::same_as<Ps, Request>..., false};
    for (std::size_t i = 0; i + 1 < sizeof...(Ps); ++i) {
        if (is_request[i]) {
            return false;
        }
    }
    return true;
}

template <class... Ps>
auto parameter_filters(List<Ps...>, [[maybe_unused]] std::size_t from_end) {
    // Braces: from left to right.
    std::tuple filters{any(), parameter_filter<Ps>(from_end)...};
    return std::apply(
        [](auto first, auto... rest) {
            if constexpr (sizeof...(rest) == 0) {
                return first;
            } else {
                return (std::move(first) & ... & std::move(rest));
            }
        },
        std::move(filters));
}

template <class H>
Handler make_handler(H handler) {
    if constexpr (Filter<H>) {
        return {BoxedFilter<Response>(Respond<H>(std::move(handler))), 0, false};
    } else if constexpr (!Signature<H>::kKnown) {
        static_assert(
            kNever<H>,
            "a handler is a filter, a function, or a lambda whose parameters have types: no "
            "`auto`, no overloads, not `mutable`");
    } else {
        using Parameters = typename Signature<H>::Parameters;
        static_assert(takes_request_last(Parameters()),
                      "`Request` takes everything away: make it the last parameter of the handler");
        constexpr std::size_t count = []<class... Ps>(List<Ps...>) {
            return (std::size_t(HasParameter<Ps> ? 0 : 1) + ... + 0);
        }(Parameters());
        auto values = parameter_filters(Parameters(), count);
        using Values = typename decltype(values)::Extract;
        if constexpr (is_task<typename CallOf<H, Values>::Raw>) {
            auto filter = std::move(values) | then(std::move(handler));
            return {BoxedFilter<Response>(Respond<decltype(filter)>(std::move(filter))), count,
                    true};
        } else {
            auto filter = std::move(values) | map(std::move(handler));
            return {BoxedFilter<Response>(Respond<decltype(filter)>(std::move(filter))), count,
                    true};
        }
    }
}

}  // namespace edo::http::filter::detail
