// SPDX-License-Identifier: MIT
// When it pays to look on for a moment before falling asleep.
#pragma once

#include "edo/runtime/core/spin_lock.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <thread>

namespace edo::detail {

/// One thread's decision, made anew each time that it has nothing to do. What it waits for often
/// comes at once: the next job, the result of a short one, the next task of somebody who spawns
/// many. To sleep and to be woken costs the two threads a system call each, and more time than
/// that. So it looks on for longer than it takes to wake the other one, which may sleep as well;
/// and if that was in vain, it goes to sleep at once the next few times, up to 255. So where it
/// never helps it costs next to nothing, and where it helps that is found out soon.
class ShortWait {
public:
    enum class Look : std::uint8_t {
        Nothing,
        Found,
        Stop,  ///< neither found nor in vain
    };

    /// Whether the thread lets others of its CPU run in between. They may be those that it waits
    /// for; but it waits for them to the end of their time slice, even if something has come for
    /// it.
    enum class Manner : std::uint8_t { Pauses, Yields };
    /// `Pauses`, unless the calling thread, and those that it starts, have one CPU only: there
    /// nothing comes while they pause.
    [[nodiscard]] static Manner best_here() noexcept;

    constexpr explicit ShortWait(Manner manner) noexcept : manner_(manner) {}

    /// Calls `look` again and again until it says something else than `Nothing`, but not for long.
    template <class F>
    Look wait(F look) noexcept {
        if (skip_ > 0) {
            --skip_;
            return Look::Nothing;
        }
        const auto end = std::chrono::steady_clock::now() + kLongest;
        for (;;) {
            for (unsigned i = 0; i < kLooks; ++i) {
                const Look seen = look();
                if (seen == Look::Found) {
                    penalty_ /= 2;
                }
                if (seen != Look::Nothing) {
                    return seen;
                }
                for (unsigned pause = 0; pause < pauses_; ++pause) {
                    cpu_relax();
                }
            }
            if (std::chrono::steady_clock::now() >= end) {
                break;
            }
            if (manner_ == Manner::Yields) {
                std::this_thread::yield();
            }
        }
        penalty_ = penalty_ < kMostSkipped ? 2 * penalty_ + 1 : kMostSkipped;
        skip_ = penalty_;
        return Look::Nothing;
    }

    /// How many of them were there when it has found something. Each look takes a cache line from
    /// who writes it: where more than one came between two looks, there will be fewer looks.
    void note_found(std::size_t count) noexcept {
        pauses_ = count > 1 ? std::min(2 * pauses_, kMostPauses) : kPauses;
    }

private:
    static constexpr std::chrono::microseconds kLongest{50};
    static constexpr unsigned kLooks = 4;         // between two looks at the clock
    static constexpr unsigned kPauses = 8;        // between two looks; of some 40 ns each
    static constexpr unsigned kMostPauses = 128;  // the next one waits for 5 µs at worst
    static constexpr std::uint32_t kMostSkipped = 255;

    const Manner manner_;
    std::uint32_t skip_ = 0;
    std::uint32_t penalty_ = 0;
    unsigned pauses_ = kPauses;
};

}  // namespace edo::detail
