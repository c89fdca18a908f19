// SPDX-License-Identifier: MIT
#include "net_test.hpp"
#include <edo/runtime/blocking/detached_pool.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <csignal>
#include <future>
#include <memory>
#include <pthread.h>

using namespace edo;
using namespace edo::test;
using detail::spawn_detached;

BOOST_AUTO_TEST_SUITE(detached_pool)

namespace {

/// What a job waits for, shared with it.
struct Gate {
    Gate() = default;
    std::promise<void> opening;
    std::shared_future<void> open{opening.get_future()};
};

}  // namespace

BOOST_AUTO_TEST_CASE(results_and_exceptions_come_out_of_the_handle) {
    on_every_runtime([]() -> Task<void> {
        auto value = spawn_detached([] { return std::string("done"); });
        auto nothing = spawn_detached([] {});
        auto failing = spawn_detached([]() -> int { throw std::runtime_error("broken"); });
        const auto text = co_await value;
        BOOST_TEST(text.value() == "done");
        const auto ended = co_await nothing;
        BOOST_TEST(ended.has_value());
        const auto failed = co_await failing;
        BOOST_REQUIRE(!failed.has_value());
        BOOST_CHECK_THROW(failed.error().rethrow(), std::runtime_error);
    });
}

BOOST_AUTO_TEST_CASE(the_threads_have_a_name_and_block_all_signals) {
    on_every_runtime([]() -> Task<void> {
        auto name = spawn_detached([] {
            std::array<char, 16> text{};
            pthread_getname_np(pthread_self(), text.data(), text.size());
            return std::string(text.data());
        });
        auto blocked = spawn_detached([] {
            sigset_t mask;
            pthread_sigmask(SIG_SETMASK, nullptr, &mask);
            return sigismember(&mask, SIGINT) == 1 && sigismember(&mask, SIGCHLD) == 1 &&
                   sigismember(&mask, SIGTERM) == 1;
        });
        const auto thread_name = co_await name;
        BOOST_TEST(thread_name.value() == "edo-detached");
        const auto all_blocked = co_await blocked;
        BOOST_TEST(all_blocked.value());
        sigset_t mine;
        pthread_sigmask(SIG_SETMASK, nullptr, &mine);
        BOOST_TEST(sigismember(&mine, SIGINT) == 0);
    });
}

BOOST_AUTO_TEST_CASE(it_needs_no_runtime) {
    auto handle = spawn_detached([] { return 7; });
    Runtime runtime = Builder::current_thread().build();
    const int value = runtime.block_on([&handle]() -> Task<int> {
        const auto result = co_await handle;
        co_return result.value();
    });
    BOOST_TEST(value == 7);
}

BOOST_AUTO_TEST_CASE(a_wait_can_be_dropped_and_repeated) {
    on_every_runtime([]() -> Task<void> {
        const auto gate = std::make_shared<Gate>();
        auto handle = spawn_detached([gate] {
            gate->open.wait();
            return 1;
        });
        for (int i = 0; i < 3; ++i) {
            const auto none = co_await select(biased, handle, yield_now());
            BOOST_TEST(none.is<1>());
        }
        gate->opening.set_value();
        const auto result = co_await handle;
        BOOST_TEST(result.value() == 1);
    });
}

BOOST_AUTO_TEST_CASE(aborting_stops_what_looks_at_its_token_and_what_has_not_started) {
    on_every_runtime([]() -> Task<void> {
        auto started = spawn_detached([](std::stop_token stop) {
            while (!stop.stop_requested()) {
                std::this_thread::yield();
            }
            return true;
        });
        started.abort();
        const auto stopped = co_await started;
        // It may not have begun when it was aborted.
        BOOST_TEST((stopped.has_value() || stopped.error().is_cancelled()));
    });
}

BOOST_AUTO_TEST_CASE(no_more_jobs_than_threads_run_at_once) {
    on_every_runtime([]() -> Task<void> {
        static auto* const pool = new detail::DetachedPool(2);
        const auto gate = std::make_shared<Gate>();
        const auto running = std::make_shared<std::atomic<int>>(0);
        std::vector<JoinHandle<int>> handles;
        for (int i = 0; i < 6; ++i) {
            handles.push_back(pool->spawn([gate, running] {
                const int now_running = running->fetch_add(1) + 1;
                gate->open.wait();
                running->fetch_sub(1);
                return now_running;
            }));
        }
        while (running->load() < 2) {
            co_await yield_now();
        }
        gate->opening.set_value();
        for (auto& handle : handles) {
            const auto at_once = co_await handle;
            BOOST_TEST(at_once.value() <= 2);
        }
    });
}

// A job that ends wakes its task just when the runtime of that task goes away.
BOOST_AUTO_TEST_CASE(jobs_end_while_runtimes_do) {
    for_each_flavor([](Builder builder) {
        for (int round = 0; round < 200; ++round) {
            Runtime runtime = builder.build();
            const auto gate = std::make_shared<Gate>();
            for (int i = 0; i < 3; ++i) {
                runtime
                    .spawn(
                        [](std::shared_ptr<Gate> waiting) -> Task<void> {
                            auto waits = [waiting] { waiting->open.wait(); };
                            auto job = spawn_detached(std::move(waits));
                            const auto unused = co_await job;
                        },
                        gate)
                    .detach();
            }
            if (round % 2 == 0) {
                runtime.block_on([]() -> Task<void> { co_await yield_now(); });
            }
            gate->opening.set_value();
            if (round % 3 == 0) {
                runtime.shutdown_background();
            }
        }
    });
}

BOOST_AUTO_TEST_SUITE_END()
