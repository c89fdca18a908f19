// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace edo::detail::json {

/// Appends a JSON string. What is not UTF-8 becomes U+FFFD.
void append_quoted(std::string& to, std::string_view text);

}  // namespace edo::detail::json
