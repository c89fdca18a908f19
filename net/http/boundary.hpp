// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace edo::http::detail {

/// A text to stand between the parts of a message, which nobody who makes one of them can guess.
[[nodiscard]] std::string make_boundary();

}  // namespace edo::http::detail
