// SPDX-License-Identifier: MIT
// Branches of `select` and `timeout` that are no tasks: they wait inside the awaiter.
#include "support/cancel_driver.hpp"
#include "support/event.hpp"
#include "support/flavors.hpp"
#include "support/leak_guard.hpp"
#include "support/stepped_task.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/coop.hpp>
#include <edo/runtime/sync/mpsc.hpp>
#include <edo/runtime/sync/mutex.hpp>
#include <edo/runtime/sync/notify.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <coroutine>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using edo::test::Event;
using edo::test::for_each_flavor;
using edo::test::LeakGuard;
using edo::test::Resources;
using edo::test::SteppedTask;

namespace {

/// At which step an operation ends, or fails.
enum class Step { Make, Ready, Suspend, Resume, Never };

struct Log {
    Log() = default;
    std::vector<std::string> lines;
    void add(const std::string& name, const char* what) { lines.push_back(name + " " + what); }
};

/// An operation that ends, or throws, at a given step, and tells of its life.
class Probe {
public:
    Probe(Log& log, std::string name, Step ends, Step throws = Step::Never)
        : log_(&log), name_(std::move(name)), ends_(ends), throws_(throws) {}
    Probe(Probe&& other) noexcept
        : log_(std::exchange(other.log_, nullptr)),
          name_(std::move(other.name_)),
          ends_(other.ends_),
          throws_(other.throws_) {}
    Probe& operator=(Probe&&) = delete;
    ~Probe() {
        if (log_ != nullptr) {
            log_->add(name_, "dropped");
        }
    }

    class Awaiter : public edo::detail::Leaf {
    public:
        explicit Awaiter(const Probe& probe) : probe_(probe) {
            check(Step::Make);
            probe_.log_->add(probe_.name_, "made");
        }
        ~Awaiter() {
            if (is_suspended()) {
                withdraw();
            }
            probe_.log_->add(probe_.name_, "ended");
        }
        [[nodiscard]] bool await_ready() const {
            check(Step::Ready);
            return probe_.ends_ == Step::Ready;
        }
        bool await_suspend(edo::detail::TaskHandle task) {
            check(Step::Suspend);
            if (probe_.ends_ == Step::Suspend) {
                return false;
            }
            bind(task.handle());
            wake_next_turn();
            return true;
        }
        std::string await_resume() const {
            check(Step::Resume);
            return probe_.name_;
        }

    private:
        void check(Step step) const {
            if (probe_.throws_ == step) {
                throw std::runtime_error(probe_.name_);
            }
        }
        const Probe& probe_;
    };
    Awaiter operator co_await() const { return Awaiter(*this); }

private:
    Log* log_;
    std::string name_;
    Step ends_;
    Step throws_;
};

/// An operation that is its own awaiter, and may be moved before it is awaited.
class OwnAwaiter : public edo::detail::Leaf {
public:
    OwnAwaiter() = default;
    OwnAwaiter(OwnAwaiter&& other) noexcept : Leaf() { static_cast<void>(other); }
    OwnAwaiter& operator=(OwnAwaiter&&) = delete;
    ~OwnAwaiter() {
        if (is_suspended()) {
            withdraw();
        }
    }
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    void await_suspend(edo::detail::TaskHandle task) noexcept {
        bind(task.handle());
        wake_next_turn();
    }
    int await_resume() const noexcept { return 7; }
};

edo::Task<std::string> name_of(std::string name) {
    co_return name;
}

BOOST_AUTO_TEST_SUITE(leaf_branches)

BOOST_AUTO_TEST_CASE(no_coroutine_is_made_for_them) {
    const LeakGuard guard;
    Event first;
    Event second;
    SteppedTask<void> task([](Event& a, Event& b) -> edo::Task<void> {
        static_cast<void>(co_await edo::select(a, b));
        static_cast<void>(co_await edo::timeout(1h, a));
    }(first, second));
    const Resources before = Resources::now();
    task.turn();
    BOOST_TEST((Resources::now().frames == before.frames));
    first.set();
    BOOST_TEST(task.run());
}

BOOST_AUTO_TEST_CASE(the_frame_of_a_branch_is_laid_out_as_that_of_a_coroutine) {
    edo::detail::LeafInput<edo::YieldNow> input(edo::yield_now());
    const auto handle =
        std::coroutine_handle<edo::detail::PromiseBase>::from_promise(input.promise());
    BOOST_TEST(handle.address() == static_cast<edo::detail::BranchFrame*>(&input));
}

BOOST_AUTO_TEST_CASE(the_first_that_is_ready_ends_the_select_at_once) {
    const LeakGuard guard;
    Log log;
    SteppedTask<void> task([](Log& l) -> edo::Task<void> {
        auto first = co_await edo::select(edo::biased, Probe(l, "a", Step::Resume),
                                          Probe(l, "b", Step::Ready), Probe(l, "c", Step::Ready));
        BOOST_TEST(first.index() == 1U);
        BOOST_TEST(first.get<1>() == "b");
        l.add("select", "over");
    }(log));
    BOOST_TEST(task.run());
    const std::vector<std::string> expected{"a made",  "b made",    "b ended",   "b dropped",
                                            "a ended", "a dropped", "c dropped", "select over"};
    BOOST_TEST(log.lines == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_operation_that_ends_while_it_suspends_wins) {
    const LeakGuard guard;
    Log log;
    SteppedTask<void> task([](Log& l) -> edo::Task<void> {
        auto first = co_await edo::select(edo::biased, Probe(l, "a", Step::Resume),
                                          Probe(l, "b", Step::Suspend));
        BOOST_TEST(first.get<1>() == "b");
        const auto in_time = co_await edo::timeout(1h, Probe(l, "d", Step::Suspend));
        BOOST_TEST(in_time.value() == "d");
    }(log));
    BOOST_TEST(task.run());
}

BOOST_AUTO_TEST_CASE(what_is_thrown_at_any_step_wins) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            for (const Step step : {Step::Make, Step::Ready, Step::Suspend, Step::Resume}) {
                Log log;
                Event never;
                std::string caught;
                try {
                    static_cast<void>(co_await edo::select(edo::biased, never,
                                                           Probe(log, "a", Step::Resume, step),
                                                           Probe(log, "b", Step::Resume)));
                } catch (const std::runtime_error& error) {
                    log.add("error", "caught");
                    caught = error.what();
                }
                BOOST_TEST(caught == "a");
                BOOST_TEST(log.lines.back() == "error caught");  // after all have been dropped
                caught.clear();
                try {
                    static_cast<void>(
                        co_await edo::timeout(1h, Probe(log, "c", Step::Resume, step)));
                } catch (const std::runtime_error& error) {
                    caught = error.what();
                }
                BOOST_TEST(caught == "c");
            }
        });
        BOOST_TEST(edo::test::armed_timers(runtime.handle()) == 0U);
    });
}

