// SPDX-License-Identifier: MIT
// What belongs to a worker that is stuck in a long computation is served by the others. The
// computations here end when that has happened; a deadline turns a failure into a failed check.
#include "support/event.hpp"
#include "support/leak_guard.hpp"
#include "support/pipe.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/core/context.hpp>
#include <edo/runtime/scheduler/worker.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using edo::test::Event;
using edo::test::LeakGuard;
using edo::test::Pipe;

namespace {

/// Computes until `done`, or for a long time. Returns whether it was done meanwhile.
bool compute_until(const std::atomic<int>& count, int done) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (count < done && std::chrono::steady_clock::now() < deadline) {
    }
    return count >= done;
}

unsigned current_worker() {
    return edo::detail::context().worker->index();
}

edo::Task<void> counts(std::atomic<int>& count) {
    ++count;
    co_return;
}

edo::Runtime two_workers() {
    return edo::Builder::multi_thread(2).build();
}

/// Runs `task` on a worker and returns its value.
edo::Task<bool> on_worker(edo::Task<bool> task) {
    edo::JoinHandle<bool> handle = edo::spawn(std::move(task));
    const edo::JoinResult<bool> result = co_await handle;
    co_return result.value();
}

BOOST_AUTO_TEST_SUITE(stuck_worker)

BOOST_AUTO_TEST_CASE(does_not_keep_the_task_that_it_woke_last) {
    const LeakGuard guard;
    edo::Runtime runtime = two_workers();
    std::atomic<int> count = 0;
    auto work = [](std::atomic<int>& c) -> edo::Task<bool> {
        edo::spawn(counts(c)).detach();
        co_return compute_until(c, 1);
    };
    BOOST_TEST(runtime.block_on(on_worker(work(count))));
}

BOOST_AUTO_TEST_CASE(does_not_keep_the_tasks_in_its_queue) {
    const LeakGuard guard;
    edo::Runtime runtime = two_workers();
    std::atomic<int> count = 0;
    auto work = [](std::atomic<int>& c) -> edo::Task<bool> {
        for (int i = 0; i < 1000; ++i) {
            edo::spawn(counts(c)).detach();
        }
        co_return compute_until(c, 1000);
    };
    BOOST_TEST(runtime.block_on(on_worker(work(count))));
}

BOOST_AUTO_TEST_CASE(does_not_keep_tasks_that_it_wakes_while_it_computes) {
    const LeakGuard guard;
    edo::Runtime runtime = two_workers();
    std::atomic<int> count = 0;
    auto work = [](std::atomic<int>& c) -> edo::Task<bool> {
        bool all = true;
        for (int i = 1; i <= 20; ++i) {
            edo::spawn(counts(c)).detach();
            all = compute_until(c, i) && all;
        }
        co_return all;
    };
    BOOST_TEST(runtime.block_on(on_worker(work(count))));
}

/// Starts tasks with `start(worker)` until one of them runs on the worker of the caller, so that
/// what it waits for is registered there; the others are aborted.
template <class Start>
edo::Task<void> start_on_own_worker(Start start) {
    for (;;) {
        Event started;
        std::atomic<unsigned> worker = 0;
        auto with_closure = [start, &started, &worker] { return start(started, worker); };
        edo::JoinHandle<void> handle = edo::spawn(std::move(with_closure));
        co_await started;
        if (worker == current_worker()) {
            handle.detach();
            co_return;
        }
        handle.abort();
        static_cast<void>(co_await handle);
    }
}

BOOST_AUTO_TEST_CASE(does_not_keep_its_timers) {
    const LeakGuard guard;
    edo::Runtime runtime = two_workers();
    std::atomic<int> count = 0;
    auto work = [](std::atomic<int>& c) -> edo::Task<bool> {
        auto start = [&c](Event& started, std::atomic<unsigned>& worker) -> edo::Task<void> {
            worker = current_worker();
            started.set();
            co_await edo::sleep(10ms);
            ++c;
        };
        co_await start_on_own_worker(start);
        co_return compute_until(c, 1);
    };
    BOOST_TEST(runtime.block_on(on_worker(work(count))));
}

BOOST_AUTO_TEST_CASE(is_helped_by_workers_that_have_enough_to_do_themselves) {
    const LeakGuard guard;
    edo::Runtime runtime = two_workers();
    std::atomic<int> count = 0;
    auto busy = [](std::atomic<int>& c) -> edo::Task<void> {
        while (c == 0) {
            co_await edo::yield_now();
        }
    };
    auto work = [&busy](std::atomic<int>& c) -> edo::Task<bool> {
        auto start = [&c](Event& started, std::atomic<unsigned>& worker) -> edo::Task<void> {
            worker = current_worker();
            started.set();
            co_await edo::sleep(20ms);
            ++c;
        };
        co_await start_on_own_worker(start);
        // The other worker steals some of them, and never sleeps from then on.
        std::vector<edo::JoinHandle<void>> others;
        for (int i = 0; i < 8; ++i) {
            others.push_back(edo::spawn(busy(c)));
        }
        const bool done = compute_until(c, 1);
        for (auto& other : others) {
            static_cast<void>(co_await other);
        }
        co_return done;
    };
    BOOST_TEST(runtime.block_on(on_worker(work(count))));
}

