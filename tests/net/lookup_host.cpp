// SPDX-License-Identifier: MIT
#include "fake_system.hpp"
#include "net_test.hpp"
#include "support/child_case.hpp"
#include <edo/net/lookup_host.hpp>
#include <edo/runtime/blocking/detached_pool.hpp>

#include <boost/test/unit_test.hpp>

using namespace edo;
using namespace edo::test;
using net::lookup_host;

namespace {

constexpr std::size_t kThreads = detail::DetachedPool::kSharedThreads;

}  // namespace

BOOST_AUTO_TEST_SUITE(lookup)

BOOST_AUTO_TEST_CASE(a_numeric_host_is_returned_at_once_and_takes_no_thread) {
    on_every_runtime([]() -> Task<void> {
        SlowLookUps slow;
        std::vector<JoinHandle<void>> busy;
        for (std::size_t i = 0; i < kThreads; ++i) {
            busy.push_back(
                spawn([]() -> Task<void> { must(co_await lookup_host("a.slow.test:1")); }));
        }
        co_await spawn_blocking([&] { slow.wait_until_hanging(kThreads); });
        const auto v4 = must(co_await lookup_host("127.0.0.1:80"));
        BOOST_TEST(v4.size() == 1u);
        BOOST_TEST(v4.front().to_string() == "127.0.0.1:80");
        const auto v6 = must(co_await lookup_host("[::1]:80"));
        BOOST_TEST(v6.front().to_string() == "[::1]:80");
        const auto apart = must(co_await lookup_host("::1", 81));
        BOOST_TEST(apart.front().to_string() == "[::1]:81");
        slow.release(busy.size());
        for (auto& task : busy) {
            const auto ended = co_await task;
            BOOST_TEST(ended.has_value());
        }
    });
}

BOOST_AUTO_TEST_CASE(names_are_looked_up) {
    on_every_runtime([]() -> Task<void> {
        const auto found = must(co_await lookup_host("localhost:8080"));
        BOOST_REQUIRE(!found.empty());
        for (const auto& address : found) {
            BOOST_TEST(address.ip().is_loopback());
            BOOST_TEST(address.port() == 8080);
        }
    });
}

BOOST_AUTO_TEST_CASE(each_address_comes_once_in_the_resolvers_order) {
    on_every_runtime([]() -> Task<void> {
        const auto found = must(co_await lookup_host("two.test", 7));
        BOOST_REQUIRE(found.size() == 2u);
        BOOST_TEST(found[0].to_string() == "127.0.0.2:7");
        BOOST_TEST(found[1].to_string() == "127.0.0.1:7");
    });
}

BOOST_AUTO_TEST_CASE(errors_name_the_host) {
    on_every_runtime([]() -> Task<void> {
        const auto missing = co_await lookup_host("missing.test:80");
        BOOST_REQUIRE(!missing.has_value());
        BOOST_TEST(missing.error().message() ==
                   "cannot look up missing.test:80: Host not found (authoritative)");
        BOOST_TEST(missing.error().address() == "missing.test:80");
        for (const char* const bad : {"localhost", "localhost:http", "localhost:70000", ""}) {
            const auto refused = co_await lookup_host(bad);
            BOOST_REQUIRE(!refused.has_value());
            BOOST_TEST((refused.error() == std::errc::invalid_argument));
        }
    });
}

BOOST_AUTO_TEST_CASE(slow_look_ups_run_at_the_same_time) {
    on_every_runtime([]() -> Task<void> {
        SlowLookUps slow;
        std::vector<JoinHandle<std::size_t>> tasks;
        for (std::size_t i = 0; i < kThreads + 2; ++i) {
            tasks.push_back(spawn([]() -> Task<std::size_t> {
                const auto found = must(co_await lookup_host("a.slow.test:1"));
                co_return found.size();
            }));
        }
        // All threads are busy, the last two look-ups wait for one.
        co_await spawn_blocking([&slow] { slow.wait_until_hanging(kThreads); });
        BOOST_TEST(slow.started() == kThreads);
        BOOST_TEST(slow.thread_name() == "edo-detached");
        slow.release(kThreads + 2);
        for (auto& task : tasks) {
            const auto found = co_await task;
            BOOST_TEST(found.value() == 1u);
        }
        BOOST_TEST(slow.started() == kThreads + 2);
    });
}

