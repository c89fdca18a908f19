// SPDX-License-Identifier: MIT
// What one thread sleeps on until another one has something for it.
#pragma once

#include "edo/runtime/core/short_wait.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

namespace edo::detail {

/// A flag that any thread sets and its owner waits for. A wait ends with the flag taken back.
class ThreadSignal {
public:
    ThreadSignal() = default;
    ThreadSignal(const ThreadSignal&) = delete;
    ThreadSignal& operator=(const ThreadSignal&) = delete;

    /// Any thread. The owner may destroy the signal as soon as it is set, also before this returns.
    void set() noexcept;

    /// The owner's thread: false when the deadline came first.
    bool wait(ShortWait& short_wait,
              std::optional<std::chrono::steady_clock::time_point> deadline = {}) noexcept;

private:
    static constexpr std::uint32_t kUnset = 0;
    static constexpr std::uint32_t kAsleep = 1;  ///< unset, and the owner sleeps or is about to
    static constexpr std::uint32_t kSet = 2;

    std::atomic<std::uint32_t> state_{kUnset};
};

}  // namespace edo::detail
