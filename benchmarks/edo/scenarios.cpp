// SPDX-License-Identifier: MIT
#include "scenarios.hpp"

#include "scenarios/support.hpp"
#include <edo/edo.hpp>

namespace bench {

namespace {

using namespace std::chrono_literals;

Task<void> sleep_for(edo::Duration time) {
    co_await edo::sleep(time);
}

Measured since(Clock::time_point start, const Done& done) {
    return {done.operations, Clock::now() - start - done.not_counted};
}

Task<Measured> drive(Scenario scenario, std::size_t iterations) {
    edo::JoinHandle<void> earlier;
    if (scenario.behind_a_timer) {
        earlier = edo::spawn(sleep_for(30min));
        co_await edo::sleep(5ms);
    }
    const auto start = Clock::now();
    const Done done = co_await scenario.run(iterations);
    const Measured measured = since(start, done);
    earlier.abort();
    co_return measured;
}

}  // namespace

const std::vector<Scenario>& scenarios() {
    static const std::vector<Scenario> all = [] {
        std::vector<Scenario> list;
        for (const auto part : {spawning, remote_spawning, switching, timers, blocking_and_copying,
                                channels, locks, notifications, fork_join, files}) {
            const auto scenarios_of_part = part();
            list.insert(list.end(), scenarios_of_part.begin(), scenarios_of_part.end());
        }
        return list;
    }();
    return all;
}

const Scenario* find_scenario(std::string_view name) {
    for (const Scenario& scenario : scenarios()) {
        if (scenario.name == name) {
            return &scenario;
        }
    }
    return nullptr;
}

Measured measure(edo::Runtime& runtime, std::size_t workers, const Scenario& scenario,
                 std::size_t iterations) {
    if (scenario.run_outside != nullptr) {
        const auto start = Clock::now();
        return since(start, scenario.run_outside(runtime, workers, iterations));
    }
    return runtime.block_on(join(runtime.spawn(drive(scenario, iterations))));
}

}  // namespace bench
