// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/filter/outcome.hpp"
#include "edo/net/http/filter/rejection.hpp"
#include "edo/net/http/response.hpp"

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <variant>

namespace edo::http::filter::detail {

template <class T>
concept HasMemberIntoResponse = requires(T value) {
    { std::move(value).into_response() } -> std::same_as<Response>;
};
template <class T>
concept HasFreeIntoResponse = requires(T value) {
    { into_response(std::move(value)) } -> std::same_as<Response>;
};

template <class T>
inline constexpr bool kIsReply =
    std::same_as<T, Response> || std::same_as<T, Status> || std::same_as<T, Unit> ||
    std::convertible_to<T, std::string_view> || HasMemberIntoResponse<T> || HasFreeIntoResponse<T>;
template <>
inline constexpr bool kIsReply<std::error_code> = true;
template <class T>
inline constexpr bool kIsReply<std::optional<T>> = kIsReply<T>;
template <class T, class E>
inline constexpr bool kIsReply<Result<T, E>> = kIsReply<T> && kIsReply<E>;
template <class E>
inline constexpr bool kIsReply<Result<void, E>> = kIsReply<E>;
template <class T>
inline constexpr bool kIsReply<std::pair<Status, T>> = kIsReply<T>;
template <class... Ts>
inline constexpr bool kIsReply<std::variant<Ts...>> = (kIsReply<Ts> && ...);

/// 500, and a line in the log.
[[nodiscard]] Response answer_to_error(const std::error_code& error);

}  // namespace edo::http::filter::detail

namespace edo::http::filter {

/// What a handler may return, because it can become an answer:
///
/// | type | the answer |
/// |---|---|
/// | `Response` | itself |
/// | text: `std::string`, `const char*`, `std::string_view` | 200, `text/plain; charset=utf-8` |
/// | `Status` | that status, no body |
/// | `void`, `Unit` | 200, no body |
/// | `std::pair<Status, T>` | that of `T`, with the status |
/// | `std::optional<T>` | that of `T`; 404 without a value |
/// | `Result<T, E>` | that of `T`, or of `E` |
/// | `std::error_code`, as `E` | 500, and a line in the log |
/// | `Rejection` | its `into_response` |
/// | `std::variant<Ts...>` | that of the value in it |
/// | a type with `Response into_response() &&`, or a function `Response into_response(T)` in its
/// namespace | what that returns |
template <class T>
concept Reply = detail::kIsReply<std::remove_cvref_t<T>>;

/// The answer of a value.
template <Reply T>
[[nodiscard]] Response to_response(T value);

}  // namespace edo::http::filter

namespace edo::http::filter::detail {

template <class T>
Response respond(T value) {
    if constexpr (std::same_as<T, Response>) {
        return value;
    } else if constexpr (std::same_as<T, Status>) {
        return Response().with_status(value);
    } else if constexpr (std::same_as<T, Unit>) {
        return Response();
    } else if constexpr (std::same_as<T, std::error_code>) {
        return answer_to_error(value);
    } else if constexpr (HasMemberIntoResponse<T>) {
        return std::move(value).into_response();
    } else if constexpr (HasFreeIntoResponse<T>) {
        return into_response(std::move(value));
    } else if constexpr (std::same_as<T, std::string>) {
        return Response::text(std::move(value));
    } else {
        return Response::text(std::string(std::string_view(value)));
    }
}
template <class T>
Response respond(std::optional<T> value) {
    return value ? to_response(std::move(*value)) : Rejection::not_found().into_response();
}
template <class T, class E>
Response respond(Result<T, E> value) {
    if (!value) {
        return to_response(std::move(value.error()));
    }
    if constexpr (std::is_void_v<T>) {
        return Response();
    } else {
        return to_response(std::move(*value));
    }
}
template <class T>
Response respond(std::pair<Status, T> value) {
    return to_response(std::move(value.second)).with_status(value.first);
}
template <class... Ts>
Response respond(std::variant<Ts...> value) {
    return std::visit([](auto&& one) { return to_response(std::move(one)); }, std::move(value));
}

/// Whether a filter's values are one reply, or none.
template <class L>
inline constexpr bool kListIsReply = false;
template <>
inline constexpr bool kListIsReply<List<>> = true;
template <class T>
inline constexpr bool kListIsReply<List<T>> = kIsReply<std::remove_cvref_t<T>>;

template <class L>
Response respond_list(typename L::Tuple values) {
    if constexpr (L::size == 0) {
        return Response();
    } else {
        return to_response(std::get<0>(std::move(values)));
    }
}

}  // namespace edo::http::filter::detail

namespace edo::http::filter {

template <Reply T>
Response to_response(T value) {
    return detail::respond(std::move(value));
}

/// Answers to build from.
namespace reply {

/// Text as `text/html; charset=utf-8`.
[[nodiscard]] Response html(std::string text);
/// Another answer with that status.
template <Reply T>
[[nodiscard]] Response with_status(T value, Status status) {
    return to_response(std::move(value)).with_status(status);
}
/// Another answer with one more header.
/// @throws UsageError as `Headers::append`.
template <Reply T>
[[nodiscard]] Response with_header(T value, std::string_view name, std::string_view content) {
    Response response = to_response(std::move(value));
    response.headers.append(name, content);
    return response;
}
/// 303, or another status of redirection, to `location`.
/// @throws UsageError if the location has control characters.
[[nodiscard]] Response redirect(std::string_view location, Status status = Status::SeeOther);

}  // namespace reply

}  // namespace edo::http::filter
