// SPDX-License-Identifier: MIT
// While a function blocks in place, everything else of its worker goes on. The functions here block
// until that has happened; a deadline turns a failure into a failed check.
#include "support/event.hpp"
#include "support/flavors.hpp"
#include "support/pipe.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/block_in_place.hpp>
#include <edo/runtime/core/context.hpp>
#include <edo/runtime/scheduler/worker.hpp>
#include <edo/runtime/task_id.hpp>
#include <edo/runtime/task_local.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using edo::test::Event;
using edo::test::LeakGuard;
using edo::test::Pipe;

namespace {

/// Blocks until `count` has got there, or for a long time. Returns whether it has.
bool block_until(const std::atomic<int>& count, int wanted) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (count < wanted && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(100us);
    }
    return count >= wanted;
}

edo::Task<void> counts(std::atomic<int>& count) {
    ++count;
    co_return;
}

edo::Task<int> value(int n) {
    co_await edo::sleep(1ms);
    co_return n;
}

/// With one worker, nobody else can help; with two, both may be blocked.
template <class Body>
void for_each_worker_count(Body body) {
    for (const unsigned workers : {1U, 2U}) {
        BOOST_TEST_CONTEXT("workers: " << workers) {
            const LeakGuard guard;
            edo::Runtime runtime = edo::Builder::multi_thread(workers).build();
            body(runtime);
        }
    }
}

/// Runs `task` on a worker and returns its value.
template <class T>
T on_worker(edo::Runtime& runtime, edo::Task<T> task) {
    return runtime.block_on([](edo::JoinHandle<T> handle) -> edo::Task<T> {
        auto result = co_await handle;
        co_return std::move(result).value();
    }(runtime.spawn(std::move(task))));
}

BOOST_AUTO_TEST_SUITE(block_in_place)

BOOST_AUTO_TEST_CASE(lets_the_tasks_in_the_queue_run) {
    for_each_worker_count([](edo::Runtime& runtime) {
        std::atomic<int> count = 0;
        auto work = [&count]() -> edo::Task<bool> {
            for (int i = 0; i < 1000; ++i) {
                edo::spawn(counts(count)).detach();
            }
            co_return edo::block_in_place([&count] { return block_until(count, 1000); });
        };
        BOOST_TEST(on_worker(runtime, work()));
    });
}

BOOST_AUTO_TEST_CASE(lets_the_task_run_that_was_woken_last) {
    for_each_worker_count([](edo::Runtime& runtime) {
        std::atomic<int> count = 0;
        auto work = [&count]() -> edo::Task<bool> {
            edo::spawn(counts(count)).detach();
            co_return edo::block_in_place([&count] { return block_until(count, 1); });
        };
        BOOST_TEST(on_worker(runtime, work()));
    });
}

BOOST_AUTO_TEST_CASE(lets_tasks_run_that_have_yielded) {
    for_each_worker_count([](edo::Runtime& runtime) {
        std::atomic<int> count = 0;
        auto yields = [&count]() -> edo::Task<void> {
            co_await edo::yield_now();
            co_await edo::yield_now();
            ++count;
        };
        auto work = [&]() -> edo::Task<bool> {
            for (int i = 0; i < 10; ++i) {
                edo::spawn(yields()).detach();
            }
            co_await edo::yield_now();
            co_return edo::block_in_place([&count] { return block_until(count, 10); });
        };
        BOOST_TEST(on_worker(runtime, work()));
    });
}

BOOST_AUTO_TEST_CASE(lets_timers_fire) {
    for_each_worker_count([](edo::Runtime& runtime) {
        std::atomic<int> count = 0;
        auto sleeps = [&count](std::chrono::milliseconds time) -> edo::Task<void> {
            co_await edo::sleep(time);
            ++count;
        };
        auto work = [&]() -> edo::Task<bool> {
            for (int i = 1; i <= 10; ++i) {
                edo::spawn(sleeps(std::chrono::milliseconds(i))).detach();
            }
            co_await edo::yield_now();
            co_return edo::block_in_place([&count] { return block_until(count, 10); });
        };
        BOOST_TEST(on_worker(runtime, work()));
    });
}

BOOST_AUTO_TEST_CASE(lets_sockets_be_served) {
    for_each_worker_count([](edo::Runtime& runtime) {
        std::atomic<int> count = 0;
        const Pipe pipe;
        auto reads = [&]() -> edo::Task<void> {
            for (int i = 0; i < 5; ++i) {
                co_await pipe.read();
                ++count;
            }
        };
        auto work = [&]() -> edo::Task<bool> {
            edo::JoinHandle<void> reading = edo::spawn(reads());
            co_await edo::yield_now();
            const bool all = edo::block_in_place([&] {
                bool right = true;
                for (int i = 1; i <= 5; ++i) {
                    pipe.write('x');
                    right = block_until(count, i) && right;
                }
                return right;
            });
            static_cast<void>(co_await reading);
            co_return all;
        };
        BOOST_TEST(on_worker(runtime, work()));
    });
}

