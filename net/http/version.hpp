// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace edo::http {

/// The version of HTTP that a message came with. What is sent follows the connection instead.
enum class Version : std::uint8_t { Http10, Http11, Http2 };

}  // namespace edo::http
