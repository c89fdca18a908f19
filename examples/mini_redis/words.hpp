// SPDX-License-Identifier: MIT
// A line that a person has typed, as words.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mini_redis {

/// Cuts a line at its blanks. Quotes keep blanks together: "..." with \n, \r, \t, \xHH, \" and \\,
/// or '...' with \' only. Nothing if the quotes are not balanced.
[[nodiscard]] std::optional<std::vector<std::string>> split_words(std::string_view line);

}  // namespace mini_redis
