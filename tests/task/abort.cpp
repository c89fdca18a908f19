// SPDX-License-Identifier: MIT
#include "support/event.hpp"
#include "support/flavors.hpp"
#include "support/stepped_task.hpp"
#include <edo/edo.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using edo::test::CountsDestruction;
using edo::test::Event;
using edo::test::for_each_flavor;
using edo::test::LeakGuard;
using edo::test::SteppedTask;

namespace {

/// Waits for ever.
edo::Task<void> suspended(Event& reached, CountsDestruction /*argument*/,
                          std::atomic<int>& destroyed) {
    const CountsDestruction local(destroyed);
    reached.set();
    Event never;
    co_await never;
}

edo::Task<bool> was_cancelled(edo::JoinHandle<void>& handle) {
    const edo::JoinResult<void> result = co_await handle;
    co_return !result && result.error().is_cancelled() && !result.error().is_exception();
}

BOOST_AUTO_TEST_SUITE(abort_task)

BOOST_AUTO_TEST_CASE(aborted_before_its_first_run_it_runs_nothing) {
    const LeakGuard guard;
    edo::block_on([]() -> edo::Task<void> {
        std::atomic<int> destroyed = 0;
        Event reached;
        edo::JoinHandle<void> handle =
            edo::spawn(suspended(reached, CountsDestruction(destroyed), destroyed));
        handle.abort();
        BOOST_TEST(!handle.is_finished());
        const bool cancelled = co_await was_cancelled(handle);
        BOOST_TEST(cancelled);
        BOOST_TEST(!reached.is_set());
        BOOST_TEST(destroyed == 1);
    }());
}

BOOST_AUTO_TEST_CASE(aborted_while_suspended_it_is_destroyed_there) {
    for_each_flavor([](edo::Runtime& runtime) {
        std::atomic<int> destroyed = 0;
        Event reached;
        edo::JoinHandle<void> handle =
            runtime.spawn(suspended(reached, CountsDestruction(destroyed), destroyed));
        runtime.block_on([](Event& e) -> edo::Task<void> { co_await e; }(reached));
        handle.abort();
        BOOST_TEST(runtime.block_on(was_cancelled(handle)));
        BOOST_TEST(destroyed == 2);
    });
}

BOOST_AUTO_TEST_CASE(aborted_while_it_runs_it_is_destroyed_at_its_next_suspension) {
    for_each_flavor([](edo::Runtime& runtime) {
        std::atomic<bool> went_on = false;
        std::atomic<bool> reached_end = false;
        const auto aborts_itself = [](edo::JoinHandle<void>& self, Event& may_run,
                                      std::atomic<bool>& after_abort,
                                      std::atomic<bool>& end) -> edo::Task<void> {
            co_await may_run;
            self.abort();
            after_abort = true;
            co_await edo::yield_now();
            end = true;
        };
        Event may_run;
        edo::JoinHandle<void> handle;
        handle = runtime.spawn(aborts_itself(handle, may_run, went_on, reached_end));
        may_run.set();
        // The task refers to the handle, so it must stay where it is.
        BOOST_TEST(runtime.block_on(was_cancelled(handle)));
        BOOST_TEST(went_on);
        BOOST_TEST(!reached_end);
    });
}

BOOST_AUTO_TEST_CASE(aborted_while_it_runs_it_may_still_end_with_its_value) {
    const LeakGuard guard;
    const auto ends = [](SteppedTask<int>*& self) -> edo::Task<int> {
        self->abort();
        co_return 5;
    };
    SteppedTask<int>* self = nullptr;
    SteppedTask<int> task(ends(self));
    self = &task;
    task.turn();
    BOOST_TEST(!task.is_cancelled());
    BOOST_TEST(task.take() == 5);
}

BOOST_AUTO_TEST_CASE(aborted_after_its_end_it_keeps_its_value) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            auto work = []() -> edo::Task<int> { co_return 5; };
            edo::JoinHandle<int> handle = edo::spawn(work());
            while (!handle.is_finished()) {
                co_await edo::yield_now();
            }
            handle.abort();
            handle.abort();
            const edo::JoinResult<int> result = co_await handle;
            BOOST_TEST(result.value() == 5);
        });
    });
}

BOOST_AUTO_TEST_CASE(aborted_twice_it_is_cancelled_once) {
    for_each_flavor([](edo::Runtime& runtime) {
        std::atomic<int> destroyed = 0;
        Event reached;
        edo::JoinHandle<void> handle =
            runtime.spawn(suspended(reached, CountsDestruction(destroyed), destroyed));
        handle.abort();
        handle.abort();
        BOOST_TEST(runtime.block_on(was_cancelled(handle)));
    });
}

