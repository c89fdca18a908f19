// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace edo::http::filter {

/// The content type that goes with the name of a file, by what follows its last dot:
/// "text/html; charset=utf-8" for "a.html"; "application/octet-stream" if it is not known.
[[nodiscard]] std::string_view content_type_of(std::string_view file_name) noexcept;

}  // namespace edo::http::filter
