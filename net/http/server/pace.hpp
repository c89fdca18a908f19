// SPDX-License-Identifier: MIT
// Whether something moves fast enough. A limit on each wait alone lets a peer that sends a byte now
// and then go on for ever, and one on the whole time cuts a large body on a slow line: so a peer
// may be waited for as long as a limit says, and longer for what it has moved meanwhile. Only the
// time in which it was waited for counts.
#pragma once

#include "edo/runtime/time/instant.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace edo::http::detail {

class Pace {
public:
    /// @param limit How long a peer that moves nothing is waited for.
    /// @param rate Bytes for which it is waited for a second longer; 0: for ever.
    Pace(Duration limit, std::uint64_t rate) noexcept
        : limit_(std::min<Duration>(limit, kMost)), rate_(rate) {}

    /// Something new is moved.
    void restart() noexcept {
        moved_ = 0;
        waited_ = Duration::zero();
    }
    void moved(std::uint64_t bytes) noexcept { moved_ += bytes; }
    void waited(Duration time) noexcept { waited_ += time; }

    /// How much longer the peer is waited for.
    [[nodiscard]] Duration left() const noexcept {
        if (rate_ == 0) {
            return Duration::max();
        }
        const std::chrono::seconds earned(std::min<std::uint64_t>(moved_ / rate_, kMost.count()));
        return limit_ + earned - waited_;
    }

private:
    // Stands for ever, and its double still fits.
    static constexpr std::chrono::seconds kMost{1'000'000'000};

    Duration limit_;
    std::uint64_t rate_;
    std::uint64_t moved_ = 0;
    Duration waited_ = Duration::zero();
};

}  // namespace edo::http::detail
