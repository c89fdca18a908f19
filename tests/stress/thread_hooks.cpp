// SPDX-License-Identifier: MIT
#include "stress/stress.hpp"
#include "support/flavors.hpp"

#include <atomic>
#include <stdexcept>

using edo::test::for_each_flavor;
using edo::test::StressGuard;

namespace {

BOOST_AUTO_TEST_SUITE(hooks)

BOOST_AUTO_TEST_CASE(thread_hooks_that_throw_do_not_end_the_process) {
    const StressGuard guard("thread_hooks_that_throw");
    for_each_flavor([](edo::Builder builder) {
        std::atomic<int> parks{0};
        std::atomic<int> unparks{0};
        builder.on_thread_start([] { throw std::runtime_error("at the start"); });
        builder.on_thread_stop([] { throw std::runtime_error("at the stop"); });
        builder.on_thread_park([&parks] {
            if (++parks == 1) {
                throw std::runtime_error("at the first park");
            }
        });
        builder.on_thread_unpark([&unparks] {
            if (++unparks == 1) {
                throw 1;
            }
        });
        edo::Runtime runtime = builder.build();
        const int value = runtime.block_on([]() -> edo::Task<int> {
            co_await edo::sleep(std::chrono::milliseconds(2));
            auto job = edo::spawn_blocking([] { return 5; });
            const edo::JoinResult<int> result = co_await job;
            co_return result.value_or(0);
        });
        BOOST_TEST(value == 5);
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
