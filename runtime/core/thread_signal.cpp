// SPDX-License-Identifier: MIT
#include "edo/runtime/core/thread_signal.hpp"

#include <cerrno>
#include <ctime>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace edo::detail {

namespace {

using Deadline = std::optional<std::chrono::steady_clock::time_point>;

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));

void wake_sleeper(const std::atomic<std::uint32_t>* word) noexcept {
    ::syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

/// Sleeps while the word is `value`. May end early; false when the deadline has come, or is
/// nonsense.
bool sleep_on(const std::atomic<std::uint32_t>& word, std::uint32_t value,
              const Deadline& deadline) noexcept {
    timespec until{};
    if (deadline) {
        const auto since = std::chrono::nanoseconds(deadline->time_since_epoch()).count();
        until.tv_sec = since / std::nano::den;
        until.tv_nsec = since % std::nano::den;
    }
    // The one with a bitset takes a point in time, of the monotonic clock.
    const long result = ::syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE, value,
                                  deadline ? &until : nullptr, nullptr, FUTEX_BITSET_MATCH_ANY);
    return result == 0 || errno == EAGAIN || errno == EINTR;
}

}  // namespace

void ThreadSignal::set() noexcept {
    // Only the address is used after this, which may be another object's by then: who sleeps on
    // that looks again.
    const auto* const word = &state_;
    // Release: the owner sees what the caller did before. Acquire is not needed.
    if (state_.exchange(kSet, std::memory_order_release) == kAsleep) {
        wake_sleeper(word);
    }
}

bool ThreadSignal::wait(ShortWait& short_wait, Deadline deadline) noexcept {
    const auto seen = short_wait.wait([this] {
        return state_.load(std::memory_order_relaxed) == kSet ? ShortWait::Look::Found
                                                              : ShortWait::Look::Nothing;
    });
    std::uint32_t state = kUnset;
    if (seen == ShortWait::Look::Nothing &&
        state_.compare_exchange_strong(state, kAsleep, std::memory_order_relaxed)) {
        while (state_.load(std::memory_order_relaxed) == kAsleep &&
               sleep_on(state_, kAsleep, deadline)) {
        }
    }
    // Acquire pairs with `set`, with the last one of several.
    return state_.exchange(kUnset, std::memory_order_acquire) == kSet;
}

}  // namespace edo::detail