BOOST_AUTO_TEST_CASE(lets_tasks_from_outside_and_from_the_function_run) {
    for_each_worker_count([](edo::Runtime& runtime) {
        std::atomic<int> count = 0;
        auto work = [&count]() -> edo::Task<bool> {
            co_return edo::block_in_place([&count] {
                edo::spawn(counts(count)).detach();
                std::jthread outside([&count, handle = edo::Handle::current()] {
                    handle.spawn(counts(count)).detach();
                });
                return block_until(count, 2);
            });
        };
        BOOST_TEST(on_worker(runtime, work()));
    });
}

BOOST_AUTO_TEST_CASE(may_be_done_by_all_workers_at_once) {
    for_each_worker_count([](edo::Runtime& runtime) {
        constexpr int kTasks = 8;
        std::atomic<int> count = 0;
        auto blocks = [&count]() -> edo::Task<bool> {
            co_return edo::block_in_place([&count] {
                ++count;
                return block_until(count, kTasks);  // all at the same time
            });
        };
        auto all = [&blocks]() -> edo::Task<bool> {
            std::vector<edo::JoinHandle<bool>> handles;
            for (int i = 0; i < kTasks; ++i) {
                handles.push_back(edo::spawn(blocks()));
            }
            bool right = true;
            for (auto& handle : handles) {
                const edo::JoinResult<bool> result = co_await handle;
                right = result.value() && right;
            }
            co_return right;
        };
        BOOST_TEST(runtime.block_on(all()));
    });
}

BOOST_AUTO_TEST_CASE(does_not_need_a_free_blocking_thread) {
    const LeakGuard guard;
    edo::Runtime runtime = edo::Builder::multi_thread(1).max_blocking_threads(1).build();
    std::atomic<int> count = 0;
    auto work = [&count]() -> edo::Task<bool> {
        edo::JoinHandle<bool> busy =
            edo::spawn_blocking([&count] { return block_until(count, 1); });
        edo::JoinHandle<bool> queued = edo::spawn_blocking([] { return true; });
        edo::spawn(counts(count)).detach();
        const bool right = edo::block_in_place([&count] { return block_until(count, 1); });
        const edo::JoinResult<bool> first = co_await busy;
        const edo::JoinResult<bool> second = co_await queued;
        co_return right&& first.value() && second.value();
    };
    BOOST_TEST(on_worker(runtime, work()));
}

BOOST_AUTO_TEST_CASE(returns_and_throws_what_the_function_does) {
    for_each_worker_count([](edo::Runtime& runtime) {
        auto work = []() -> edo::Task<int> {
            int number = 1;
            int& same = edo::block_in_place([&number]() -> int& { return number; });
            BOOST_TEST(&same == &number);
            const auto moved = edo::block_in_place([] { return std::make_unique<int>(7); });
            bool thrown = false;
            try {
                edo::block_in_place([] { throw std::runtime_error("no"); });
            } catch (const std::runtime_error&) {
                thrown = true;
            }
            BOOST_TEST(thrown);
            co_await edo::sleep(1ms);
            co_return *moved;
        };
        BOOST_TEST(on_worker(runtime, work()) == 7);
    });
}

BOOST_AUTO_TEST_CASE(may_use_block_on_inside) {
    for_each_worker_count([](edo::Runtime& runtime) {
        auto work = []() -> edo::Task<int> {
            const edo::Handle handle = edo::Handle::current();
            int sum = edo::block_in_place([&handle] { return handle.block_on(value(1)); });
            sum += edo::block_in_place([] { return edo::block_on(value(2)); });
            // The root of block_on may do it again, and so on.
            auto nested = []() -> edo::Task<int> {
                const int inner =
                    edo::block_in_place([] { return edo::Handle::current().block_on(value(4)); });
                co_await edo::sleep(1ms);
                co_return inner;
            };
            sum += edo::block_in_place([&] { return handle.block_on(nested()); });
            BOOST_CHECK_THROW(handle.block_on(value(0)), edo::UsageError);  // not outside of it
            co_await edo::sleep(1ms);
            BOOST_CHECK_THROW(handle.block_on(value(0)), edo::UsageError);
            co_return sum;
        };
        BOOST_TEST(on_worker(runtime, work()) == 7);
    });
}

