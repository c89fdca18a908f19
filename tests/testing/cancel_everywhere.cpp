// SPDX-License-Identifier: MIT
#include "support/leak_guard.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/testing/cancel_everywhere.hpp>
#include <edo/runtime/testing/run_paused.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

using edo::Task;
using edo::test::LeakGuard;
using edo::testing::cancel_everywhere;
using edo::testing::CancelPoint;
using edo::testing::CancelReport;
using edo::testing::CancelScenario;
using edo::testing::run_paused;
using namespace std::chrono_literals;

namespace {

Task<void> sleeps_twice() {
    co_await edo::sleep(1ms);
    co_await edo::sleep(1ms);
}

BOOST_AUTO_TEST_SUITE(cancel_everywhere_)

BOOST_AUTO_TEST_CASE(each_suspension_is_cancelled_at_once_and_when_woken) {
    const LeakGuard guard;
    int started = 0;
    int ended = 0;
    const CancelReport report = run_paused(cancel_everywhere([&]() {
        ++started;
        return [](int& count) -> Task<void> {
            co_await sleeps_twice();
            ++count;
        }(ended);
    }));
    BOOST_TEST(report.suspensions == 2U);
    BOOST_TEST(report.runs == 5U);
    BOOST_TEST(report.is_clean());
    BOOST_TEST(report.message() == "nothing leaked in 5 runs");
    BOOST_TEST(started == 5);
    BOOST_TEST(ended == 1);
}

BOOST_AUTO_TEST_CASE(the_value_of_the_operation_is_dropped) {
    const LeakGuard guard;
    const CancelReport report = run_paused(cancel_everywhere([]() -> Task<std::unique_ptr<int>> {
        co_await edo::yield_now();
        co_return std::make_unique<int>(1);
    }));
    BOOST_TEST(report.suspensions == 1U);
    BOOST_TEST(report.is_clean());
}

BOOST_AUTO_TEST_CASE(an_operation_that_never_suspends_runs_once) {
    const LeakGuard guard;
    const CancelReport report = run_paused(cancel_everywhere([]() -> Task<void> { co_return; }));
    BOOST_TEST(report.runs == 1U);
    BOOST_TEST(report.suspensions == 0U);
}

/// Leaves a descriptor open when it is cancelled at its second suspension.
Task<void> leaks_a_descriptor(std::vector<int>& leaked) {
    co_await edo::yield_now();
    leaked.push_back(::dup(2));
    co_await edo::yield_now();
    ::close(leaked.back());
    leaked.pop_back();
}

BOOST_AUTO_TEST_CASE(a_leaked_descriptor_is_reported_with_its_place) {
    const LeakGuard guard;
    std::vector<int> leaked;
    const CancelReport report =
        run_paused(cancel_everywhere([&leaked] { return leaks_a_descriptor(leaked); }));
    BOOST_TEST(!report.is_clean());
    BOOST_TEST(report.leaks.size() == 2U);
    BOOST_TEST(report.leaks[0].point().suspension() == 2U);
    BOOST_TEST(!report.leaks[0].point().when_woken());
    BOOST_TEST(report.leaks[1].point().when_woken());
    BOOST_TEST(report.leaks[0].after().descriptors == report.leaks[0].before().descriptors + 1);
    BOOST_TEST(report.message() ==
               "cancelled at suspension 2 at once, left behind: descriptors +1\n"
               "cancelled at suspension 2 when woken, left behind: descriptors +1");
    for (const int descriptor : leaked) {
        ::close(descriptor);
    }
}

BOOST_AUTO_TEST_CASE(a_leaked_frame_and_its_timer_are_reported) {
    const LeakGuard guard;
    edo::Runtime runtime = edo::testing::paused_builder().build();
    const CancelReport report = runtime.block_on(cancel_everywhere([]() -> Task<void> {
        edo::spawn([]() -> Task<void> { co_await edo::sleep(1h); }).detach();
        co_return;
    }));
    BOOST_TEST(report.leaks.size() == 1U);
    BOOST_TEST(report.leaks[0].after().timers == 1U);
    BOOST_TEST(report.leaks[0].after().frames > report.leaks[0].before().frames);
}

BOOST_AUTO_TEST_CASE(an_exception_of_the_operation_is_thrown) {
    const LeakGuard guard;
    BOOST_CHECK_THROW(run_paused(cancel_everywhere([]() -> Task<void> {
                          co_await edo::yield_now();
                          throw std::runtime_error("no");
                      })),
                      std::runtime_error);
}

/// Writes down what happens.
class Recording : public CancelScenario {
public:
    explicit Recording(std::string& log) : log_(log) {}

