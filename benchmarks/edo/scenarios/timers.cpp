// SPDX-License-Identifier: MIT
// What a timer costs, alone and in a select.

#include "support.hpp"
#include <edo/edo.hpp>

#include <array>
#include <chrono>

namespace bench {

namespace {

using namespace std::chrono_literals;

constexpr auto kHour = 1h;

Task<Done> select(std::size_t iterations) {
    for (std::size_t i = 0; i < iterations; ++i) {
        const auto first = co_await edo::select(edo::biased, edo::yield_now(), edo::sleep(kHour));
        check(first.is<0>(), "select: an hour passed");
    }
    co_return iterations;
}

/// What is ready at once.
class Ready {
public:
    Ready() noexcept = default;
    [[nodiscard]] bool await_ready() const noexcept { return true; }
    void await_suspend(edo::detail::TaskHandle /*task*/) const noexcept {}
    void await_resume() const noexcept {}
};

/// A sleep that proves that its timer is in the wheel.
class CountedSleep {
public:
    CountedSleep(edo::Sleep sleep, std::size_t& armed) noexcept : sleep_(sleep), armed_(&armed) {}

    class Awaiter : public edo::Sleep::Awaiter {
    public:
        Awaiter(edo::Instant deadline, std::size_t& armed) noexcept
            : edo::Sleep::Awaiter(deadline), armed_(armed) {}

        void await_suspend(edo::detail::TaskHandle task) {
            edo::Sleep::Awaiter::await_suspend(task);
            // No lock: the wheel does not touch a timer of one hour within minutes.
            armed_ += std::size_t(is_linked());
        }

    private:
        std::size_t& armed_;
    };
    Awaiter operator co_await() const noexcept { return Awaiter(sleep_.deadline(), *armed_); }

private:
    edo::Sleep sleep_;
    std::size_t* armed_;
};

Task<Done> timer_arm_cancel(std::size_t iterations) {
    std::size_t armed = 0;
    for (std::size_t i = 0; i < iterations; ++i) {
        const auto first =
            co_await edo::select(edo::biased, CountedSleep(edo::sleep(kHour), armed), Ready());
        check(first.is<1>(), "timer_arm_cancel: an hour passed");
    }
    check(armed == iterations, "timer_arm_cancel: some timers were not armed");
    co_return iterations;
}

// ---- among others, and up to the end ----------------------------------------------------------

Task<void> sleep_until(edo::Instant deadline) {
    countdown.count();
    co_await edo::sleep_until(deadline);
}

/// A million tasks asleep, at deadlines over an hour; they stay until the runtime ends.
Task<void> spawn_a_million() {
    static bool done = false;
    if (done) {
        co_return;
    }
    done = true;
    constexpr std::size_t kSleepers = 1'000'000;
    countdown.start(kSleepers);
    const auto first = edo::now() + kHour;
    for (std::size_t i = 0; i < kSleepers; ++i) {
        edo::spawn(sleep_until(first + i * kHour / kSleepers));
        if (i % kBatch == kBatch - 1) {
            co_await edo::yield_now();
        }
    }
    co_await countdown.finished();
}

Task<Done> timer_arm_cancel_among_million(std::size_t iterations) {
    const auto start = Clock::now();
    co_await spawn_a_million();
    const auto prepared = Clock::now() - start;
    Done done = co_await timer_arm_cancel(iterations);
    done.not_counted = prepared;
    co_return done;
}

Countdown fired;

Task<void> sleep_and_count(edo::Instant deadline) {
    countdown.count();
    co_await edo::sleep_until(deadline);
    fired.count();
}

/// All timers have one deadline. Arming them counts, and what comes after the deadline; the time
/// between does not.
Task<Done> timer_arm_fire(std::size_t iterations) {
    const edo::Instant deadline = edo::now() + 100ms + iterations * 2us;
    countdown.start(iterations);
    fired.start(iterations);
    for (std::size_t i = 0; i < iterations; ++i) {
        edo::spawn(sleep_and_count(deadline));
    }
    co_await countdown.finished();
    const auto idle = deadline - edo::now();
    check(idle > 0ms, "timer_arm_fire: too slow: the deadline came before all timers were armed");
    co_await fired.finished();
    Done done = iterations;
    done.not_counted = std::chrono::duration_cast<Clock::duration>(idle);
    co_return done;
}

constexpr std::array kScenarios{
    Scenario{"select", select},
    Scenario{"timer_arm_cancel", timer_arm_cancel},
    Scenario{"timer_arm_cancel_behind", timer_arm_cancel, true},
    Scenario{"timer_arm_cancel_among_million", timer_arm_cancel_among_million},
    Scenario{"timer_arm_fire", timer_arm_fire},
};

}  // namespace

std::span<const Scenario> timers() {
    return kScenarios;
}

}  // namespace bench
