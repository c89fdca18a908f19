// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/result.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace edo::io {

/// The longest line that readers accept unless they are told otherwise: 64 KiB.
inline constexpr std::size_t kDefaultLineLimit = std::size_t{64} << 10;

}  // namespace edo::io

namespace edo::detail {

/// How many bytes may come before the `\n` of a line with a limit: one more, for a `\r`.
[[nodiscard]] constexpr std::size_t raw_line_limit(std::size_t limit) noexcept {
    return limit == SIZE_MAX ? limit : limit + 1;
}

/// Makes text of the bytes of one line, which may end with `\n` or `\r\n`.
/// Errors: `Errc::LimitExceeded`, `Errc::InvalidData`.
[[nodiscard]] Result<std::optional<std::string>> make_line(std::span<const std::byte> bytes,
                                                           std::size_t limit);

}  // namespace edo::detail