    void begin(CancelPoint point) override {
        log_ += std::to_string(point.suspension()) + (point.when_woken() ? "w" : "") + ":";
    }
    Task<void> subject() override {
        co_await edo::yield_now();
        log_ += "s";
    }
    Task<void> peer() override {
        log_ += "p";
        co_await edo::sleep(1h);
    }
    void suspended(std::size_t n) override { log_ += std::to_string(n); }
    Task<void> check(bool completed) override {
        co_await edo::yield_now();
        log_ += completed ? "C " : "c ";
    }

private:
    std::string& log_;
};

BOOST_AUTO_TEST_CASE(the_functions_of_a_scenario_are_called_in_their_order) {
    const LeakGuard guard;
    std::string log;
    const CancelReport report =
        run_paused(cancel_everywhere([&log] { return std::make_unique<Recording>(log); }));
    BOOST_TEST(report.is_clean(), report.message());
    BOOST_TEST(log == "1:pc 1w:1pc 2:1spC ");
}

/// Its check fails while the peer still uses the scenario.
class Failing : public CancelScenario {
public:
    Task<void> subject() override { co_await edo::yield_now(); }
    Task<void> peer() override {
        for (;;) {
            co_await edo::yield_now();
            ++turns_;
        }
    }
    Task<void> check(bool /*completed*/) override {
        co_await edo::yield_now();
        throw std::runtime_error("broken");
    }

private:
    int turns_ = 0;
};

BOOST_AUTO_TEST_CASE(a_failed_check_is_thrown_and_the_peer_ends) {
    const LeakGuard guard;
    edo::Runtime runtime = edo::testing::paused_builder().build();
    runtime.block_on([]() -> Task<void> {
        bool thrown = false;
        try {
            static_cast<void>(co_await cancel_everywhere<Failing>());
        } catch (const std::runtime_error&) {
            thrown = true;
        }
        BOOST_TEST(thrown);
        co_await edo::yield_now();
        co_await edo::yield_now();
        BOOST_TEST(edo::Handle::current().alive_tasks() == 0U);
    });
}

class FailingPeer : public CancelScenario {
public:
    Task<void> subject() override {
        co_await edo::yield_now();
        co_await edo::yield_now();
    }
    Task<void> peer() override {
        throw std::runtime_error("peer");
        co_return;
    }
    Task<void> check(bool /*completed*/) override {
        co_await edo::yield_now();
        co_await edo::yield_now();
    }
};

BOOST_AUTO_TEST_CASE(an_exception_of_the_peer_is_thrown) {
    const LeakGuard guard;
    BOOST_CHECK_THROW(run_paused(cancel_everywhere<FailingPeer>()), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(runs_on_several_threads_too) {
    const LeakGuard guard;
    edo::Runtime runtime = edo::Builder::multi_thread(4).build();
    const CancelReport report = runtime.block_on(cancel_everywhere(sleeps_twice));
    BOOST_TEST(report.runs == 5U);
    BOOST_TEST(report.is_clean(), report.message());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(run_paused_)

BOOST_AUTO_TEST_CASE(an_hour_passes_at_once_and_to_the_millisecond) {
    const LeakGuard guard;
    const auto begin = std::chrono::steady_clock::now();
    const edo::Duration slept = run_paused([]() -> Task<edo::Duration> {
        const edo::Instant start = edo::now();
        co_await edo::sleep(1h);
        co_return edo::now() - start;
    });
    BOOST_TEST((slept == 1h));
    BOOST_TEST((std::chrono::steady_clock::now() - begin < 1min));
}

/// Which branches win.
Task<std::string> choices() {
    std::string text;
    for (int i = 0; i < 64; ++i) {
        auto winner = co_await edo::select([]() -> Task<void> { co_return; }(),
                                           []() -> Task<void> { co_return; }());
        text += std::to_string(winner.index());
    }
    co_return text;
}

BOOST_AUTO_TEST_CASE(the_same_seed_makes_the_same_choices) {
    const LeakGuard guard;
    BOOST_TEST(run_paused(choices()) == run_paused(choices()));
    BOOST_TEST(run_paused(choices(), 2) == run_paused(choices(), 2));
    BOOST_TEST(run_paused(choices(), 2) != run_paused(choices(), 3));
}

BOOST_AUTO_TEST_CASE(the_seed_that_fails_is_named_and_fails_again) {
    const LeakGuard guard;
    const auto make = []() -> Task<void> {
        const std::string text = co_await choices();
        if (text.starts_with("010")) {
            throw std::runtime_error("010");
        }
    };
    try {
        edo::testing::run_paused_with_seeds(100, make);
        BOOST_ERROR("no seed failed");
    } catch (const edo::testing::SeedError& error) {
        BOOST_TEST(std::string(error.what()) ==
                   "edo: with seed " + std::to_string(error.seed()) + ": 010");
        BOOST_CHECK_THROW(std::rethrow_if_nested(error), std::runtime_error);
        BOOST_CHECK_THROW(run_paused(make(), error.seed()), std::runtime_error);
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
