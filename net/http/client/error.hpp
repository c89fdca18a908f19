// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/error.hpp"
#include "edo/net/http/status.hpp"
#include "edo/runtime/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace edo::http {

class Uri;

/// In which part of a request something went wrong.
enum class ClientErrorKind : std::uint8_t {
    Request,   ///< the request itself: its URL, for example
    Connect,   ///< the way to the server: its name, the connection, TLS, the proxy
    Exchange,  ///< sending the request, or reading the head of the answer
    Redirect,  ///< too many redirects, or one that cannot be followed
    Body,      ///< reading the body of the answer
    Decode,    ///< the body is not what it was asked to be: no JSON, damaged gzip
    Status,    ///< a status of 400 to 599, where `error_for_status` was asked for
};

/// An error of an HTTP client: an error code that knows which part of which request it is about, so
/// that its text says so: "cannot connect to http://localhost:81/: Connection refused".
///
/// It is a `std::error_code`: compares like one (`error == std::errc::timed_out`), and turns into
/// one where a `Result` with a plain error is wanted, as in `propagate` or `failure`. The codes are
/// those of `http::Errc`, `UriErrc`, of the connection and of the resolver.
class ClientError : public std::error_code {
public:
    ClientError(ClientErrorKind kind, std::error_code code, const Uri& url);
    /// @param url Without credentials.
    ClientError(ClientErrorKind kind, std::error_code code, std::string url);

    [[nodiscard]] ClientErrorKind kind() const noexcept { return kind_; }
    [[nodiscard]] bool is_connect() const noexcept { return kind_ == ClientErrorKind::Connect; }
    [[nodiscard]] bool is_redirect() const noexcept { return kind_ == ClientErrorKind::Redirect; }
    [[nodiscard]] bool is_body() const noexcept { return kind_ == ClientErrorKind::Body; }
    [[nodiscard]] bool is_decode() const noexcept { return kind_ == ClientErrorKind::Decode; }
    [[nodiscard]] bool is_status() const noexcept { return kind_ == ClientErrorKind::Status; }
    /// Whether a limit of time was over, in whichever part.
    [[nodiscard]] bool is_timeout() const noexcept;

    /// The URL that was asked for last, after redirects, without user name and password. Its query
    /// may hold secrets all the same.
    [[nodiscard]] const std::string& url() const noexcept { return url_; }
    /// The status of the answer, for the kind `Status`.
    [[nodiscard]] std::optional<Status> status() const noexcept { return status_; }
    [[nodiscard]] ClientError with_status(Status status) &&;
    /// Adds a sentence to the text.
    [[nodiscard]] ClientError with_detail(std::string detail) &&;

    /// What was done, the URL, and the text of the error code.
    [[nodiscard]] std::string message() const;

private:
    ClientErrorKind kind_;
    std::optional<Status> status_;
    std::string url_;
    std::string detail_;
};

/// What the operations of a client yield.
template <class T>
using ClientResult = Result<T, ClientError>;

}  // namespace edo::http
