// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace edo::http::detail {

/// The value of Date for now; made once a second on each thread. Valid until this thread asks
/// again, so it must not be kept across a suspension.
[[nodiscard]] std::string_view current_date();

}  // namespace edo::http::detail
