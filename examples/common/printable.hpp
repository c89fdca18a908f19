// SPDX-License-Identifier: MIT
// Bytes from the network as text that is safe to print.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace example {

/// The bytes as one line of valid UTF-8 text that a terminal only shows, and never obeys.
///
/// Each piece that is not UTF-8 becomes U+FFFD, as does each of the control characters beyond
/// ASCII. Those of ASCII, except the tab, become their symbols, for example U+241B for escape. A
/// line end at the end is left out.
[[nodiscard]] std::string printable(std::span<const std::byte> bytes);
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace example
