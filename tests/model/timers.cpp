// SPDX-License-Identifier: MIT
// The timer entry: armed by the worker that runs the task, fired and disarmed by others.
#include "edo_model.hpp"
#include <edo/runtime/errors.hpp>
#include <edo/runtime/scheduler/spawn_core.hpp>
#include <edo/runtime/sleep.hpp>
#include <edo/runtime/time/timers.hpp>

#include <atomic>

namespace edo {

namespace {

/// Wakes a worker, and brings it what came before, as its descriptor for events does.
struct Bell {
    void ring() noexcept {
        rung.exchange(true, std::memory_order_acq_rel);
        events.post(this);
    }
    void wait() noexcept {
        static_cast<void>(events.take());
        rung.exchange(false, std::memory_order_acq_rel);
    }
    model::Mailbox events{1};
    std::atomic<bool> rung{false};
};

/// The timers of the one worker, and how to wake it.
detail::Timers* timers = nullptr;
Bell* worker = nullptr;

constexpr Instant kStart{};
constexpr Instant at(int milliseconds) {
    return kStart + std::chrono::milliseconds(milliseconds);
}

}  // namespace

// In place of what finds the worker of the running task.

Instant now() noexcept {
    return kStart;
}

void detail::arm_timer(TimerLeaf& leaf) noexcept {
    switch (timers->add(leaf)) {
        case Timers::Added::Later:
            break;
        case Timers::Added::Earliest:
            if (worker != nullptr) {
                worker->ring();
            }
            break;
        case Timers::Added::Due:
            leaf.make_ready(tls_context.turn->ready, nullptr);
            break;
        case Timers::Added::ShutDown:
            leaf.wake_next_turn();
            break;
    }
}

namespace model {
namespace {

using detail::Outcome;
using detail::Timers;

struct Fixture {
    explicit Fixture(unsigned tasks) : owner(tasks) { timers = &wheel; }
    ~Fixture() {
        expect(wheel.size() == 0, "that no timer is left");
        timers = nullptr;
        worker = nullptr;
    }

    Timers wheel{kStart};
    Owner owner;
};

Task<int> sleep_then_read(int milliseconds, const int& data) {
    co_await sleep_until(at(milliseconds));
    co_return data;
}

Task<bool> sleep_until_shut_down(int milliseconds) {
    try {
        co_await sleep_until(at(milliseconds));
    } catch (const UsageError&) {
        co_return true;
    }
    co_return false;
}

/// The worker sleeps until the timer that it is woken for.
void fire_against_arm() {
    Fixture f(1);
    Bell bell;
    worker = &bell;
    const int data = 7;
    Spawned task(f.owner, sleep_then_read(5, data));
    run_threads([&] { f.owner.work(); },
                [&] {
                    bell.wait();
                    while (f.wheel.next_event() != Instant::max()) {
                        f.wheel.fire(f.wheel.next_event());
                    }
                });
    expect(task.value() == 7, "that the sleep ends");
}

void fire_against_abort() {
    Fixture f(1);
    const int data = 7;
    Spawned task(f.owner, sleep_then_read(5, data));
    run_threads([&] { f.owner.work(); },
                [&] {
                    f.wheel.fire(at(5));
                    f.wheel.fire(at(6));
                },
                [&] { task.abort(); });
    expect(task.outcome() == Outcome::Cancelled || task.value() == 7, "the outcome");
}

/// Another worker fires the timers of one that is stuck, which goes on at the same time.
void two_fire() {
    Fixture f(2);
    const int data = 7;
    Spawned first(f.owner, sleep_then_read(3, data));
    Spawned second(f.owner, sleep_then_read(70, data));
    const auto fire_until_done = [&](const Spawned<int>& task) {
        while (!task.is_finished()) {
            if (f.wheel.next_event() == Instant::max() || f.wheel.fire(f.wheel.next_event()) == 0) {
                spin();
            }
        }
    };
    run_threads([&] { f.owner.work(); },
                [&] {
                    fire_until_done(first);
                    fire_until_done(second);
                },
                [&] { f.wheel.fire(at(3)); });
    expect(first.value() + second.value() == 14, "that both sleeps end");
}

void shut_down_against_arm() {
    Fixture f(1);
    Spawned task(f.owner, sleep_until_shut_down(5));
    run_threads([&] { f.owner.work(); }, [&] { f.wheel.shut_down(); });
    expect(task.value(), "that the sleep ends");
}

constexpr const char* kSuite = "timers";
const Check kArm(kSuite, "a_timer_that_is_armed_fires", &fire_against_arm);
const Check kAbort(kSuite, "a_timer_is_disarmed_or_has_fired", &fire_against_abort);
const Check kTwo(kSuite, "two_threads_fire", &two_fire, {.executions = 40000});
const Check kShutDown(kSuite, "a_timer_ends_with_its_runtime", &shut_down_against_arm);

const Control kAbort1(kAbort, "found_without_the_release_of_the_lock", "SpinLock::unlock(",
                      "locked_.store");
const Control kAbort2(kAbort, "found_without_the_acquire_of_the_lock", "SpinLock::lock(",
                      "locked_.exchange");
const Control kFire1(kAbort, "found_without_the_release_of_a_wake_up", "TaskCore::push(",
                     "word_.compare_exchange_weak");

}  // namespace
}  // namespace model
}  // namespace edo
