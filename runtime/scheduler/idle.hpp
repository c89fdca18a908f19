// SPDX-License-Identifier: MIT
// Which workers sleep, and how many look for work: decides whom a new task must wake.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

namespace edo::detail {

/// The rule that keeps tasks from being stranded: a thread that queues a task wakes a sleeper
/// unless a worker is already searching; the last worker that stops searching looks at all queues
/// once more, before it sleeps or when it has found something.
///
/// Both counters are in one word so that they change together. Every change, and the look of a
/// thread that queued something, is a sequentially consistent read-modify-write of that word:
/// either the looker sees the sleeper, or the sleeper, which looks at the queues after its own
/// change, sees what was queued before. (Between workers a plain load is used for speed, see
/// `may_need_wake`; and where the queue itself has that order another one, see `needs_wake`.)
class Idle {
public:
    explicit Idle(unsigned workers);

    /// A worker to wake for new work, already counted as awake and searching.
    [[nodiscard]] std::optional<unsigned> worker_to_wake() noexcept;

    /// Cheap and unordered: for a worker that has queued a task for itself. If it reads a stale
    /// value, the task is still in a queue that its awake owner, or the watching idle worker, gets
    /// to.
    [[nodiscard]] bool may_need_wake() const noexcept {
        const std::uint32_t word = word_.load(std::memory_order_relaxed);
        return searching_of(word) == 0 && awake_of(word) < workers_;
    }

    /// For who has queued something under a lock: a load, which does not take the word's line from
    /// the workers. The lock must have ended by an operation that is sequentially consistent, and
    /// the sleeper, or the last searcher, looks after it has synchronized with such an end.
    [[nodiscard]] bool needs_wake() const noexcept {
        const std::uint32_t word = word_.load(std::memory_order_seq_cst);
        return searching_of(word) == 0 && awake_of(word) < workers_;
    }

    /// Both counters, for who looks often: while it is `all_busy()`, nobody sleeps or searches.
    [[nodiscard]] const std::atomic<std::uint32_t>& word() const noexcept { return word_; }
    [[nodiscard]] std::uint32_t all_busy() const noexcept { return workers_ * kOneAwake; }

    /// False when enough workers search already.
    [[nodiscard]] bool start_searching() noexcept;
    /// True when the caller was the last one that searched.
    bool stop_searching() noexcept;

    /// The worker goes to sleep. True when it was the last one that searched.
    bool sleep(unsigned worker, bool was_searching) noexcept;
    /// The worker found something itself while asleep. False when it had been woken already.
    bool wake_self(unsigned worker) noexcept;
    [[nodiscard]] bool is_asleep(unsigned worker) noexcept;

    /// Some sleeper, still asleep; none when all are awake.
    [[nodiscard]] std::optional<unsigned> any_sleeper() noexcept;
    [[nodiscard]] unsigned awake() const noexcept {
        return awake_of(word_.load(std::memory_order_seq_cst));
    }
    [[nodiscard]] bool has_sleepers() const noexcept { return awake() < workers_; }

private:
    static constexpr std::uint32_t kOneAwake = 1U << 16U;
    static std::uint32_t searching_of(std::uint32_t word) noexcept { return word & 0xFFFFU; }
    static std::uint32_t awake_of(std::uint32_t word) noexcept { return word >> 16U; }

    const std::uint32_t workers_;
    std::atomic<std::uint32_t> word_;
    std::mutex lock_;
    std::vector<unsigned> sleepers_;  // guarded by `lock_`
};

}  // namespace edo::detail
