// SPDX-License-Identifier: MIT
// How much useless work a peer has made lately.
#pragma once

#include "edo/runtime/time/instant.hpp"

#include <algorithm>
#include <cstdint>

namespace edo::http::h2::detail {

/// A bucket of tokens: each frame that asks for work and brings nothing takes one.
class FloodGuard {
public:
    static constexpr std::int64_t kBurst = 400;
    static constexpr std::int64_t kPerSecond = 40;

    explicit FloodGuard(Instant start) noexcept : last_(start) {}

    /// False when there were too many.
    [[nodiscard]] bool take(Instant now) noexcept {
        const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(now - last_);
        const std::int64_t gained = since.count() * kPerSecond / 1000;
        if (gained > 0) {
            tokens_ = std::min(kBurst, tokens_ + gained);
            last_ = now;
        }
        return --tokens_ >= 0;
    }

private:
    Instant last_;
    std::int64_t tokens_ = kBurst;
};

}  // namespace edo::http::h2::detail