BOOST_AUTO_TEST_CASE(it_is_finished_only_after_its_destructors_have_run) {
    for_each_flavor([](edo::Runtime& runtime) {
        /// Looks at the task's own handle while it is being destroyed.
        class Looks {
        public:
            Looks(edo::JoinHandle<void>& handle, std::atomic<bool>& finished)
                : handle_(handle), finished_(finished) {}
            Looks(const Looks&) = delete;
            Looks& operator=(const Looks&) = delete;
            ~Looks() { finished_ = handle_.is_finished(); }

        private:
            edo::JoinHandle<void>& handle_;
            std::atomic<bool>& finished_;
        };
        const auto work = [](edo::JoinHandle<void>& self, std::atomic<bool>& seen, Event& may_run,
                             Event& inside, Event& end) -> edo::Task<void> {
            co_await may_run;
            const Looks looks(self, seen);
            inside.set();
            co_await end;
        };
        for (const bool aborts : {false, true}) {
            std::atomic<bool> seen_finished = true;
            Event may_run;
            Event inside;
            Event end;
            edo::JoinHandle<void> handle;
            handle = runtime.spawn(work(handle, seen_finished, may_run, inside, end));
            may_run.set();
            runtime.block_on(
                [](Event& reached, bool a, Event& e, edo::JoinHandle<void>& h) -> edo::Task<void> {
                    co_await reached;
                    a ? h.abort() : e.set();
                    while (!h.is_finished()) {
                        co_await edo::yield_now();
                    }
                }(inside, aborts, end, handle));
            BOOST_TEST(!seen_finished);
        }
    });
}

BOOST_AUTO_TEST_CASE(what_it_waited_for_is_destroyed_from_the_inside_out) {
    const LeakGuard guard;
    class Says {
    public:
        Says(std::vector<std::string>& out, std::string what) : out_(out), what_(std::move(what)) {}
        Says(const Says&) = delete;
        Says& operator=(const Says&) = delete;
        ~Says() { out_.push_back(what_); }

    private:
        std::vector<std::string>& out_;
        std::string what_;
    };
    struct Frames {
        static edo::Task<void> inner(std::vector<std::string>& out, std::string name) {
            const Says local(out, name);
            Event never;
            co_await never;
        }
        static edo::Task<void> middle(std::vector<std::string>& out) {
            const Says local(out, "middle");
            co_await edo::join(inner(out, "branch 0"), inner(out, "branch 1"));
        }
        static edo::Task<void> outer(std::vector<std::string>& out) {
            const Says first(out, "outer first");
            const Says second(out, "outer second");
            co_await middle(out);
        }
    };
    std::vector<std::string> order;
    SteppedTask<void> task(Frames::outer(order));
    task.turn();
    task.cancel();
    const std::vector<std::string> expected{"branch 0", "branch 1", "middle", "outer second",
                                            "outer first"};
    BOOST_TEST(order == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_abort_from_another_thread_races_with_wake_ups) {
    for_each_flavor([](edo::Runtime& runtime) {
        constexpr int kRounds = 300;
        for (int round = 0; round < kRounds; ++round) {
            Event event;
            std::atomic<int> destroyed = 0;
            const auto work = [](Event& e, CountsDestruction /*counts*/) -> edo::Task<void> {
                co_await e;
                co_await edo::yield_now();
            };
            edo::JoinHandle<void> handle = runtime.spawn(work(event, CountsDestruction(destroyed)));
            std::jthread waker([&event] { event.set(); });
            std::jthread aborter([&handle] { handle.abort(); });
            waker.join();
            aborter.join();
            runtime.block_on([](edo::JoinHandle<void>& joined) -> edo::Task<void> {
                const edo::JoinResult<void> result = co_await joined;
                BOOST_TEST((result.has_value() || result.error().is_cancelled()));
            }(handle));
            BOOST_TEST(destroyed == 1);
        }
    });
}

BOOST_AUTO_TEST_CASE(a_task_that_others_abort_while_it_is_inside_a_timeout_disarms_its_timer) {
    for_each_flavor([](edo::Runtime& runtime) {
        Event reached;
        const auto work = [](Event& r) -> edo::Task<void> {
            r.set();
            Event never;
            auto wait = [](Event& e) -> edo::Task<void> { co_await e; };
            const auto result = co_await edo::timeout(std::chrono::hours(1), wait(never));
            static_cast<void>(result);
        };
        edo::JoinHandle<void> handle = runtime.spawn(work(reached));
        runtime.block_on([](Event& e) -> edo::Task<void> { co_await e; }(reached));
        handle.abort();
        BOOST_TEST(runtime.block_on(was_cancelled(handle)));
        BOOST_TEST(edo::test::armed_timers(runtime.handle()) == 0U);
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
