// SPDX-License-Identifier: MIT
// What the headers of a message say about the message itself: its framing, its connection.
#pragma once

#include "edo/net/http/headers.hpp"
#include "edo/net/http/version.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

namespace edo::http::h1 {

/// Collects it from the headers, one after the other.
class MessageFields {
public:
    /// Looks at a header. False, and `error` set, for one that is wrong.
    [[nodiscard]] bool add(const Header& header) noexcept;
    [[nodiscard]] std::error_code error() const noexcept { return error_; }

    [[nodiscard]] bool has_host() const noexcept { return has_host_; }
    [[nodiscard]] std::optional<std::uint64_t> content_length() const noexcept {
        return has_length_ ? std::optional(length_) : std::nullopt;
    }
    [[nodiscard]] bool has_transfer_encoding() const noexcept { return has_encoding_; }
    /// The transfer coding is `chunked`, and nothing else.
    [[nodiscard]] bool is_chunked() const noexcept { return is_chunked_; }
    /// The last one of several is.
    [[nodiscard]] bool ends_chunked() const noexcept { return ends_chunked_; }
    [[nodiscard]] bool expects_continue() const noexcept { return expects_continue_; }
    /// Whether the connection may serve another message after this one.
    [[nodiscard]] bool keeps_alive(Version version) const noexcept {
        return !close_ && (version == Version::Http11 || keep_alive_);
    }
    /// `Connection` has `upgrade`, so that `Upgrade` counts.
    [[nodiscard]] bool may_upgrade() const noexcept { return upgrade_; }

private:
    bool fail(std::error_code error) noexcept;
    [[nodiscard]] bool add_host(std::string_view value) noexcept;
    [[nodiscard]] bool add_length(std::string_view value) noexcept;
    [[nodiscard]] bool add_encoding(std::string_view value) noexcept;
    void add_connection(std::string_view value) noexcept;

    std::uint64_t length_ = 0;
    std::error_code error_;
    bool has_host_ = false;
    bool has_length_ = false;
    bool has_encoding_ = false;
    bool is_chunked_ = false;
    bool ends_chunked_ = false;
    bool expects_continue_ = false;
    bool close_ = false;
    bool keep_alive_ = false;
    bool upgrade_ = false;
};

/// A number of 64 bits in decimal digits, without a sign or leading zeros; nothing for anything
/// else.
[[nodiscard]] std::optional<std::uint64_t> parse_length(std::string_view text) noexcept;
/// Whether that is a host with or without a port, as in Host; not empty, without user name.
[[nodiscard]] bool is_host(std::string_view text) noexcept;

}  // namespace edo::http::h1
