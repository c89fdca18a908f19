// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace edo::http::detail {

/// Whether the escaped text means `plain`; without allocating.
[[nodiscard]] bool percent_equal(std::string_view escaped, std::string_view plain) noexcept;

}  // namespace edo::http::detail
