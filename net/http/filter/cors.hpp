// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/filter/around.hpp"

#include <chrono>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace edo::http::filter {

/// `filter | with(cors().allow_origin("https://example.org"))`: lets scripts of other sites read
/// the answers, and answers the questions that browsers ask beforehand (OPTIONS with
/// Access-Control-Request-Method).
///
/// An origin that is not allowed gets its answer without the headers, so that its browser withholds
/// it; its question beforehand is answered with 403. It protects users of browsers, not the server.
///
/// Set it up before it is given to `with`.
class Cors {
public:
    struct State {
        std::string origin;  // if it is allowed
        bool allowed = false;
    };

    Cors();
    /// Allows an origin: scheme, host, and port if there is one, without a slash at the end.
    Cors&& allow_origin(std::string origin) &&;
    /// Allows all of them. Not together with `allow_credentials`.
    Cors&& allow_any_origin() &&;
    /// Allows methods beside GET, HEAD and POST, which need no permission.
    Cors&& allow_methods(std::initializer_list<Method> methods) &&;
    /// Allows headers of requests, such as "Content-Type" (for JSON) and "Authorization".
    Cors&& allow_headers(std::initializer_list<std::string_view> names) &&;
    /// Lets scripts see these headers of answers.
    Cors&& expose_headers(std::initializer_list<std::string_view> names) &&;
    /// Allows requests with cookies and passwords.
    Cors&& allow_credentials() &&;
    /// How long a browser may remember the permission.
    Cors&& max_age(std::chrono::seconds time) &&;

    /// @throws UsageError if all origins and credentials are allowed: any site could act in the
    /// name
    ///     of the user.
    template <Filter F>
    [[nodiscard]] auto wrap(F filter) const {
        check();
        return detail::wrap_around(std::move(filter), *this);
    }
    [[nodiscard]] State before(const Input& input) const;
    [[nodiscard]] std::optional<Response> answer(State& state, const Input& input) const;
    void after(State& state, detail::ResponseOutcome& outcome) const;

private:
    struct Settings {
        std::vector<std::string> origins;
        detail::MethodSet methods = 0;
        std::vector<std::string> headers;
        std::string exposed;
        std::optional<std::chrono::seconds> max_age;
        bool any_origin = false;
        bool credentials = false;
    };
    void check() const;

    std::shared_ptr<Settings> settings_;  // not changed any more once it wraps something
};

/// See `Cors`.
/// @par Example
/// @snippet http_wrappers.cpp wrappers
[[nodiscard]] inline Cors cors() {
    return {};
}

}  // namespace edo::http::filter