BOOST_AUTO_TEST_CASE(a_dropped_look_up_ends_at_once) {
    on_every_runtime([]() -> Task<void> {
        SlowLookUps slow;
        auto started = spawn_blocking([&slow] { slow.wait_until_hanging(1); });
        const auto first = co_await select(biased, lookup_host("a.slow.test:1"), started);
        BOOST_TEST(first.is<1>());
        // The thread comes back to nobody, also after the runtime has gone on.
        slow.release(1);
        co_await spawn_blocking([&slow] { slow.wait_until_hanging(0); });
    });
}

BOOST_AUTO_TEST_CASE(a_look_up_that_was_dropped_in_the_queue_never_starts) {
    on_every_runtime([]() -> Task<void> {
        SlowLookUps slow;
        std::vector<JoinHandle<void>> busy;
        for (std::size_t i = 0; i < kThreads; ++i) {
            busy.push_back(
                spawn([]() -> Task<void> { must(co_await lookup_host("a.slow.test:1")); }));
        }
        co_await spawn_blocking([&slow] { slow.wait_until_hanging(kThreads); });
        auto queued = co_await select(biased, lookup_host("b.slow.test:1"), yield_now());
        BOOST_TEST(queued.is<1>());
        slow.release(kThreads);
        for (auto& task : busy) {
            const auto ended = co_await task;
            BOOST_TEST(ended.has_value());
        }
        // One more goes through all that was queued before it.
        slow.release(1);
        must(co_await lookup_host("c.slow.test:1"));
        BOOST_TEST(slow.started() == kThreads + 1);
    });
}

BOOST_AUTO_TEST_CASE(a_hanging_look_up_does_not_delay_the_runtimes_end) {
    SlowLookUps slow;
    std::size_t hanging = 0;
    for_each_flavor_and_reactor([&](Runtime& runtime) {
        runtime.block_on([&]() -> Task<void> {
            spawn([]() -> Task<void> { must(co_await lookup_host("a.slow.test:1")); }).detach();
            co_await spawn_blocking([&slow, &hanging] { slow.wait_until_hanging(++hanging); });
        });
        // The runtime ends here, while all of them hang.
    });
    BOOST_TEST(slow.hanging() == hanging);
}

BOOST_AUTO_TEST_CASE(a_paused_clock_waits_for_a_look_up) {
    for (const ReactorKind reactor : {ReactorKind::Epoll, ReactorKind::Asio}) {
        const LeakGuard guard;
        Runtime runtime = Builder::current_thread().start_paused().reactor(reactor).build();
        runtime.block_on([]() -> Task<void> {
            SlowLookUps slow;
            const Instant start = now();
            auto releasing = spawn_blocking([&slow] {
                slow.wait_until_hanging(1);
                slow.release(1);
            });
            auto first = co_await select(lookup_host("a.slow.test:1"), sleep(1h));
            BOOST_TEST(first.is<0>());
            BOOST_TEST((now() == start));
            const auto released = co_await releasing;
            BOOST_TEST(released.has_value());
            // Afterwards it moves on by itself again.
            co_await sleep(1h);
            BOOST_TEST((now() - start == 1h));
        });
    }
}

BOOST_AUTO_TEST_CASE(a_look_up_can_be_awaited_in_another_runtime_than_it_was_started_in) {
    // Many at once, and both runtimes end right afterwards: the threads of the pool may still be
    // about to wake somebody.
    for (int round = 0; round < 20; ++round) {
        const LeakGuard guard;
        Runtime one = Builder::multi_thread(1).build();
        Runtime other = Builder::current_thread().build();
        auto started = one.block_on(
            []() -> Task<JoinHandle<int>> { co_return detail::spawn_detached([] { return 42; }); });
        const int value = other.block_on([&started]() -> Task<int> {
            const auto result = co_await started;
            co_return result.value();
        });
        BOOST_TEST(value == 42);
    }
}

// ---- the end of the process --------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_hanging_look_up_does_not_delay_the_end_of_the_process) {
    if (!is_child()) {
        const ChildEnd end = run_case_in_child(
            "lookup/a_hanging_look_up_does_not_delay_the_end_of_the_process", "EDO_LOG", "error");
        BOOST_TEST(end.exit_code == 0, end.output);
        return;
    }
    static auto* const slow = new SlowLookUps;  // its destructor would wait for the look-up
    Runtime runtime = Builder::multi_thread(2).build();
    runtime.spawn([]() -> Task<void> { must(co_await lookup_host("a.slow.test:1")); }).detach();
    slow->wait_until_hanging(1);
}

BOOST_AUTO_TEST_SUITE_END()
