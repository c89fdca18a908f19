// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/filter/filter.hpp"
#include "edo/net/http/filter/parse.hpp"

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace edo::http::filter::detail {

/// Filters that `/` joins.
struct PathBase : FilterBase {
    static constexpr bool kAsync = false;
};

/// Literal segments.
class Literal : public PathBase {
public:
    using Extract = List<>;
    /// @throws UsageError for an empty segment, or a `?`.
    explicit Literal(std::string_view segments);
    Outcome<Extract> check(Input& input) const;

private:
    std::string segments_;  // "a/b"
};

/// The next segment, decoded; nothing (404) if there is none, 400 if it is malformed.
[[nodiscard]] Result<std::string, Rejection> take_decoded(Input& input);

template <class T>
class Param : public PathBase {
public:
    using Extract = List<T>;
    static_assert(
        FromText<T> && !std::same_as<T, std::string_view>,
        "param<T> needs a number, a bool, a std::string, or a type with a static function "
        "parse(std::string_view)");

    Outcome<Extract> check(Input& input) const {
        Result<std::string, Rejection> text = take_decoded(input);
        if (!text) {
            return failure(std::move(text.error()));
        }
        if constexpr (std::same_as<T, std::string>) {
            return std::tuple<T>(std::move(*text));
        } else {
            std::optional<T> value = from_text<T>(*text);
            if (!value) {
                return failure(Rejection::not_found());
            }
            return std::tuple<T>(std::move(*value));
        }
    }
};

class End : public PathBase {
public:
    using Extract = List<>;
    Outcome<Extract> check(Input& input) const;
};

class Tail : public PathBase {
public:
    using Extract = List<std::string>;
    Outcome<Extract> check(Input& input) const;
};

/// `a / b` of two of them.
template <class L, class R>
class Joined : public And<L, R> {
public:
    using And<L, R>::And;
};

template <class F>
inline constexpr bool kIsPath = std::derived_from<F, PathBase>;
template <class L, class R>
inline constexpr bool kIsPath<Joined<L, R>> = true;

template <class T>
auto path_piece(T&& piece) {
    using U = std::remove_cvref_t<T>;
    if constexpr (kIsPath<U>) {
        return U(std::forward<T>(piece));
    } else {
        return Literal(std::string_view(piece));
    }
}
template <class T>
concept PathPiece = kIsPath<std::remove_cvref_t<T>> || std::convertible_to<T, std::string_view>;

template <class L, class R>
auto join_path(L left, R right) {
    return Joined<L, R>(std::move(left), std::move(right));
}

}  // namespace edo::http::filter::detail

namespace edo::http::filter {

/// The next segments of the path: literal text, `param<T>()`, `end()`, `tail()`, joined by `/`.
///
/// `path("users")` matches every path that begins with this segment, "/users/7" too; with `end()`
/// it matches the whole: `path("users" / end())`. Text may name several segments:
/// `path("api/users")`. Segments are compared decoded and whole, and with regard to case. One slash
/// at the end of a path does not count. What does not match rejects with 404.
///
/// @throws UsageError for text with an empty segment, as in "/users", or with a `?`.
/// @par Example
/// @snippet http_filters.cpp path
template <detail::PathPiece P>
[[nodiscard]] auto path(P&& piece) {
    return detail::path_piece(std::forward<P>(piece));
}

/// Joins two parts of a path; one of the first two must be a filter: `"users" / param<int>()`.
template <class L, class R>
    requires detail::PathPiece<L> && detail::PathPiece<R> &&
             (detail::kIsPath<std::remove_cvref_t<L>> || detail::kIsPath<std::remove_cvref_t<R>>)
[[nodiscard]] auto operator/(L&& left, R&& right) {
    return detail::join_path(detail::path_piece(std::forward<L>(left)),
                             detail::path_piece(std::forward<R>(right)));
}

/// Extracts the next segment of the path, decoded, as a `T`. Rejects with 404 if there is none, or
/// it is no `T`.
template <class T>
[[nodiscard]] auto param() {
    return detail::Param<T>();
}

/// Matches where nothing of the path is left.
[[nodiscard]] inline auto end() {
    return detail::End();
}

/// Extracts the rest of the path, decoded, without the slash in front; perhaps it is empty. It is
/// what the client has sent: `..` may be in it, so it is not a path of a file.
[[nodiscard]] inline auto tail() {
    return detail::Tail();
}

}  // namespace edo::http::filter
