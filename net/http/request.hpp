// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/body.hpp"
#include "edo/net/http/headers.hpp"
#include "edo/net/http/method.hpp"
#include "edo/net/http/version.hpp"
#include "edo/net/socket_addr.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace edo::http {

/// A request: what a server gets, and what a client sends.
///
/// @par Example
/// @snippet http_message.cpp request
struct Request {
    /// `GET /`.
    Request() = default;
    Request(Method request_method, std::string request_target, Body request_body = Body())
        : method(request_method),
          target(std::move(request_target)),
          body(std::move(request_body)) {}
    Request(Request&&) noexcept = default;
    Request& operator=(Request&&) noexcept = default;
    ~Request() = default;

    /// Adds a header; throws as `Headers::append`.
    Request& with_header(std::string_view name, std::string_view value) & {
        headers.append(name, value);
        return *this;
    }
    Request&& with_header(std::string_view name, std::string_view value) && {
        return std::move(with_header(name, value));
    }

    /// The path of the target as it was sent, without the query: "/a%20b" of "/a%20b?c=d". "*" for
    /// `OPTIONS *`; empty for CONNECT. Valid until the target is changed.
    [[nodiscard]] std::string_view path() const noexcept;
    /// What follows the first '?', as it was sent; empty without one.
    [[nodiscard]] std::string_view query() const noexcept;
    /// The host, with a port if there is one: of the authority (HTTP/2, or a whole URI in the
    /// target), or else of the header Host.
    [[nodiscard]] std::string_view host() const noexcept;

    Method method = Method::Get;
    Version version = Version::Http11;
    /// As it was sent: path and query, seldom a whole URI, an authority (CONNECT) or "*".
    std::string target = "/";
    /// "http" or "https", where it is known: HTTP/2, clients.
    std::string scheme;
    /// Host and port, where they are not in a header: HTTP/2, clients.
    std::string authority;
    Headers headers;
    Body body;
    /// Who has sent it, where that is known.
    std::optional<net::SocketAddr> peer;
};

}  // namespace edo::http
