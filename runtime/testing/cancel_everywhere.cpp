// SPDX-License-Identifier: MIT
#include "edo/runtime/testing/cancel_everywhere.hpp"

#include "edo/runtime/sleep.hpp"
#include "edo/runtime/spawn.hpp"
#include "edo/runtime/testing/manual_task.hpp"

#include <algorithm>
#include <chrono>

namespace edo::testing {

std::string CancelPoint::message() const {
    return "cancelled at suspension " + std::to_string(suspension_) +
           (when_woken_ ? " when woken" : " at once");
}

Task<void> CancelScenario::peer() {
    co_return;
}
void CancelScenario::begin(CancelPoint /*point*/) {}
void CancelScenario::suspended(std::size_t /*n*/) {}
Task<void> CancelScenario::check(bool /*completed*/) {
    co_return;
}

std::string CancelReport::message() const {
    if (is_clean()) {
        return "nothing leaked in " + std::to_string(runs) + " runs";
    }
    std::string text;
    for (const CancelLeak& leak : leaks) {
        text += text.empty() ? "" : "\n";
        text += leak.point().message();
        text += ", left behind: ";
        text += difference(leak.before(), leak.after());
    }
    return text;
}

}  // namespace edo::testing

namespace edo::detail {

namespace {

using testing::CancelLeak;
using testing::CancelPoint;
using testing::CancelReport;
using testing::CancelScenario;
using testing::ManualTask;
using testing::Resources;

struct Ran {
    Ran() = default;
    bool completed = false;
    std::size_t suspensions = 0;
};

/// Steps the subject to its end or to the point, and destroys it there.
Task<Ran> step_subject(CancelScenario& scenario, CancelPoint point) {
    Ran ran;
    ManualTask<void> subject(scenario.subject());
    for (;;) {
        subject.turn();
        if (subject.is_done()) {
            subject.take();
            ran.completed = true;
            co_return ran;
        }
        ++ran.suspensions;
        const bool here = ran.suspensions == point.suspension();
        if (!here || point.when_woken()) {
            scenario.suspended(ran.suspensions);
            co_await subject.woken();
        }
        if (here) {
            subject.cancel();
            co_return ran;
        }
    }
}

/// Keeps the scenario as long as the peer may use it, also when the driver itself ends early.
Task<void> run_peer(std::shared_ptr<CancelScenario> scenario) {
    co_await scenario->peer();
}

/// Aborts the peer when the run ends early, by an exception or because it is cancelled.
class Peer {
public:
    explicit Peer(const std::shared_ptr<CancelScenario>& scenario)
        : handle_(spawn(run_peer(scenario))) {}
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;
    ~Peer() { handle_.abort(); }

    Task<void> stop() {
        handle_.abort();
        const JoinResult<void> result = co_await handle_;
        if (!result && result.error().is_exception()) {
            result.error().rethrow();
        }
    }

private:
    JoinHandle<void> handle_;
};

Task<Ran> run_once(MakeScenario make, void* argument, CancelPoint point) {
    const std::shared_ptr<CancelScenario> scenario = make(argument);
    scenario->begin(point);
    Peer peer(scenario);
    const Ran ran = co_await step_subject(*scenario, point);
    co_await scenario->check(ran.completed);
    co_await peer.stop();
    co_return ran;
}

}  // namespace

Task<CancelReport> cancel_scenarios(MakeScenario make, void* argument) {
    const Handle runtime = Handle::current();
    CancelReport report;
    for (CancelPoint point(1, false);;
         point =
             CancelPoint(point.suspension() + (point.when_woken() ? 1 : 0), !point.when_woken())) {
        const Resources before = Resources::now(runtime);
        const Ran ran = co_await run_once(make, argument, point);
        // Once something has leaked the outcome is known, and the rest need not take long.
        const auto limit = std::chrono::milliseconds(report.is_clean() ? 5000 : 100);
        const auto end =
            std::chrono::steady_clock::now() + limit;  // not edo's, which may be paused
        // Counted here, and not in a coroutine of its own, whose frame would be counted as well.
        Resources after = Resources::now(runtime);
        // Other threads may be about to free the frame of a task that is finished already.
        while (after != before && std::chrono::steady_clock::now() < end) {
            co_await yield_now();
            after = Resources::now(runtime);
        }
        if (after != before) {
            report.leaks.emplace_back(point, before, after);
        }
        ++report.runs;
        report.suspensions = std::max(report.suspensions, ran.suspensions);
        if (ran.completed) {
            co_return report;
        }
    }
}

}  // namespace edo::detail