BOOST_AUTO_TEST_CASE(no_one_of_them_is_preferred) {
    for_each_flavor([](edo::Runtime& runtime) {
        const std::vector<int> wins = runtime.block_on([]() -> edo::Task<std::vector<int>> {
            std::vector<int> counts(3);
            for (int i = 0; i < 3000; ++i) {
                auto first =
                    co_await edo::select(edo::yield_now(), edo::yield_now(), edo::consume_budget());
                ++counts[first.index()];
                co_await edo::yield_now();
            }
            co_return counts;
        });
        BOOST_TEST(wins[2] == 3000);  // the others wait for the next turn
        const std::vector<int> even = runtime.block_on([]() -> edo::Task<std::vector<int>> {
            std::vector<int> counts(3);
            for (int i = 0; i < 3000; ++i) {
                auto first = co_await edo::select(edo::consume_budget(), edo::consume_budget(),
                                                  edo::consume_budget());
                ++counts[first.index()];
            }
            co_return counts;
        });
        for (const int count : even) {
            BOOST_TEST(count > 800);
            BOOST_TEST(count < 1200);
        }
    });
}

BOOST_AUTO_TEST_CASE(a_biased_select_prefers_the_first_although_the_second_was_woken_first) {
    const LeakGuard guard;
    Event high;
    Event low;
    SteppedTask<void> task([](Event& h, Event& l) -> edo::Task<void> {
        Event never;
        auto first = co_await edo::select(edo::biased, edo::select(never, h), l);
        BOOST_TEST(first.index() == 0U);
    }(high, low));
    task.turn();
    low.set();
    high.set();
    BOOST_TEST(task.run());
}

BOOST_AUTO_TEST_CASE(without_bias_the_one_that_was_woken_first_wins) {
    const LeakGuard guard;
    Event high;
    Event low;
    SteppedTask<void> task([](Event& h, Event& l) -> edo::Task<void> {
        auto first = co_await edo::select(h, l);
        BOOST_TEST(first.index() == 1U);
    }(high, low));
    task.turn();
    low.set();
    high.set();
    BOOST_TEST(task.run());
}

BOOST_AUTO_TEST_CASE(they_start_in_order_among_tasks) {
    const LeakGuard guard;
    Log log;
    SteppedTask<void> task([](Log& l) -> edo::Task<void> {
        auto logs = [](Log& to, std::string name, bool waits) -> edo::Task<std::string> {
            to.add(name, "made");
            if (waits) {
                co_await edo::yield_now();
            }
            co_return name;
        };
        auto first = co_await edo::select(edo::biased, Probe(l, "a", Step::Resume),
                                          logs(l, "b", true), Probe(l, "c", Step::Resume),
                                          logs(l, "d", false), Probe(l, "e", Step::Ready));
        BOOST_TEST(first.index() == 3U);
    }(log));
    BOOST_TEST(task.run());
    log.lines.resize(4);
    const std::vector<std::string> expected{"a made", "b made", "c made", "d made"};
    BOOST_TEST(log.lines == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_task_that_ends_at_once_leaves_those_after_it_unmade) {
    const LeakGuard guard;
    Log log;
    SteppedTask<void> task([](Log& l) -> edo::Task<void> {
        auto first = co_await edo::select(edo::biased, Probe(l, "a", Step::Resume), name_of("b"),
                                          Probe(l, "c", Step::Ready));
        BOOST_TEST(first.get<1>() == "b");
    }(log));
    BOOST_TEST(task.run());
    const std::vector<std::string> expected{"a made", "a ended", "a dropped", "c dropped"};
    BOOST_TEST(log.lines == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_operation_may_be_its_own_awaiter) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Event never;
            auto first = co_await edo::select(never, OwnAwaiter());
            BOOST_TEST(first.get<1>() == 7);
            auto second = co_await edo::select(edo::biased, OwnAwaiter(), edo::consume_budget());
            BOOST_TEST(second.index() == 1U);
            const edo::Result<int> in_time = co_await edo::timeout(1h, OwnAwaiter());
            BOOST_TEST(in_time.value() == 7);
        });
    });
}

