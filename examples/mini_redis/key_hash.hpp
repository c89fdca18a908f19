// SPDX-License-Identifier: MIT
// A hash of keys that nobody outside can foresee.
#pragma once

#include <cstddef>
#include <string_view>

namespace mini_redis {

/// Keys come from the network, and `std::hash` is the same in every process: whoever knows it can
/// send keys that all fall into one bucket, so that each access takes as long as there are keys.
///
/// This is SipHash-1-3 by Aumasson and Bernstein, which is made for that: without its two seeds,
/// drawn at the start of the process, such keys cannot be worked out. (A seed for a hash like that
/// of the standard library would not do: there are keys that collide whatever the seed.)
struct KeyHash {
    using is_transparent = void;
    [[nodiscard]] std::size_t operator()(std::string_view key) const noexcept;
};

}  // namespace mini_redis
