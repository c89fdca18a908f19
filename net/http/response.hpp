// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/any_io.hpp"
#include "edo/net/http/body.hpp"
#include "edo/net/http/headers.hpp"
#include "edo/net/http/status.hpp"
#include "edo/net/http/version.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace edo::http {

/// An answer: what a service returns, and what a client gets.
///
/// A server adds `Date`, `Content-Length` or `Transfer-Encoding`, and `Connection` as needed.
///
/// @par Example
/// @snippet http_message.cpp response
struct Response {
    /// 200 without a body.
    Response() = default;
    explicit Response(Status response_status, Body response_body = Body()) noexcept
        : status(response_status), body(std::move(response_body)) {}
    Response(Response&&) noexcept = default;
    Response& operator=(Response&&) noexcept = default;
    ~Response() = default;

    /// 200 with text; `Content-Type` says UTF-8.
    [[nodiscard]] static Response text(std::string text);
    /// 200 with text that is JSON already.
    [[nodiscard]] static Response json_text(std::string json);
    /// 200 with a page; `Content-Type` says UTF-8.
    [[nodiscard]] static Response html(std::string html);
    /// 101: once it is sent the connection speaks another protocol, and belongs to `upgrade`.
    /// @param protocol The value of `Upgrade`, for example "websocket".
    /// @throws UsageError as `Headers::append`.
    [[nodiscard]] static Response switching_protocols(std::string_view protocol, Upgrade upgrade);

    /// Sets the status.
    Response& with_status(Status new_status) & noexcept {
        status = new_status;
        return *this;
    }
    Response&& with_status(Status new_status) && noexcept {
        return std::move(with_status(new_status));
    }
    /// Sets a header; throws as `Headers::set`.
    Response& with_header(std::string_view name, std::string_view value) & {
        headers.set(name, value);
        return *this;
    }
    Response&& with_header(std::string_view name, std::string_view value) && {
        return std::move(with_header(name, value));
    }

    Status status = Status::Ok;
    Version version = Version::Http11;
    Headers headers;
    Body body;
    /// Takes the connection over, with status 101; or after any 2xx to CONNECT.
    Upgrade upgrade;
};

}  // namespace edo::http