BOOST_AUTO_TEST_CASE(may_be_nested) {
    for_each_worker_count([](edo::Runtime& runtime) {
        std::atomic<int> count = 0;
        auto work = [&count]() -> edo::Task<bool> {
            edo::spawn(counts(count)).detach();
            co_return edo::block_in_place([&count] {
                return edo::block_in_place([&count] { return block_until(count, 1); }) &&
                       block_until(count, 1);
            });
        };
        BOOST_TEST(on_worker(runtime, work()));
    });
}

BOOST_AUTO_TEST_CASE(leaves_the_task_usable_afterwards) {
    for_each_worker_count([](edo::Runtime& runtime) {
        const Pipe pipe;
        std::atomic<int> count = 0;
        auto work = [&]() -> edo::Task<bool> {
            for (int i = 0; i < 50; ++i) {
                edo::spawn(counts(count)).detach();
                const bool ran = edo::block_in_place([&] { return block_until(count, i + 1); });
                if (!ran) {
                    co_return false;
                }
                // No worker any more, until the next suspension: all of this must work even so.
                edo::JoinHandle<int> spawned = edo::spawn(value(i));
                const edo::JoinResult<int> joined = co_await spawned;
                pipe.write('x');
                const int byte = co_await pipe.read();
                co_await edo::yield_now();
                if (joined.value() != i || byte != 'x') {
                    co_return false;
                }
            }
            co_return true;
        };
        BOOST_TEST(on_worker(runtime, work()));
    });
}

BOOST_AUTO_TEST_CASE(may_be_followed_by_a_yield_without_a_worker) {
    for_each_worker_count([](edo::Runtime& runtime) {
        std::atomic<int> count = 0;
        auto work = [&count]() -> edo::Task<bool> {
            bool all = true;
            for (int i = 0; i < 50; ++i) {
                edo::spawn(counts(count)).detach();
                all = edo::block_in_place([&] { return block_until(count, i + 1); }) && all;
                co_await edo::yield_now();
            }
            co_return all;
        };
        BOOST_TEST(on_worker(runtime, work()));
    });
}

BOOST_AUTO_TEST_CASE(that_is_short_may_keep_its_worker) {
    for_each_worker_count([](edo::Runtime& runtime) {
        auto work = []() -> edo::Task<int> {
            int sum = 0;
            for (int i = 0; i < 1000; ++i) {
                sum += edo::block_in_place([] { return 1; });
                if (i % 10 == 0) {
                    co_await edo::yield_now();
                }
            }
            co_return sum;
        };
        BOOST_TEST(on_worker(runtime, work()) == 1000);
    });
}

BOOST_AUTO_TEST_CASE(is_a_plain_call_on_other_threads) {
    BOOST_TEST(edo::block_in_place([] { return 1; }) == 1);
    for_each_worker_count([](edo::Runtime& runtime) {
        const int sum = runtime.block_on([]() -> edo::Task<int> {
            auto blocking =
                edo::spawn_blocking([] { return edo::block_in_place([] { return 1; }); });
            const auto first = co_await blocking;
            const auto here = std::this_thread::get_id();
            int second = 0;
            edo::block_in_place([&] { second = here == std::this_thread::get_id() ? 1 : 0; });
            const int third =
                edo::block_in_place([] { return edo::Handle::current().block_on(value(1)); });
            co_return first.value() + second + third;
        });
        BOOST_TEST(sum == 3);
    });
}

BOOST_AUTO_TEST_CASE(is_refused_by_current_thread) {
    const LeakGuard guard;
    edo::block_on([]() -> edo::Task<void> {
        BOOST_CHECK_THROW(edo::block_in_place([] {}), edo::UsageError);
        auto spawned = []() -> edo::Task<void> {
            BOOST_CHECK_THROW(edo::block_in_place([] {}), edo::UsageError);
            co_return;
        };
        static_cast<void>(co_await edo::spawn(spawned()));
        // Its blocking threads are threads like any other.
        auto blocking = edo::spawn_blocking([] { return edo::block_in_place([] { return 1; }); });
        const auto result = co_await blocking;
        BOOST_TEST(result.value() == 1);
    }());
}

inline constinit edo::TaskLocal<std::string> request_id;

BOOST_AUTO_TEST_CASE(happens_inside_the_task) {
    for_each_worker_count([](edo::Runtime& runtime) {
        auto work = []() -> edo::Task<bool> {
            const auto id = edo::current_task_id();
            const auto here = std::this_thread::get_id();
            co_return edo::block_in_place([&] {
                return edo::current_task_id() == id && here == std::this_thread::get_id() &&
                       request_id.try_get() == "r";
            });
        };
        auto scoped = [&work]() -> edo::Task<bool> {
            co_return co_await request_id.scope("r", work());
        };
        BOOST_TEST(on_worker(runtime, scoped()));
    });
}

