// SPDX-License-Identifier: MIT
// Several threads in `block_on` of the same runtime.
#include "stress/stress.hpp"
#include "support/flavors.hpp"

#include <atomic>

using edo::detail::Random;
using edo::test::Event;
using edo::test::for_each_flavor;
using edo::test::ForeignWakers;
using edo::test::LeakGuard;
using edo::test::random_of;
using edo::test::StressGuard;
using std::chrono::microseconds;

namespace {

edo::Task<int> work(Random random, ForeignWakers& wakers, int value) {
    const std::shared_ptr<Event> event = wakers.soon();
    switch (random.below(4)) {
        case 0:
            co_await *event;
            break;
        case 1:
            co_await edo::sleep(microseconds(random.below(800)));
            break;
        case 2:
            co_await edo::yield_now();
            break;
        default:
            break;
    }
    auto part = edo::spawn([](int n) -> edo::Task<int> {
        co_await edo::yield_now();
        co_return n;
    }(value));
    const edo::JoinResult<int> result = co_await part;
    co_return result.value_or(-1);
}

BOOST_AUTO_TEST_SUITE(block_on)

BOOST_AUTO_TEST_CASE(several_threads_may_block_on_one_runtime) {
    const StressGuard guard("several_threads_may_block_on_one_runtime");
    for_each_flavor([](edo::Runtime& runtime) {
        ForeignWakers wakers(2);
        std::atomic<int> wrong{0};
        std::vector<std::thread> threads;
        for (unsigned t = 0; t < 6; ++t) {
            threads.emplace_back([&, t] {
                Random random = random_of(t);
                for (int i = 0; i < edo::test::rounds(3000); ++i) {
                    const int value = runtime.block_on(work(Random(random.next()), wakers, i));
                    wrong += value == i ? 0 : 1;
                }
            });
        }
        for (std::thread& thread : threads) {
            thread.join();
        }
        BOOST_TEST(wrong == 0);
    });
}

/// The first thread drives the runtime, also for the second one, whose root it finishes: the second
/// must return although the first goes on.
BOOST_AUTO_TEST_CASE(a_root_that_another_thread_finishes_returns_at_once) {
    const StressGuard guard("a_root_that_another_thread_finishes", std::chrono::seconds(20));
    for_each_flavor([](edo::Runtime& runtime) {
        for (int i = 0; i < edo::test::rounds(4000); ++i) {
            Event driving;
            Event second_is_back;
            std::thread first([&] {
                runtime.block_on([](Event& started, Event& end) -> edo::Task<void> {
                    started.set();
                    co_await end;
                }(driving, second_is_back));
            });
            driving.wait();
            runtime.block_on([](Random random) -> edo::Task<void> {
                for (std::uint32_t n = random.below(3); n > 0; --n) {
                    co_await edo::yield_now();
                }
            }(random_of(unsigned(i))));
            second_is_back.set();
            first.join();
        }
    });
}

/// `Handle::block_on` may be under way in another thread when the runtime ends. It goes on; what it
/// waits for fails.
BOOST_AUTO_TEST_CASE(a_runtime_may_end_while_another_thread_is_in_block_on) {
    const StressGuard guard("a_runtime_may_end_while_another_thread_is_in_block_on");
    const LeakGuard leaks;
    ForeignWakers wakers(2);
    for (int round = 0; round < edo::test::rounds(1000); ++round) {
        Random random = random_of(unsigned(round));
        edo::Runtime runtime = edo::test::flavors()[unsigned(round) % 3].builder.build();
        std::thread other([&wakers, handle = runtime.handle(), seed = random.next()] {
            Random r(seed);
            try {
                for (;;) {
                    handle.block_on(work(Random(r.next()), wakers, 1));
                }
            } catch (const edo::UsageError&) {
                // the runtime was shut down
            }
        });
        std::this_thread::sleep_for(microseconds(random.below(3000)));
        if (random.below(3) == 0) {
            runtime.shutdown_background();
        }
        {
            const edo::Runtime ended = std::move(runtime);
        }
        other.join();
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
