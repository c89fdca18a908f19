// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace edo::io {

/// Whether `text` is well-formed UTF-8: no stray or missing continuation bytes, no overlong forms,
/// no surrogates, nothing beyond U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

}  // namespace edo::io
