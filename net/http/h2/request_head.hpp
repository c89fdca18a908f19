// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/h2/header_list.hpp"
#include "edo/net/http/request.hpp"

#include <cstdint>
#include <optional>

namespace edo::http::h2::detail {

/// The head of a request, and what is known of its body.
class RequestHead {
public:
    explicit RequestHead(const Request& request);

    [[nodiscard]] const HeaderList& headers() const noexcept { return headers_; }
    /// Whether a body follows.
    [[nodiscard]] bool has_body() const noexcept { return !length_ || *length_ > 0; }
    /// How long it is, if that is known.
    [[nodiscard]] const std::optional<std::uint64_t>& length() const noexcept { return length_; }

private:
    HeaderList headers_;
    std::optional<std::uint64_t> length_;
};

/// A number in decimal digits; nothing if it is something else.
[[nodiscard]] std::optional<std::uint64_t> parse_length(std::string_view text) noexcept;

}  // namespace edo::http::h2::detail
