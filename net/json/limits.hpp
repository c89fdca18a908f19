// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

namespace edo::json {

/// What a text may cost at most.
///
/// @par Example
/// @snippet json.cpp limits
struct Limits {
    static constexpr std::size_t kDefaultSize = std::size_t{16} << 20;
    static constexpr std::size_t kDefaultDepth = 64;

    /// 16 MiB, and arrays and objects 64 deep.
    constexpr Limits() noexcept {}
    constexpr explicit Limits(std::size_t size, std::size_t depth = kDefaultDepth) noexcept
        : max_size(size), max_depth(depth) {}

    std::size_t max_size = kDefaultSize;    ///< bytes of text
    std::size_t max_depth = kDefaultDepth;  ///< arrays and objects within each other
};

}  // namespace edo::json
