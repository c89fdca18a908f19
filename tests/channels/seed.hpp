// SPDX-License-Identifier: MIT
// Random choices that can be made again.
#pragma once

#include <edo/runtime/core/random.hpp>
#include <edo/runtime/core/sanitizers.hpp>

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>

namespace edo::test {

/// The seed of this process: EDO_STRESS_SEED, or a random one.
[[nodiscard]] inline std::uint64_t channel_seed() {
    static const std::uint64_t seed = [] {
        const char* const given = std::getenv("EDO_STRESS_SEED");
        return given != nullptr ? std::strtoull(given, nullptr, 0) : std::random_device{}();
    }();
    return seed;
}

/// A generator for part `n` of a test.
[[nodiscard]] inline detail::Random channel_random(std::uint64_t n) {
    return detail::Random(channel_seed() + n * 0x9E3779B97F4A7C15U);
}

/// Ends the process, with the seed, unless `condition` holds: checks of Boost.Test belong to one
/// thread.
inline void must(bool condition) {
    if (!condition) {
        std::fprintf(stderr, "a check on a worker failed; EDO_STRESS_SEED=%llu\n",
                     static_cast<unsigned long long>(channel_seed()));
        std::abort();
    }
}

/// How much a test does: less in builds with a sanitizer.
[[nodiscard]] constexpr int scaled(int count) {
    return detail::kSanitized ? count / 10 : count;
}

}  // namespace edo::test