/// What a coroutine finds in thread-local places.
struct Place {
    Place()
        : thread(std::this_thread::get_id()),
          worker(edo::detail::context().worker),
          variable(&own_variable) {}

    std::thread::id thread;
    edo::detail::Worker* worker;
    int* variable;

    static thread_local int own_variable;
};
thread_local int Place::own_variable = 0;

BOOST_AUTO_TEST_CASE(loses_a_task_that_then_finds_everything_of_its_new_thread) {
    const LeakGuard guard;
    edo::Runtime runtime = two_workers();
    std::atomic<int> count = 0;
    std::atomic<bool> everything_is_new = false;
    Event event;
    auto work = [](std::atomic<int>& c, std::atomic<bool>& right, Event& e) -> edo::Task<bool> {
        auto start = [&c, &right, &e](Event& started,
                                      std::atomic<unsigned>& worker) -> edo::Task<void> {
            worker = current_worker();
            const Place before;
            started.set();
            co_await e;
            const Place after;
            right = before.thread != after.thread && before.worker != after.worker &&
                    before.variable != after.variable;
            ++c;
        };
        co_await start_on_own_worker(start);
        e.set();  // queues it here, where it does not get to run
        co_return compute_until(c, 1);
    };
    BOOST_TEST(runtime.block_on(on_worker(work(count, everything_is_new, event))));
    BOOST_TEST(everything_is_new);
}

void check_that_sockets_are_served(edo::ReactorKind reactor) {
    const LeakGuard guard;
    edo::Runtime runtime = edo::Builder::multi_thread(2).reactor(reactor).build();
    std::atomic<int> count = 0;
    const Pipe pipe;
    auto work = [](std::atomic<int>& c, const Pipe& p) -> edo::Task<bool> {
        auto start = [&c, &p](Event& started, std::atomic<unsigned>& worker) -> edo::Task<void> {
            worker = current_worker();
            started.set();
            for (;;) {
                co_await p.read();
                ++c;
            }
        };
        co_await start_on_own_worker(start);
        bool all = true;
        for (int i = 1; i <= 5; ++i) {
            p.write('x');
            all = compute_until(c, i) && all;
        }
        co_return all;
    };
    BOOST_TEST(runtime.block_on(on_worker(work(count, pipe))));
    static_cast<void>(runtime.shutdown_timeout(10s));  // before the pipe is closed
}

BOOST_AUTO_TEST_CASE(does_not_keep_what_is_registered_with_its_epoll_reactor) {
    check_that_sockets_are_served(edo::ReactorKind::Epoll);
}

BOOST_AUTO_TEST_CASE(does_not_keep_what_is_registered_with_its_asio_reactor) {
    check_that_sockets_are_served(edo::ReactorKind::Asio);
}

BOOST_AUTO_TEST_CASE(does_not_keep_tasks_from_outside_waiting) {
    const LeakGuard guard;
    edo::Runtime runtime = two_workers();
    std::atomic<int> count = 0;
    auto work = [](std::atomic<int>& c) -> edo::Task<bool> {
        std::jthread outside(
            [&c, handle = edo::Handle::current()] { handle.spawn(counts(c)).detach(); });
        co_return compute_until(c, 1);
    };
    BOOST_TEST(runtime.block_on(on_worker(work(count))));
}

BOOST_AUTO_TEST_CASE(does_not_keep_a_chain_of_wake_ups_waiting) {
    const LeakGuard guard;
    edo::Runtime runtime = two_workers();
    std::atomic<int> count = 0;
    auto work = [](std::atomic<int>& c) -> edo::Task<bool> {
        auto sleeps = [](std::atomic<int>& woken) -> edo::Task<void> {
            for (int i = 0; i < 20; ++i) {
                co_await edo::sleep(1ms);
                co_await edo::yield_now();
                ++woken;
            }
        };
        for (int i = 0; i < 10; ++i) {
            edo::spawn(sleeps(c)).detach();
        }
        co_await edo::yield_now();
        co_return compute_until(c, 200);
    };
    BOOST_TEST(runtime.block_on(on_worker(work(count))));
}

BOOST_AUTO_TEST_CASE(goes_on_with_what_is_its_own_afterwards) {
    const LeakGuard guard;
    edo::Runtime runtime = two_workers();
    std::atomic<int> count = 0;
    auto work = [](std::atomic<int>& c) -> edo::Task<bool> {
        for (int round = 0; round < 20; ++round) {
            const int before = c;
            edo::spawn(counts(c)).detach();
            if (!compute_until(c, before + 1)) {
                co_return false;
            }
            co_await edo::sleep(1ms);
        }
        co_return true;
    };
    BOOST_TEST(runtime.block_on(on_worker(work(count))));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
