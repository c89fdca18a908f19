// SPDX-License-Identifier: MIT
#include "support/cancel_driver.hpp"

#include "support/leak_guard.hpp"
#include "support/stepped_task.hpp"
#include <edo/runtime/sleep.hpp>
#include <edo/runtime/spawn.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>

namespace edo::test {

namespace {

/// When a run is cancelled.
struct Cut {
    Cut(std::size_t at, bool woken) : suspension(at), when_woken(woken) {}

    std::size_t suspension;  // counted from 1
    bool when_woken;
};

struct Ran {
    Ran() = default;
    bool completed = false;
    std::size_t suspensions = 0;
};

/// Steps the subject to its end or to the cut, and destroys it there.
Task<Ran> step_subject(CancelScenario& scenario, Cut cut) {
    Ran ran;
    SteppedTask<void> subject(scenario.subject());
    for (;;) {
        subject.turn();
        if (subject.is_finished()) {
            subject.take();
            ran.completed = true;
            co_return ran;
        }
        ++ran.suspensions;
        const bool here = ran.suspensions == cut.suspension;
        if (!here || cut.when_woken) {
            scenario.suspended(ran.suspensions);
            co_await subject.woken();
        }
        if (here) {
            subject.cancel();
            BOOST_TEST((subject.outcome() == detail::Outcome::Cancelled));
            co_return ran;
        }
    }
}

/// Gives up after a while.
class Patience {
public:
    Patience() = default;
    [[nodiscard]] bool lasts() const { return std::chrono::steady_clock::now() < end_; }

private:
    std::chrono::steady_clock::time_point end_ =
        std::chrono::steady_clock::now() + std::chrono::seconds(5);
};

Task<Ran> run_once(std::unique_ptr<CancelScenario> (*make)(void*), void* argument, Cut cut) {
    std::unique_ptr<CancelScenario> scenario = make(argument);
    JoinHandle<void> peer = spawn(scenario->peer());
    const Ran ran = co_await step_subject(*scenario, cut);
    co_await scenario->check(ran.completed);
    peer.abort();
    const JoinResult<void> peer_result = co_await peer;
    if (!peer_result && peer_result.error().is_exception()) {
        peer_result.error().rethrow();
    }
    co_return ran;
}

}  // namespace

Task<Driven> drive_scenarios(std::unique_ptr<CancelScenario> (*make)(void*), void* argument) {
    const Handle runtime = Handle::current();
    Driven driven;
    for (Cut cut(1, false);;
         cut = Cut(cut.suspension + (cut.when_woken ? 1 : 0), !cut.when_woken)) {
        BOOST_TEST_INFO_SCOPE("cancelled at suspension "
                              << cut.suspension << (cut.when_woken ? " when woken" : " at once"));
        const Resources before = Resources::now(runtime);
        Ran ran;
        ran = co_await run_once(make, argument, cut);
        Resources after = Resources::now(runtime);
        // Other threads may be about to free the frame of a task that is finished already.
        for (const Patience patience; after != before && patience.lasts();) {
            co_await yield_now();
            after = Resources::now(runtime);
        }
        BOOST_TEST(after.frames == before.frames);
        BOOST_TEST(after.descriptors == before.descriptors);
        BOOST_TEST(after.timers == before.timers);
        ++driven.runs;
        driven.suspensions = std::max(driven.suspensions, ran.suspensions);
        if (ran.completed) {
            co_return driven;
        }
    }
}

}  // namespace edo::test
