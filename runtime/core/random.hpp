// SPDX-License-Identifier: MIT
// The generator behind every random choice of the runtime; seedable, so that runs can be repeated.
#pragma once

#include <cstdint>

namespace edo::detail {

/// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014).
class Random {
public:
    explicit Random(std::uint64_t seed) noexcept : state_(seed) {}

    std::uint64_t next() noexcept {
        state_ += 0x9E3779B97F4A7C15U;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
        return z ^ (z >> 31U);
    }

    /// A number in [0, bound), bound > 0 and small; the bias is below 2^-32.
    std::uint32_t below(std::uint32_t bound) noexcept {
        return std::uint32_t(((next() >> 32U) * bound) >> 32U);
    }

private:
    std::uint64_t state_;
};

}  // namespace edo::detail