BOOST_AUTO_TEST_CASE(operations_that_run_a_coroutine_are_branches_too) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Event never;
            auto waits = [](Event& event) -> edo::Task<void> { co_await event; };
            auto counts = []() -> edo::Task<int> {
                co_await edo::yield_now();
                co_return 3;
            };
            auto first = co_await edo::select(never, edo::unconstrained(waits(never)),
                                              edo::unconstrained(counts()), never);
            BOOST_TEST(first.get<2>() == 3);
            const edo::Result<int> in_time =
                co_await edo::timeout(1h, edo::unconstrained(counts()));
            BOOST_TEST(in_time.value() == 3);
            auto second = co_await edo::select(edo::unconstrained(counts()), never);
            BOOST_TEST(second.get<0>() == 3);
        });
    });
}

BOOST_AUTO_TEST_CASE(they_nest) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Event never;
            Event event;
            auto setter = [](Event& e) -> edo::Task<void> {
                co_await edo::yield_now();
                e.set();
            };
            edo::JoinHandle<void> handle = edo::spawn(setter(event));
            auto first = co_await edo::select(
                edo::timeout(1h, edo::select(never, edo::timeout(1h, event))), never);
            BOOST_TEST(first.get<0>().value().get<1>().has_value());
            static_cast<void>(co_await handle);
            auto second =
                co_await edo::select(edo::select(edo::select(never, event), never), never);
            BOOST_TEST(second.get<0>().get<0>().index() == 1U);
        });
        BOOST_TEST(edo::test::armed_timers(runtime.handle()) == 0U);
    });
}

BOOST_AUTO_TEST_CASE(a_handle_given_away_that_loses_detaches_its_task) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Event event;
            Event done;
            auto waits = [](Event& e, Event& d) -> edo::Task<void> {
                co_await e;
                d.set();
            };
            edo::JoinHandle<void> handle = edo::spawn(waits(event, done));
            auto first = co_await edo::select(edo::biased, std::move(handle), edo::yield_now());
            BOOST_TEST(first.index() == 1U);
            event.set();
            co_await done;
        });
    });
}

BOOST_AUTO_TEST_CASE(a_receiver_that_loses_loses_no_value) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            constexpr int kValues = 2000;
            auto [sender, receiver] = edo::sync::mpsc::channel<int>(4);
            auto sends = [](edo::sync::mpsc::Sender<int> to) -> edo::Task<void> {
                for (int i = 0; i < kValues; ++i) {
                    static_cast<void>(co_await to.send(i));
                }
            };
            edo::JoinHandle<void> handle = edo::spawn(sends(std::move(sender)));
            int next = 0;
            while (next < kValues) {
                auto first = co_await edo::select(receiver.recv(), edo::yield_now());
                if (auto* const value = first.get_if<0>()) {
                    BOOST_REQUIRE(value->value() == next);
                    ++next;
                }
            }
            static_cast<void>(co_await handle);
        });
    });
}

BOOST_AUTO_TEST_CASE(can_be_cancelled_at_every_suspension) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(edo::test::drive([]() -> edo::Task<void> {
            edo::sync::Notify notify;
            edo::sync::Mutex<int> mutex(0);
            auto [sender, receiver] = edo::sync::mpsc::channel<int>(1);
            auto ends = []() -> edo::Task<int> {
                co_await edo::yield_now();
                co_await edo::yield_now();
                co_return 1;
            };
            static_cast<void>(
                co_await edo::select(notify.notified(), receiver.recv(), edo::sleep(1ms)));
            edo::JoinHandle<int> handle = edo::spawn(ends());
            static_cast<void>(co_await edo::select(edo::sleep(1h), handle, receiver.recv()));
            static_cast<void>(co_await edo::select(edo::biased, edo::timeout(1ms, receiver.recv()),
                                                   edo::select(notify.notified(), ends())));
            static_cast<void>(co_await edo::timeout(1ms, mutex.lock()));
            static_cast<void>(co_await edo::timeout(1ms, notify.notified()));
            static_cast<void>(co_await edo::timeout(
                1h, edo::select(edo::unconstrained(ends()), receiver.recv())));
        }));
        BOOST_TEST(driven.suspensions >= 6U);
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
