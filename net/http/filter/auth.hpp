// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/filter/extract.hpp"
#include "edo/net/http/filter/steps.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

/// Filters that let in who has a password or a token. Others are rejected with 401 and
/// `WWW-Authenticate`.
///
/// Both send what they are to keep secret with every request, readable for all on the way: use TLS.
namespace edo::http::filter::auth {

/// What a client has sent for `Basic`.
struct Credentials {
    Credentials() = default;
    Credentials(std::string user_name, std::string its_password)
        : user(std::move(user_name)), password(std::move(its_password)) {}
    std::string user;
    std::string password;
};

/// Whether two texts are equal, in a time that tells nothing but the length of the first one, which
/// is to be the one that the client has sent.
[[nodiscard]] bool equal(std::string_view sent, std::string_view secret) noexcept;

}  // namespace edo::http::filter::auth

namespace edo::http::filter::detail {

/// A text in double quotes. @throws UsageError for control characters.
[[nodiscard]] std::string quoted(std::string_view realm);
[[nodiscard]] Rejection unauthorized(std::string_view challenge);
[[nodiscard]] Result<auth::Credentials, Rejection> basic_credentials(const Headers& headers,
                                                                     std::string_view challenge);
[[nodiscard]] Result<std::string, Rejection> bearer_token(const Headers& headers,
                                                          std::string_view challenge);

template <class T>
struct OptionalValue;
template <class T>
struct OptionalValue<std::optional<T>> {
    using type = T;
};

/// Calls `check(value)`, which returns a `std::optional`, or a task of one.
template <class Value, class Check>
auto checked(Check check, std::string challenge) {
    using Raw = std::invoke_result_t<const Check&, Value>;
    static_assert(
        kIsOptional<TaskValue<Raw>>,
        "the check returns a std::optional of what the filter is to extract, the user for "
        "example, or a Task of one; nothing in it means 401");
    using T = typename OptionalValue<TaskValue<Raw>>::type;
    if constexpr (is_task<Raw>) {
        return and_then([check = std::move(check), challenge = std::move(challenge)](
                            Value value) -> Task<Result<T, Rejection>> {
            std::optional<T> found = co_await check(std::move(value));
            if (!found) {
                co_return failure(unauthorized(challenge));
            }
            co_return Result<T, Rejection>(std::move(*found));
        });
    } else {
        return and_then([check = std::move(check),
                         challenge = std::move(challenge)](Value value) -> Result<T, Rejection> {
            std::optional<T> found = check(std::move(value));
            if (!found) {
                return failure(unauthorized(challenge));
            }
            return std::move(*found);
        });
    }
}

}  // namespace edo::http::filter::detail

namespace edo::http::filter::auth {

/// Extracts the name and the password that the client has sent, unchecked.
/// @param realm Shown to the user who is asked for them.
/// @throws UsageError if the realm has control characters; so do the others.
[[nodiscard]] inline auto credentials(std::string_view realm) {
    return filter::detail::from_function<List<Credentials>>(
        [challenge = "Basic realm=" + filter::detail::quoted(realm) +
                     ", charset=\"UTF-8\""](Input& input) -> Outcome<List<Credentials>> {
            auto found = filter::detail::basic_credentials(input.headers(), challenge);
            if (!found) {
                return failure(std::move(found.error()));
            }
            return std::tuple<Credentials>(std::move(*found));
        });
}

/// Lets in one user. Extracts nothing.
[[nodiscard]] inline auto basic(std::string realm, std::string user, std::string password) {
    const std::string challenge =
        "Basic realm=" + filter::detail::quoted(realm) + ", charset=\"UTF-8\"";
    return credentials(realm) |
           and_then([challenge, user = std::move(user), password = std::move(password)](
                        const Credentials& sent) -> Result<void, Rejection> {
               // Both are compared, so that the time does not tell which one was wrong.
               const bool same_user = equal(sent.user, user);
               const bool same_password = equal(sent.password, password);
               if (!(same_user && same_password)) {
                   return failure(filter::detail::unauthorized(challenge));
               }
               return {};
           });
}

/// Lets in whom `check` knows.
///
/// @param check Called with the `Credentials`; returns a `std::optional` of what the filter is to
///     extract, or a `Task` of one. Passwords are compared with `equal`, or better, their hashes by
///     a function made for that, in `spawn_blocking`.
/// @par Example
/// @snippet http_filters.cpp basic
template <class Check>
    requires std::is_invocable_v<const Check&, Credentials>
[[nodiscard]] auto basic(std::string realm, Check check) {
    return credentials(realm) |
           filter::detail::checked<Credentials>(
               std::move(check),
               "Basic realm=" + filter::detail::quoted(realm) + ", charset=\"UTF-8\"");
}

/// Extracts the token that the client has sent, unchecked.
[[nodiscard]] inline auto token(std::string_view realm) {
    return filter::detail::from_function<List<std::string>>(
        [challenge = "Bearer realm=" +
                     filter::detail::quoted(realm)](Input& input) -> Outcome<List<std::string>> {
            auto found = filter::detail::bearer_token(input.headers(), challenge);
            if (!found) {
                return failure(std::move(found.error()));
            }
            return std::tuple<std::string>(std::move(*found));
        });
}

/// Lets in who has the token. Extracts nothing.
[[nodiscard]] inline auto bearer(std::string realm, std::string secret) {
    return token(realm) | and_then([challenge = "Bearer realm=" + filter::detail::quoted(realm) +
                                                ", error=\"invalid_token\"",
                                    secret = std::move(secret)](
                                       const std::string& sent) -> Result<void, Rejection> {
               if (!equal(sent, secret)) {
                   return failure(filter::detail::unauthorized(challenge));
               }
               return {};
           });
}

/// Lets in whose token `check` knows: as for `basic`, called with the token as a `std::string`.
template <class Check>
    requires std::is_invocable_v<const Check&, std::string>
[[nodiscard]] auto bearer(std::string realm, Check check) {
    return token(realm) | filter::detail::checked<std::string>(
                              std::move(check), "Bearer realm=" + filter::detail::quoted(realm) +
                                                    ", error=\"invalid_token\"");
}

}  // namespace edo::http::filter::auth
