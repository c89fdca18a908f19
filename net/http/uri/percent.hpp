// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/uri/error.hpp"
#include "edo/runtime/result.hpp"

#include <string>
#include <string_view>

namespace edo::http {

/// Percent-encodes everything but letters, digits and `-._~`: for one segment of a path, or one
/// part of anything.
///
/// @param text Any bytes.
/// @par Example
/// @snippet http_uri.cpp percent
[[nodiscard]] std::string percent_encode(std::string_view text);

/// Percent-encodes what may not stand in a path as it is; `/` stays.
[[nodiscard]] std::string percent_encode_path(std::string_view path);

/// Replaces each `%XX` by its byte. Other characters stay as they are, `+` among them.
///
/// @return Bytes: any value may be among them, also 0 and `/`; they need not be UTF-8.
/// @par Errors
/// `UriErrc::InvalidPercent`.
[[nodiscard]] Result<std::string> percent_decode(std::string_view text);

/// As `percent_encode`, but as forms and queries do it (application/x-www-form-urlencoded): a space
/// becomes `+`, and `~` is encoded while `*` is not.
[[nodiscard]] std::string form_encode(std::string_view text);

/// As `percent_decode`, but `+` becomes a space.
/// @par Errors
/// `UriErrc::InvalidPercent`.
[[nodiscard]] Result<std::string> form_decode(std::string_view text);

}  // namespace edo::http
