// SPDX-License-Identifier: MIT
#include "edo/runtime/scheduler/idle.hpp"

#include <algorithm>

namespace edo::detail {

Idle::Idle(unsigned workers) : workers_(workers), word_(workers * kOneAwake) {
    sleepers_.reserve(workers);
}

std::optional<unsigned> Idle::worker_to_wake() noexcept {
    // An addition of 0 instead of a load: it takes part in the total order described above.
    const std::uint32_t word = word_.fetch_add(0, std::memory_order_seq_cst);
    if (searching_of(word) != 0 || awake_of(word) >= workers_) {
        return std::nullopt;
    }
    const std::lock_guard guard(lock_);
    if (sleepers_.empty() || searching_of(word_.load(std::memory_order_seq_cst)) != 0) {
        return std::nullopt;
    }
    const unsigned worker = sleepers_.back();
    sleepers_.pop_back();
    word_.fetch_add(kOneAwake + 1, std::memory_order_seq_cst);
    return worker;
}

bool Idle::start_searching() noexcept {
    // Half of the workers at most, so that they do not fight over the same queues. Racy on purpose:
    // one searcher too many does no harm.
    if (2 * searching_of(word_.load(std::memory_order_relaxed)) >= workers_) {
        return false;
    }
    word_.fetch_add(1, std::memory_order_seq_cst);
    return true;
}

bool Idle::stop_searching() noexcept {
    return searching_of(word_.fetch_sub(1, std::memory_order_seq_cst)) == 1;
}

bool Idle::sleep(unsigned worker, bool was_searching) noexcept {
    const std::lock_guard guard(lock_);
    sleepers_.push_back(worker);
    const std::uint32_t less = kOneAwake + (was_searching ? 1 : 0);
    const std::uint32_t before = word_.fetch_sub(less, std::memory_order_seq_cst);
    return was_searching && searching_of(before) == 1;
}

bool Idle::wake_self(unsigned worker) noexcept {
    const std::lock_guard guard(lock_);
    const auto found = std::find(sleepers_.begin(), sleepers_.end(), worker);
    if (found == sleepers_.end()) {
        return false;
    }
    *found = sleepers_.back();
    sleepers_.pop_back();
    word_.fetch_add(kOneAwake, std::memory_order_seq_cst);
    return true;
}

bool Idle::is_asleep(unsigned worker) noexcept {
    const std::lock_guard guard(lock_);
    return std::find(sleepers_.begin(), sleepers_.end(), worker) != sleepers_.end();
}

std::optional<unsigned> Idle::any_sleeper() noexcept {
    const std::lock_guard guard(lock_);
    return sleepers_.empty() ? std::nullopt : std::optional<unsigned>(sleepers_.back());
}

}  // namespace edo::detail
