// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace edo::http::h1 {

/// How the end of a body is found (RFC 9112 section 6.3).
class Framing {
public:
    enum class Kind : std::uint8_t {
        None,        ///< there is no body
        Length,      ///< it has `length()` bytes
        Chunked,     ///< it comes in chunks, and perhaps trailers after the last one
        UntilClose,  ///< it ends with the connection; answers only
    };

    /// No body.
    Framing() noexcept = default;
    [[nodiscard]] static Framing of_length(std::uint64_t length) noexcept {
        return {Kind::Length, length};
    }
    [[nodiscard]] static Framing chunked() noexcept { return {Kind::Chunked, 0}; }
    [[nodiscard]] static Framing until_close() noexcept { return {Kind::UntilClose, 0}; }

    [[nodiscard]] Kind kind() const noexcept { return kind_; }
    /// The bytes of a body of kind `Length`; 0 for the others.
    [[nodiscard]] std::uint64_t length() const noexcept { return length_; }
    /// Whether there is nothing to read.
    [[nodiscard]] bool is_empty() const noexcept {
        return kind_ == Kind::None || (kind_ == Kind::Length && length_ == 0);
    }
    [[nodiscard]] bool operator==(const Framing& other) const noexcept = default;

private:
    Framing(Kind kind, std::uint64_t length) noexcept : length_(length), kind_(kind) {}

    std::uint64_t length_ = 0;
    Kind kind_ = Kind::None;
};

}  // namespace edo::http::h1
