// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/filter/filter.hpp"
#include "edo/net/http/filter/parse.hpp"
#include "edo/net/socket_addr.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace edo::http::filter::detail {

/// A filter of a function `Outcome<L> f(Input&)`.
template <class L, class Fn>
class FromFunction : public FilterBase {
public:
    using Extract = L;
    static constexpr bool kAsync = false;
    explicit FromFunction(Fn function) : function_(std::move(function)) {}
    Outcome<Extract> check(Input& input) const { return function_(input); }

private:
    Fn function_;
};
template <class L, class Fn>
auto from_function(Fn function) {
    return FromFunction<L, Fn>(std::move(function));
}

[[nodiscard]] Rejection missing(std::string_view what, std::string_view name);
[[nodiscard]] Rejection invalid(std::string_view what, std::string_view name);
[[nodiscard]] std::optional<std::string_view> find_cookie(const Headers& headers,
                                                          std::string_view name) noexcept;
/// Checks a name given by the program. @throws UsageError if it is no token.
[[nodiscard]] std::string checked_name(std::string name);
/// Whether two texts are equal but for the case of ASCII letters.
[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;

/// The text as a `T`, or as the `T` of a `std::optional<T>`, which may be missing.
template <class T>
Outcome<List<T>> parse_found(std::optional<std::string_view> text, std::string_view what,
                             std::string_view name) {
    if constexpr (kIsOptional<T>) {
        if (!text) {
            return std::tuple<T>(std::nullopt);
        }
        auto value = from_text<typename T::value_type>(*text);
        if (value) {
            return std::tuple<T>(std::move(value));
        }
    } else {
        if (!text) {
            return failure(missing(what, name));
        }
        auto value = from_text<T>(*text);
        if (value) {
            return std::tuple<T>(std::move(*value));
        }
    }
    return failure(invalid(what, name));
}

template <class T>
struct ParsedType {
    using type = T;
};
template <class T>
struct ParsedType<std::optional<T>> {
    using type = T;
};

template <class T>
constexpr void check_from_text() {
    static_assert(
        FromText<typename ParsedType<T>::type>,
        "needs a number, a bool, a std::string, a std::string_view, or a type with a static "
        "function parse(std::string_view), or a std::optional of one of them");
}

}  // namespace edo::http::filter::detail

namespace edo::http::filter {

/// Matches every request, and extracts nothing.
[[nodiscard]] inline auto any() {
    return detail::from_function<List<>>([](Input&) -> Outcome<List<>> { return std::tuple<>(); });
}

/// Extracts a copy of `value` for each request: a `std::shared_ptr` to what handlers share, say.
/// @par Example
/// @snippet http_filters.cpp provide
template <class T>
[[nodiscard]] auto provide(T value) {
    return detail::from_function<List<T>>(
        [value = std::move(value)](Input&) -> Outcome<List<T>> { return std::tuple<T>(value); });
}

/// Extracts the first header of that name as a `T`. 400 if it is missing, or no `T`; a
/// `std::optional<T>` may be missing. A `std::string_view` refers to the request.
///
/// @throws UsageError if the name is no token.
/// @par Example
/// @snippet http_filters.cpp header
template <class T = std::string>
[[nodiscard]] auto header(std::string name) {
    detail::check_from_text<T>();
    return detail::from_function<List<T>>(
        [name = detail::checked_name(std::move(name))](Input& input) -> Outcome<List<T>> {
            return detail::parse_found<T>(input.headers().get(name), "header", name);
        });
}

/// Extracts the cookie of that name as a `T`, as `header` does.
template <class T = std::string>
[[nodiscard]] auto cookie(std::string name) {
    detail::check_from_text<T>();
    return detail::from_function<List<T>>([name = detail::checked_name(std::move(name))](
                                              Input& input) -> Outcome<List<T>> {
        return detail::parse_found<T>(detail::find_cookie(input.headers(), name), "cookie", name);
    });
}

/// Matches requests with a header of exactly that value; else 400.
[[nodiscard]] inline auto header_exact(std::string name, std::string value) {
    return detail::from_function<List<>>(
        [name = detail::checked_name(std::move(name)),
         value = std::move(value)](Input& input) -> Outcome<List<>> {
            const auto found = input.headers().get(name);
            if (!found) {
                return failure(detail::missing("header", name));
            }
            if (*found != value) {
                return failure(detail::invalid("header", name));
            }
            return std::tuple<>();
        });
}

/// Extracts a copy of all headers.
[[nodiscard]] inline auto headers() {
    return detail::from_function<List<Headers>>([](Input& input) -> Outcome<List<Headers>> {
        return std::tuple<Headers>(input.headers());
    });
}

/// Matches requests to that host, whatever the port and the case; else 404.
[[nodiscard]] inline auto host(std::string name) {
    return detail::from_function<List<>>([name = std::move(name)](Input& input) -> Outcome<List<>> {
        const std::string_view host = input.request().host();
        const std::size_t colon = host.rfind(':');
        const bool has_port = colon != std::string_view::npos && !host.ends_with(']');
        if (!detail::equal_ignoring_case(has_port ? host.substr(0, colon) : host, name)) {
            return failure(Rejection::not_found());
        }
        return std::tuple<>();
    });
}

/// Extracts the address of whoever sent the request: of the other end of the connection, where
/// that is known.
[[nodiscard]] inline auto remote_addr() {
    using Extract = List<std::optional<net::SocketAddr>>;
    return detail::from_function<Extract>([](Input& input) -> Outcome<Extract> {
        return std::tuple<std::optional<net::SocketAddr>>(input.request().peer);
    });
}

/// Extracts the whole path, as it was sent.
[[nodiscard]] inline auto full_path() {
    return detail::from_function<List<std::string>>([](Input& input) -> Outcome<List<std::string>> {
        return std::tuple<std::string>(input.request().path());
    });
}

/// Extracts the request, with its body. It is taken away: views that other filters have extracted
/// are not valid any more, and no other alternative of an `or` is tried after that.
[[nodiscard]] inline auto request() {
    return detail::from_function<List<Request>>([](Input& input) -> Outcome<List<Request>> {
        return std::tuple<Request>(input.take_request());
    });
}

}  // namespace edo::http::filter
