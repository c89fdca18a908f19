// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/h1/field_parser.hpp"
#include "edo/net/http/h1/framing.hpp"
#include "edo/net/http/h1/limits.hpp"
#include "edo/net/http/h1/message_fields.hpp"
#include "edo/net/http/request.hpp"
#include "edo/runtime/result.hpp"

#include <cstddef>
#include <string_view>

namespace edo::http::h1 {

/// Parses the head of an HTTP/1 request: bytes in, a `Request` out. Does no I/O.
///
/// It is as strict as RFC 9112 allows: what two programs could understand in two ways is an error,
/// so that no request can hide in another one. After an error the connection must be closed.
/// Stricter than it must be: a second Content-Length is an error even if it says the same, and so
/// are leading zeros in it; a line ends with CR LF, never with LF alone.
///
/// @par Thread safety
/// None.
///
/// @par Example
/// @snippet http_codec.cpp request_parser
class RequestParser {
public:
    explicit RequestParser(const Limits& limits = Limits()) noexcept;

    /// Goes on where the call before has stopped; nothing is looked at twice.
    ///
    /// @param bytes What there is from the beginning of the request on: the same bytes as before,
    ///     and more. They may be somewhere else now.
    /// @return Whether the head is complete.
    /// @par Errors
    /// Those of the first group of `Errc`, `Errc::TargetTooLong`, `Errc::HeadersTooLarge`;
    /// `status_of` says how to answer.
    [[nodiscard]] Result<bool> parse(std::string_view bytes);

    /// Whether any byte of a request, other than line ends before it, has been seen.
    [[nodiscard]] bool has_begun() const noexcept { return has_begun_; }

    // ---- once the head is complete ----

    /// Its bytes; the body begins behind it.
    [[nodiscard]] std::size_t size() const noexcept { return begin_ + line_size_ + fields_.size(); }
    /// Makes the request, without a body, from the bytes of the last `parse`.
    [[nodiscard]] Request take(std::string_view bytes) const;
    /// How long the body is.
    [[nodiscard]] Framing framing() const noexcept;
    /// Whether the client wants to send more requests on the connection.
    [[nodiscard]] bool keeps_alive() const noexcept { return about_.keeps_alive(version_); }
    /// Whether the client waits for 100 before it sends the body.
    [[nodiscard]] bool expects_continue() const noexcept {
        return about_.expects_continue() && version_ == Version::Http11;
    }
    /// Whether the client offers another protocol, which the header Upgrade then names.
    [[nodiscard]] bool asks_for_upgrade() const noexcept {
        return about_.may_upgrade() && version_ == Version::Http11;
    }
    [[nodiscard]] Method method() const noexcept { return method_; }
    [[nodiscard]] Version version() const noexcept { return version_; }

    /// Begins with the next request.
    void reset() noexcept;

private:
    [[nodiscard]] Result<bool> parse_start(std::string_view bytes);
    [[nodiscard]] std::error_code parse_line(std::string_view line);
    [[nodiscard]] std::error_code check_target(std::string_view target) const;
    [[nodiscard]] std::error_code check_fields(std::string_view block);

    std::size_t max_line_;
    std::size_t begin_ = 0;      // of the request line: empty lines before it are skipped
    std::size_t searched_ = 0;   // the line does not end before this
    std::size_t line_size_ = 0;  // with its end, once it has come
    std::size_t target_ = 0;     // where it begins in the line
    std::size_t target_size_ = 0;
    Method method_ = Method::Get;
    Version version_ = Version::Http11;
    bool has_begun_ = false;
    FieldParser fields_;
    MessageFields about_;
};

}  // namespace edo::http::h1
