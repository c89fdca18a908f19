// SPDX-License-Identifier: MIT
// A URI reference in its parts, none of which is looked at closer. RFC 3986, section 3 and appendix
// B.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace edo::http::detail {

/// The parts of a text, which must outlive them.
struct UriParts {
    std::optional<std::string_view> scheme;
    std::optional<std::string_view> authority;
    std::string_view path;
    std::optional<std::string_view> query;
    std::optional<std::string_view> fragment;
};

[[nodiscard]] UriParts split_uri(std::string_view text) noexcept;

/// Resolves `.` and `..` in a path that begins with a slash, or is empty. RFC 3986, section 5.2.4.
[[nodiscard]] std::string remove_dot_segments(std::string_view path);

}  // namespace edo::http::detail
