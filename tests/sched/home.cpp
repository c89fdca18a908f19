// SPDX-License-Identifier: MIT
// Which reactor watches the descriptors of a worker, and who runs what its events bring.
#include "support/leak_guard.hpp"
#include "support/pipe.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/reactor/reactor.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <memory>
#include <set>
#include <thread>
#include <vector>

using edo::test::LeakGuard;
using edo::test::Pipe;

namespace {

/// Goes on when `all` tasks are here, each therefore on a thread of its own.
void meet(std::atomic<int>& here, int all) {
    ++here;
    while (here < all) {
        std::this_thread::yield();
    }
}

edo::Task<const edo::detail::Reactor*> home_of_a_worker(std::atomic<int>& here, int all) {
    meet(here, all);
    co_return edo::detail::reactor_for_current_task().get();
}

std::size_t homes_of(unsigned workers) {
    edo::Runtime runtime = edo::Builder::multi_thread(workers).build();
    return runtime.block_on([](int all) -> edo::Task<std::size_t> {
        std::atomic<int> here = 0;
        std::vector<edo::JoinHandle<const edo::detail::Reactor*>> tasks;
        for (int i = 0; i < all; ++i) {
            tasks.push_back(edo::spawn(home_of_a_worker(here, all)));
        }
        std::set<const edo::detail::Reactor*> homes;
        for (auto& task : tasks) {
            const edo::JoinResult<const edo::detail::Reactor*> home = co_await task;
            homes.insert(home.value());
        }
        co_return homes.size();
    }(int(workers)));
}

edo::Task<void> meets_the_others(Pipe& pipe, std::atomic<int>& waiting, std::atomic<int>& here,
                                 int all) {
    ++waiting;
    static_cast<void>(co_await pipe.read());
    meet(here, all);
}

BOOST_AUTO_TEST_SUITE(home)

BOOST_AUTO_TEST_CASE(four_workers_share_one) {
    const LeakGuard guard;
    BOOST_TEST(homes_of(1) == 1U);
    BOOST_TEST(homes_of(2) == 1U);
    BOOST_TEST(homes_of(4) == 1U);
    BOOST_TEST(homes_of(5) == 2U);
    BOOST_TEST(homes_of(9) == 3U);
}

// Each of the three is woken by the same home, and none of them ends unless two others run.
BOOST_AUTO_TEST_CASE(few_events_that_take_long_are_served_by_several_workers) {
    const LeakGuard guard;
    edo::Runtime runtime = edo::Builder::multi_thread(3).build();
    runtime.block_on([]() -> edo::Task<void> {
        constexpr int kAll = 3;
        std::vector<std::unique_ptr<Pipe>> pipes;
        std::vector<edo::JoinHandle<void>> tasks;
        std::atomic<int> waiting = 0;
        std::atomic<int> here = 0;
        for (int i = 0; i < kAll; ++i) {
            pipes.push_back(std::make_unique<Pipe>());
            tasks.push_back(edo::spawn(meets_the_others(*pipes.back(), waiting, here, kAll)));
        }
        while (waiting < kAll) {
            co_await edo::yield_now();
        }
        for (const auto& pipe : pipes) {
            pipe->write('x');
        }
        for (auto& task : tasks) {
            static_cast<void>(co_await task);
        }
        BOOST_TEST(here == kAll);
    }());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