BOOST_AUTO_TEST_CASE(under_an_enter_guard_gives_the_worker_away_for_good) {
    for_each_worker_count([](edo::Runtime& runtime) {
        std::atomic<int> count = 0;
        auto work = [&count]() -> edo::Task<bool> {
            const edo::Handle handle = edo::Handle::current();
            edo::detail::Worker* const before = edo::detail::context().worker;
            bool right = false;
            {
                const edo::EnterGuard guard = handle.enter();
                edo::spawn(counts(count)).detach();
                right = edo::block_in_place([&count] { return block_until(count, 1); });
            }
            // With one worker, another thread must have it now.
            const bool gone = edo::detail::context().worker == nullptr;
            co_return right&& before != nullptr && (gone || handle.worker_count() > 1);
        };
        BOOST_TEST(on_worker(runtime, work()));
    });
}

BOOST_AUTO_TEST_CASE(is_a_plain_call_in_the_hooks_of_a_worker) {
    for (const unsigned workers : {1U, 2U}) {
        const LeakGuard guard;
        std::atomic<int> calls = 0;
        auto hook = [&calls] { edo::block_in_place([&calls] { ++calls; }); };
        auto task_hook = [&hook](const edo::TaskMeta&) { hook(); };
        edo::Runtime runtime = edo::Builder::multi_thread(workers)
                                   .on_thread_start(hook)
                                   .on_thread_stop(hook)
                                   .on_thread_park(hook)
                                   .on_thread_unpark(hook)
                                   .on_before_task_poll(task_hook)
                                   .on_after_task_poll(task_hook)
                                   .on_task_terminate(task_hook)
                                   .build();
        BOOST_TEST(on_worker(runtime, value(7)) == 7);
        BOOST_TEST(on_worker(runtime, value(8)) == 8);
        BOOST_TEST(calls > 0);
    }
}

BOOST_AUTO_TEST_CASE(may_be_called_by_destructors_of_a_task_that_comes_too_late) {
    for_each_worker_count([](edo::Runtime& runtime) {
        class Blocks {
        public:
            explicit Blocks(std::atomic<int>& count) : count_(&count) {}
            Blocks(Blocks&& other) noexcept : count_(std::exchange(other.count_, nullptr)) {}
            Blocks& operator=(Blocks&&) = delete;
            ~Blocks() {
                if (count_ != nullptr) {
                    edo::block_in_place([this] { ++*count_; });
                }
            }

        private:
            std::atomic<int>* count_;
        };
        Event started;
        Event stopping;
        std::atomic<int> count = 0;
        auto late = [](Blocks /*kept*/) -> edo::Task<void> { co_return; };
        auto work = [&]() -> edo::Task<void> {
            started.set();
            stopping.wait();
            edo::spawn(late(Blocks(count))).detach();  // cancelled here and now
            edo::spawn(late(Blocks(count))).detach();
            co_return;
        };
        runtime.spawn(work()).detach();
        started.wait();
        BOOST_TEST(!runtime.shutdown_timeout(1ms));
        stopping.set();
        BOOST_TEST(block_until(count, 2));
    });
}

BOOST_AUTO_TEST_CASE(is_waited_for_by_the_shutdown) {
    for_each_worker_count([](edo::Runtime& runtime) {
        Event started;
        std::atomic<bool> ended = false;
        auto work = [&]() -> edo::Task<void> {
            edo::block_in_place([&] {
                started.set();
                std::this_thread::sleep_for(20ms);
                ended = true;
            });
            co_await edo::sleep(1h);
        };
        runtime.spawn(work()).detach();
        started.wait();
        BOOST_TEST(runtime.shutdown_timeout(20s));
        BOOST_TEST(ended);
    });
}

BOOST_AUTO_TEST_CASE(that_hangs_is_left_behind_by_a_shutdown_with_a_deadline) {
    for_each_worker_count([](edo::Runtime& runtime) {
        Event started;
        Event may_end;
        std::atomic<int> ended = 0;
        auto work = [&]() -> edo::Task<void> {
            edo::block_in_place([&] {
                started.set();
                may_end.wait();
            });
            ++ended;
            co_return;
        };
        runtime.spawn(work()).detach();
        started.wait();
        BOOST_TEST(!runtime.shutdown_timeout(10ms));
        may_end.set();
        BOOST_TEST(block_until(ended, 1));
    });
}

BOOST_AUTO_TEST_CASE(that_destroys_its_own_runtime_does_not_hang) {
    for (const unsigned workers : {1U, 2U}) {
        const LeakGuard guard;
        Event done;
        auto runtime = std::make_unique<edo::Runtime>(edo::Builder::multi_thread(workers).build());
        auto work = [&]() -> edo::Task<void> {
            edo::block_in_place([&] { runtime.reset(); });
            done.set();
            co_return;
        };
        runtime->spawn(work()).detach();
        done.wait();
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
