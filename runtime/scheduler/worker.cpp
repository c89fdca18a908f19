// SPDX-License-Identifier: MIT
#include "edo/runtime/scheduler/worker.hpp"

#include "edo/runtime/core/spin_lock.hpp"
#include "edo/runtime/core/task_turn.hpp"
#include "edo/runtime/scheduler/call_hook.hpp"
#include "edo/runtime/scheduler/scheduler.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <new>

namespace edo::detail {

namespace {

// Every `kMostBetweenMaintenance` tasks, fewer if they are slow, the worker looks at its reactor,
// its timers and the injection queue. It turns the reactor only when some time has passed: tiny
// tasks should not pay for a system call. And when all that the last turn brought has had its turn:
// new events would only fill the ring up, push what waits there out into the injection queue, and
// so overtake it. But not too late: what is queued may be slow.
constexpr Duration kTurnInterval = std::chrono::microseconds(50);
constexpr Duration kLongestRound = std::chrono::milliseconds(2);
constexpr unsigned kMaxSlotUses = 3;
constexpr unsigned kMaxFavours = 16;
constexpr unsigned kOfferLooks = 1000;  // of two workers some 20 µs
constexpr std::size_t kLeastShare = 64;
// Events that a worker serves alone, unless they take long: it is through them sooner than another
// one has been woken and has taken half of them to its CPU.
constexpr std::uint32_t kFewEvents = 8;
constexpr std::size_t kFewOlder = 8;  // of the tasks in a share, one in so many

}  // namespace

Worker::Worker(Scheduler& scheduler, unsigned index, std::shared_ptr<Reactor> reactor,
               std::uint64_t seed, bool exclusive)
    : scheduler_(scheduler),
      index_(index),
      exclusive_(exclusive),
      use_slot_(exclusive || RunSlot::can_be_stolen_from()),
      random_(seed),
      slot_(exclusive),
      queue_(exclusive),
      timers_(scheduler.clock().now()),
      reactor_(std::move(reactor)),
      tally_(scheduler.tasks().tally(index)) {}

// ---- the loop ----------------------------------------------------------------------------------

void Worker::run(const JoinCore* until) noexcept {
    awake_since_ = std::chrono::steady_clock::now();
    counters_.thread.store(std::this_thread::get_id(), std::memory_order_relaxed);
    poll_hooks_ ? loop<true>(until) : loop<false>(until);
}

template <bool kHooks>
void Worker::loop(const JoinCore* until) noexcept {
    Turn turn;  // of this thread: the worker may move to another one in the middle of a turn
    while (until != nullptr ? !until->is_finished() : !scheduler_.is_stopping()) {
        beat_.store(beat() + 1, std::memory_order_relaxed);
        Runnable runnable;
        if (until_maintenance_ == 0) [[unlikely]] {
            maintain();
            // First for once: busy workers do not starve it.
            runnable = take_injected();
            if (runnable && !queue_.empty()) {
                call_help();  // `keep` called nobody for what waits there
            }
        }
        --until_maintenance_;
        if (!runnable) {
            runnable = next();
        }
        if (!runnable && !exclusive_) {
            runnable = steal();
        }
        if (!runnable) {
            park();
        } else if (!execute<kHooks>(runnable, turn)) [[unlikely]] {
            return;
        }
    }
    stop_searching();
}

/// Whether the task, which is about to go first, has done so many times, with one out of the ring
/// between each two. It is one that awaits many others in turn, and at the end of the ring it finds
/// many of them done.
[[gnu::always_inline]] inline bool Worker::is_favoured_too_often(const TaskCore& task) noexcept {
    const bool again = &task == favourite_ && beat() - favoured_at_ == 2;
    favourite_ = &task;
    favoured_at_ = beat();
    favours_ = again ? favours_ + 1 : 0;
    if (favours_ < kMaxFavours) [[likely]] {
        return false;
    }
    favours_ = 0;
    return !queue_.empty();
}

[[gnu::always_inline]] inline Runnable Worker::next() noexcept {
    if (slot_uses_ < kMaxSlotUses) {
        if (const Runnable runnable = slot_.take()) {
            if (slot_uses_++ != 0 || !is_favoured_too_often(*runnable.task())) [[likely]] {
                return runnable;
            }
            put_into_ring(runnable);
        }
    }
    slot_uses_ = 0;
    if (queue_.has_passed(injection_round_)) {
        // All that was in the ring at the last look has had its turn: others had better not wait
        // longer outside than tasks do inside.
        if (const Runnable runnable = take_injected()) [[unlikely]] {
            return runnable;
        }
    }
    if (const Runnable runnable = queue_.pop()) {
        queue_.prefetch();
        return runnable;
    }
    if (const Runnable runnable = slot_.take()) {
        return runnable;
    }
    return take_injected();
}

[[gnu::always_inline]] inline Runnable Worker::take_injected() noexcept {
    injection_round_ = queue_.end();
    return scheduler_.injection().empty() ? Runnable() : take_share();
}

/// What comes from another thread may have been queued when the runtime was ending already, after
/// this worker had looked: then it has no further turn. A task in no list does not know that.
inline void Worker::abort_if_ending(Runnable taken) noexcept {
    if (scheduler_.is_stopping() && !taken.task()->is_private()) [[unlikely]] {
        taken.task()->mark_cancelled();
    }
}

/// A fair share of the injection queue, into the ring, as far as there is room. Of a few all:
/// others may steal them.
[[gnu::noinline]] Runnable Worker::take_share() noexcept {
    InjectionQueue& injection = scheduler_.injection();
    constexpr std::size_t kMost = LocalQueue::kCapacity * 3 / 4;
    const std::size_t share =
        std::max(injection.size() / scheduler_.worker_count() + 1, kLeastShare);
    const std::size_t room = (LocalQueue::kCapacity - queue_.size()) * 3 / 4 + 1;
    std::array<Runnable, kMost> taken;
    const std::size_t count = injection.pop(std::span(taken).first(std::min({share, room, kMost})));
    if (count == 0) {
        return {};
    }
    counters_.injected.add(count);
    fed_ = true;
    abort_if_ending(taken[0]);
    if (count > 1) {
        const std::uint32_t older = queue_.size();
        const std::span<const Runnable> others = std::span(taken).subspan(1, count - 1);
        for (const Runnable other : others.subspan(queue_.push(others))) {
            put_into_ring(other);  // a thief is reading the slots
        }
        if (older <= count / kFewOlder) {
            put_behind(older);
        }
        injection_round_ = queue_.end();
        call_help();
    }
    return taken[0];
}

/// Puts the oldest in the ring behind the others. They have had their turn since the last share was
/// taken, and those of this one have not; nor will these have another share in front of them.
inline void Worker::put_behind(std::uint32_t older) noexcept {
    for (; older > 0; --older) {
        if (const Runnable runnable = queue_.pop()) {
            put_into_ring(runnable);
        }
    }
}

Runnable Worker::steal() noexcept {
    if (!searching_) {
        searching_ = scheduler_.idle().start_searching();
        if (!searching_) {
            return {};
        }
    }
    Runnable runnable = steal_from_others();
    if (!runnable && wait_for_offer()) {
        runnable = steal_from_others();
    }
    return runnable ? runnable : take_injected();
}

Runnable Worker::steal_from_others() noexcept {
    const unsigned count = scheduler_.worker_count();
    const unsigned first = random_.below(count);
    for (unsigned i = 0; i < count; ++i) {
        Worker& victim = scheduler_.worker((first + i) % count);
        if (&victim == this) {
            continue;
        }
        const std::uint32_t end = queue_.end();
        if (const Runnable runnable = victim.queue_.steal_into(queue_)) {
            const std::uint32_t stolen = queue_.end() - end + 1;
            counters_.steal_operations.add();
            counters_.stolen.add(stolen);
            victim.counters_.lost_tasks.fetch_add(stolen, std::memory_order_relaxed);
            abort_if_ending(runnable);
            return runnable;
        }
    }
    return {};
}

/// A worker whose task forks shares as soon as it sees that somebody searches. That is sooner than
/// this one could fall asleep and be woken.
bool Worker::wait_for_offer() noexcept {
    const unsigned count = scheduler_.worker_count();
    for (unsigned looks = 0; looks < kOfferLooks; looks += count) {
        bool offered = false;
        for (unsigned i = 0; i < count; ++i) {
            Worker& other = scheduler_.worker(i);
            if (other.is_stealable()) {
                return true;
            }
            offered = offered || other.offering_.load(std::memory_order_relaxed);
        }
        if (!offered || scheduler_.is_stopping()) {
            return false;
        }
        cpu_relax();
    }
    return false;
}

inline void Worker::stop_searching() noexcept {
    if (searching_) [[unlikely]] {
        searching_ = false;
        if (scheduler_.idle().stop_searching()) {
            // The last searcher found work. While it searched nobody else was woken for more.
            scheduler_.wake_if_queued();
        }
    }
}

/// Runs one turn; false when the worker belongs to another thread afterwards.
template <bool kHooks>
[[gnu::always_inline]] inline bool Worker::execute(Runnable runnable, Turn& turn) noexcept {
    stop_searching();
    TaskCore* const task = runnable.task();  // of a leaf that is gone after the turn
    running_.store(task->is_private() ? 0 : task->id(), std::memory_order_relaxed);
    const AfterRun after =
        kHooks ? run_with_hooks(runnable, turn) : TaskCore::run_here(runnable, tls_context, turn);
    if (after == AfterRun::Parked) {
        return tls_context.worker == this;
    }
    const Runnable again = after == AfterRun::Yielded ? Runnable(turn.take_yielded()) : *task;
    if (tls_context.worker != this) [[unlikely]] {
        scheduler_.schedule(again.to_task());
        return false;
    }
    if (tls_context.budget == 0) [[unlikely]] {
        counters_.forced_yields.add();
    }
    keep(again);
    return true;
}

/// Puts the task that has just yielded at the end of the ring. Alone there, it is what this worker
/// runs next: whoever were woken for it could only take it away, to and fro between the CPUs.
inline void Worker::keep(Runnable yielded) noexcept {
    put_into_ring(yielded);
    if (!exclusive_ && (queue_.size() > 1 || !slot_.empty())) {
        call_help();
    }
}

void Worker::push(Runnable woken) noexcept {
    // What is rare is called at the very end, so that the rest needs no registers to be saved.
    if (dispatching_ || !use_slot_) {
        return push_ring(woken);
    }
    if (!slot_.begin_exchange()) [[unlikely]] {
        return push_after_thief(woken);
    }
    if (const Runnable displaced = slot_.end_exchange(woken)) {
        return push_ring(displaced);  // nobody is woken for the slot: this worker gets to it next
    }
}

[[gnu::noinline, gnu::cold]] void Worker::push_after_thief(Runnable woken) noexcept {
    if (const Runnable displaced = slot_.exchange(woken)) {
        push_ring(displaced);
    }
}

/// As if they were pushed one by one; but who sleeps is called once for all of them.
void Worker::push(std::span<Leaf* const> woken) noexcept {
    if (!dispatching_ && use_slot_) {
        if (const Runnable displaced = slot_.exchange(Runnable(*woken.back()))) {
            put_into_ring(displaced);
        }
        woken = woken.first(woken.size() - 1);
    }
    for (Leaf* const leaf : woken.subspan(queue_.push(woken))) {
        put_into_ring(Runnable(*leaf));  // there is no room: half of them go
    }
    call_help();
}

[[gnu::noinline]] void Worker::push_ring(Runnable runnable) noexcept {
    put_into_ring(runnable);
    call_help();
}

/// The ring is full.
[[gnu::noinline]] void Worker::overflow(Runnable runnable) noexcept {
    do {
        std::unique_ptr<TaskBlock> block;
        try {
            block = std::make_unique<TaskBlock>();
        } catch (const std::bad_alloc&) {
        }
        if (block == nullptr || !queue_.overflow(block->tasks)) {
            // Or a thief is at work: do not wait until it is done.
            scheduler_.injection().push(runnable);
            counters_.overflowed.add();
            return;
        }
        counters_.overflowed.add(block->tasks.size());
        counters_.overflows.add();
        scheduler_.injection().push(std::move(block));
    } while (!queue_.push(runnable));
}

inline void Worker::put_into_ring(Runnable runnable) noexcept {
    if (!queue_.push(runnable)) [[unlikely]] {
        overflow(runnable);
    }
}

inline void Worker::call_help() noexcept {
    const bool needs_help = !dispatching_ || queue_.size() > kFewEvents;
    if (!exclusive_ && needs_help && scheduler_.idle().may_need_wake()) {
        scheduler_.wake_one();
    }
}

Runnable Worker::take_any() noexcept {
    if (const Runnable runnable = slot_.steal()) {
        return runnable;
    }
    return queue_.steal_one();
}

// ---- events and timers -------------------------------------------------------------------------

void Worker::maintain() noexcept {
    const Instant now = scheduler_.clock().now();
    adapt_interval(now - last_maintenance_);
    last_maintenance_ = now;
    const Duration since = now - last_turn_;
    const bool round_is_over = queue_.has_passed(round_);
    if (!round_is_over) {
        call_help();  // what few events have brought takes long
    }
    if ((since >= kTurnInterval && (round_is_over || since >= kLongestRound)) ||
        scheduler_.clock().is_paused()) {
        last_turn_ = now;
        turn(std::chrono::milliseconds(0));
        fire_timers();
        if (!exclusive_) {
            scheduler_.rescue().glance(*this, now);
        }
    }
    if (scheduler_.is_stopping()) [[unlikely]] {
        abort_ring();
    }
}

/// The runtime is being shut down, and this worker has another round: it had looked for that a
/// moment before, and has since then taken tasks from a stuck worker; or it is the only one, whose
/// thread is in `block_on` until the root is complete. Tasks that are in no list hear of it here.
[[gnu::noinline, gnu::cold]] void Worker::abort_ring() noexcept {
    for (std::uint32_t left = queue_.size(); left > 0; --left) {
        const Runnable runnable = queue_.pop();
        if (!runnable) {
            return;
        }
        abort_if_ending(runnable);
        put_into_ring(runnable);
    }
}

/// Sets the number of tasks until the next maintenance by how long those since the last one took:
/// fewer at once, more again by and by.
void Worker::adapt_interval(Duration since) noexcept {
    if (since > 2 * kMaintenanceInterval) {
        const auto times_too_long = std::uint64_t(since / kMaintenanceInterval);
        interval_ = std::uint32_t(std::max<std::uint64_t>(interval_ / times_too_long, 1));
    } else if (since < kMaintenanceInterval) {
        interval_ = std::min(2 * interval_, kMostBetweenMaintenance);
    }
    until_maintenance_ = interval_;
}

void Worker::turn(std::optional<std::chrono::milliseconds> timeout) noexcept {
    dispatching_ = true;
    const Reactor::Turned turned = reactor_->turn(timeout);
    counters_.ready_events.add(turned.events);
    if (turned.attended || attends_.load(std::memory_order_relaxed) != 0) [[unlikely]] {
        scheduler_.rescue().attend(*this, turned.attended);
    }
    dispatching_ = false;
    round_ = queue_.end();
}

void Worker::fire_timers() noexcept {
    if (timers_.next_event() == Instant::max()) {
        return;  // spares the look at the clock
    }
    const Instant now = scheduler_.clock().now();
    if (timers_.next_event() <= now) {
        dispatching_ = true;
        timers_.fire(now);
        dispatching_ = false;
    }
}

}  // namespace edo::detail
