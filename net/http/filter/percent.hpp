// SPDX-License-Identifier: MIT
// Percent-encoding, as paths and forms of requests have it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace edo::http::filter::detail {

enum class Plus : std::uint8_t { AsItIs, IsSpace };

/// The bytes that are meant; nothing if a `%` is not followed by two hexadecimal digits.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text, Plus plus);

/// Whether the escaped text means `plain`, without allocating.
[[nodiscard]] bool percent_equal(std::string_view escaped, std::string_view plain) noexcept;

}  // namespace edo::http::filter::detail
