// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/h1/field_parser.hpp"
#include "edo/net/http/h1/framing.hpp"
#include "edo/net/http/h1/limits.hpp"
#include "edo/net/http/h1/message_fields.hpp"
#include "edo/net/http/method.hpp"
#include "edo/net/http/response.hpp"
#include "edo/runtime/result.hpp"

#include <cstddef>
#include <string_view>

namespace edo::http::h1 {

/// Parses the head of an HTTP/1 answer: bytes in, a `Response` out. Does no I/O. As strict as
/// `RequestParser`. Informational answers (100, 103) are heads of their own: look at the status,
/// `reset`, and parse on behind them; 101 ends HTTP on the connection.
///
/// @par Thread safety
/// None.
///
/// @par Example
/// @snippet http_codec.cpp response_parser
class ResponseParser {
public:
    explicit ResponseParser(const Limits& limits = Limits()) noexcept;

    /// Goes on where the call before has stopped, as `RequestParser::parse`.
    /// @par Errors
    /// `Errc::BadStatusLine`, `Errc::UnsupportedVersion`, `Errc::BadHeader`,
    /// `Errc::HeadersTooLarge`, `Errc::BadContentLength`, `Errc::BadTransferEncoding`,
    /// `Errc::UnknownTransferEncoding`.
    [[nodiscard]] Result<bool> parse(std::string_view bytes);

    // ---- once the head is complete ----

    /// Its bytes; the body begins behind it.
    [[nodiscard]] std::size_t size() const noexcept { return line_size_ + fields_.size(); }
    /// Makes the answer, without a body, from the bytes of the last `parse`.
    [[nodiscard]] Response take(std::string_view bytes) const;
    /// How long the body is, of an answer to a request with this method.
    [[nodiscard]] Framing framing(Method method) const noexcept;
    /// Whether the server takes more requests on the connection. One whose body ends with the
    /// connection does not, whatever it says.
    [[nodiscard]] bool keeps_alive() const noexcept { return about_.keeps_alive(version_); }
    [[nodiscard]] Status status() const noexcept { return status_; }
    [[nodiscard]] Version version() const noexcept { return version_; }

    /// Begins with the next answer.
    void reset() noexcept;

private:
    [[nodiscard]] Result<bool> parse_start(std::string_view bytes);
    [[nodiscard]] std::error_code parse_line(std::string_view line);
    [[nodiscard]] std::error_code check_fields(std::string_view block);

    std::size_t max_line_;
    std::size_t searched_ = 0;
    std::size_t line_size_ = 0;  // with its end, once it has come
    Status status_ = Status::Ok;
    Version version_ = Version::Http11;
    FieldParser fields_;
    MessageFields about_;
};

}  // namespace edo::http::h1
