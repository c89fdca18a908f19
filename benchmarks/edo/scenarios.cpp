// SPDX-License-Identifier: MIT
#include "scenarios.hpp"

#include "countdown.hpp"
#include "join.hpp"
#include "oneshot.hpp"
#include <edo/edo.hpp>

#include <array>
#include <stdexcept>
#include <utility>
#include <vector>

namespace bench {

namespace {

using namespace std::chrono_literals;
using edo::Task;
using Clock = std::chrono::steady_clock;

/// Tasks alive at once in `spawn_many_join`, pings in flight in `ping_pong`, and the depth of a
/// chain in `chained_spawn`.
constexpr std::size_t kBatch = 1000;
constexpr std::size_t kYieldingTasks = 200;
constexpr auto kHour = 1h;

Countdown countdown;

constexpr std::size_t divide_up(std::size_t a, std::size_t b) {
    return (a + b - 1) / b;
}

void check(bool as_it_should_be, const char* what) {
    if (!as_it_should_be) {
        throw std::logic_error(what);
    }
}

// ---- spawning ----------------------------------------------------------------------------------

Task<void> nothing() {
    co_return;
}

Task<void> count_once() {
    countdown.count();
    co_return;
}

Task<std::size_t> spawn(std::size_t iterations) {
    countdown.start(iterations);
    for (std::size_t i = 0; i < iterations; ++i) {
        edo::spawn(count_once());
    }
    co_await countdown.finished();
    co_return iterations;
}

Task<std::size_t> spawn_join(std::size_t iterations) {
    for (std::size_t i = 0; i < iterations; ++i) {
        const auto ended = co_await edo::spawn(nothing());
        check(ended.has_value(), "spawn_join: the task failed");
    }
    co_return iterations;
}

Task<std::size_t> spawn_many_join(std::size_t iterations) {
    const std::size_t batches = divide_up(iterations, kBatch);
    std::vector<edo::JoinHandle<void>> handles;
    handles.reserve(kBatch);
    for (std::size_t batch = 0; batch < batches; ++batch) {
        for (std::size_t i = 0; i < kBatch; ++i) {
            handles.push_back(edo::spawn(nothing()));
        }
        for (auto& handle : handles) {
            const auto ended = co_await handle;
            check(ended.has_value(), "spawn_many_join: a task failed");
        }
        handles.clear();
    }
    co_return batches* kBatch;
}

Task<void> link(std::size_t links, Sender done) {
    if (links == 1) {
        done.send();
    } else {
        edo::spawn(link(links - 1, std::move(done)));
    }
    co_return;
}

Task<std::size_t> chained_spawn(std::size_t iterations) {
    const std::size_t chains = divide_up(iterations, kBatch);
    for (std::size_t chain = 0; chain < chains; ++chain) {
        auto [sender, receiver] = oneshot();
        edo::spawn(link(kBatch, std::move(sender)));
        const bool sent = co_await receiver;
        check(sent, "chained_spawn: the chain broke");
    }
    co_return chains* kBatch;
}

// ---- switching ---------------------------------------------------------------------------------

Task<std::size_t> yield_one(std::size_t iterations) {
    for (std::size_t i = 0; i < iterations; ++i) {
        co_await edo::yield_now();
    }
    co_return iterations;
}

Task<void> yield_and_count(std::size_t yields) {
    for (std::size_t i = 0; i < yields; ++i) {
        co_await edo::yield_now();
    }
    countdown.count();
}

Task<std::size_t> yield_many(std::size_t iterations) {
    const std::size_t each = divide_up(iterations, kYieldingTasks);
    countdown.start(kYieldingTasks);
    for (std::size_t i = 0; i < kYieldingTasks; ++i) {
        edo::spawn(yield_and_count(each));
    }
    co_await countdown.finished();
    co_return each* kYieldingTasks;
}

Task<void> pong(Receiver pinged, Sender pong) {
    const bool sent = co_await pinged;
    check(sent, "ping_pong: no ping");
    pong.send();
}

Task<void> ping() {
    auto [ping, pinged] = oneshot();
    auto [ponging, ponged] = oneshot();
    edo::spawn(pong(std::move(pinged), std::move(ponging)));
    ping.send();
    const bool sent = co_await ponged;
    check(sent, "ping_pong: no pong");
    countdown.count();
}

Task<std::size_t> ping_pong(std::size_t iterations) {
    const std::size_t rounds = divide_up(iterations, kBatch);
    for (std::size_t round = 0; round < rounds; ++round) {
        countdown.start(kBatch);
        for (std::size_t i = 0; i < kBatch; ++i) {
            edo::spawn(ping());
        }
        co_await countdown.finished();
    }
    co_return rounds* kBatch;
}

// ---- selecting and timers ----------------------------------------------------------------------

Task<std::size_t> select(std::size_t iterations) {
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

Task<std::size_t> timer_arm_cancel(std::size_t iterations) {
    std::size_t armed = 0;
    for (std::size_t i = 0; i < iterations; ++i) {
        const auto first =
            co_await edo::select(edo::biased, CountedSleep(edo::sleep(kHour), armed), Ready());
        check(first.is<1>(), "timer_arm_cancel: an hour passed");
    }
    check(armed == iterations, "timer_arm_cancel: some timers were not armed");
    co_return iterations;
}

// ---- the driver --------------------------------------------------------------------------------

Task<void> sleep_for(edo::Duration time) {
    co_await edo::sleep(time);
}

Task<Measured> drive(Scenario scenario, std::size_t iterations) {
    edo::JoinHandle<void> earlier;
    if (scenario.behind_a_timer) {
        earlier = edo::spawn(sleep_for(kHour / 2));
        co_await edo::sleep(5ms);
    }
    Measured measured;
    const auto start = Clock::now();
    measured.operations = co_await scenario.run(iterations);
    measured.elapsed = Clock::now() - start;
    earlier.abort();
    co_return measured;
}

constexpr std::array kScenarios{
    Scenario{"spawn", spawn},
    Scenario{"spawn_join", spawn_join},
    Scenario{"spawn_many_join", spawn_many_join},
    Scenario{"yield", yield_one},
    Scenario{"yield_many", yield_many},
    Scenario{"ping_pong", ping_pong},
    Scenario{"chained_spawn", chained_spawn},
    Scenario{"select", select},
    Scenario{"timer_arm_cancel", timer_arm_cancel},
    Scenario{"timer_arm_cancel_behind", timer_arm_cancel, true},
};

}  // namespace

std::span<const Scenario> scenarios() {
    return kScenarios;
}

const Scenario* find_scenario(std::string_view name) {
    for (const Scenario& scenario : kScenarios) {
        if (scenario.name == name) {
            return &scenario;
        }
    }
    return nullptr;
}

Measured measure(edo::Runtime& runtime, const Scenario& scenario, std::size_t iterations) {
    return runtime.block_on(join(runtime.spawn(drive(scenario, iterations))));
}

}  // namespace bench
