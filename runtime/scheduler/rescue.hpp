// SPDX-License-Identifier: MIT
// Help for workers that are stuck in a long computation.
#pragma once

#include "edo/runtime/time/instant.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <vector>

namespace edo::detail {

class Scheduler;
class Worker;

/// While some worker runs tasks and another one sleeps, one sleeper keeps watch: it wakes every
/// millisecond, and where a worker has not moved on since the last look, it takes over what is
/// queued there, turns its reactor and fires its timers. So nothing is stranded behind a task that
/// computes.
///
/// One that has not moved on for a millisecond is *attended* until it does: the watcher's own
/// reactor tells it of each event of the other one at once, and it wakes for the other one's
/// timers.
///
/// When no worker sleeps, the busy ones look after each other now and then. That helps against long
/// computations, and where there are more busy threads than CPUs: a worker that the system does not
/// let run for a while keeps nobody waiting.
///
/// When all workers sleep, nobody needs to watch: after a few quiet looks the watcher sleeps
/// without a time limit, and an idle runtime makes no wake-ups at all. The first worker that wakes
/// up finds no watcher on duty and rouses a sleeper to be it.
class Rescue {
public:
    explicit Rescue(Scheduler& scheduler, unsigned workers);

    static constexpr std::chrono::milliseconds kPeriod{1};

    /// The sleeping worker asks to keep watch; it does if nobody else does and there is somebody to
    /// watch over. Called before each wait.
    bool try_watch(Worker& worker) noexcept;

    /// One look of the watcher around; true when it got hold of work.
    bool look(Worker& watcher) noexcept;

    /// A busy worker looks around, in between two tasks; `now` is the time. Cheap where the last
    /// glance of any worker is less than `kPeriod` ago, or some worker sleeps.
    void glance(Worker& busy, Instant now) noexcept;

    /// The worker has turned its reactor, which said whether one that it attends has events: serves
    /// those workers that are still stuck, and leaves the others alone from now on.
    void attend(Worker& helper, bool events) noexcept;
    /// The earliest timer of those that it attends.
    [[nodiscard]] Instant next_attended_timer(const Worker& helper) const noexcept;

    /// The worker goes back to running tasks. If it was the watcher, or nobody watches, another
    /// sleeper takes over.
    void leave(Worker& worker) noexcept;

private:
    static constexpr int kNobody = -1;
    static constexpr unsigned kQuietLooks = 8;

    /// The beat of a worker, and when it was seen first.
    struct Beat {
        Beat() = default;
        std::uint64_t beat = 0;
        Instant since{};
    };

    [[nodiscard]] bool is_stuck(const Worker& worker) const noexcept;
    bool observe(Worker& worker, Instant now) noexcept;
    bool help(Worker& stuck, Worker& helper) noexcept;
    void turn_reactor(Worker& stuck) noexcept;
    void fire_timers(Worker& stuck) noexcept;
    void start_attending(Worker& stuck, Worker& helper) noexcept;
    void stop_attending(Worker& worker) noexcept;
    void stop_attending_locked(Worker& worker) noexcept;

    Scheduler& scheduler_;
    std::atomic<int> watcher_{kNobody};
    // Used by the watcher only; handed over through `watcher_`.
    std::vector<Beat> beats_;
    unsigned quiet_ = 0;

    // Guards the changes of who attends whom.
    std::mutex attending_;

    // The same for glances: used by the worker that set `glancing_`.
    std::atomic<bool> glancing_{false};
    std::atomic<Instant> last_glance_{Instant{}};
    std::vector<std::uint64_t> glanced_beats_;
};

}  // namespace edo::detail
