// SPDX-License-Identifier: MIT
#include <edo/runtime/core/thread_signal.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <sched.h>
#include <thread>

using edo::detail::ShortWait;
using edo::detail::ThreadSignal;
using namespace std::chrono_literals;

namespace {

using Look = ShortWait::Look;

/// How often a wait looks that finds nothing.
unsigned looks_in_vain(ShortWait& wait) {
    unsigned looks = 0;
    const Look seen = wait.wait([&looks] {
        ++looks;
        return Look::Nothing;
    });
    BOOST_TEST((seen == Look::Nothing));
    return looks;
}

/// How many waits give up at once, until one looks again, in vain.
unsigned skipped(ShortWait& wait) {
    unsigned count = 0;
    while (looks_in_vain(wait) == 0) {
        ++count;
    }
    return count;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(short_wait)

BOOST_AUTO_TEST_CASE(ends_when_it_has_found_something) {
    for (const auto manner : {ShortWait::Manner::Pauses, ShortWait::Manner::Yields}) {
        ShortWait wait(manner);
        unsigned looks = 0;
        const Look seen =
            wait.wait([&looks] { return ++looks == 3 ? Look::Found : Look::Nothing; });
        BOOST_TEST((seen == Look::Found));
        BOOST_TEST(looks == 3U);
    }
}

BOOST_AUTO_TEST_CASE(lets_others_run_meanwhile_where_there_is_one_cpu) {
    cpu_set_t cpus;
    BOOST_REQUIRE(::sched_getaffinity(0, sizeof cpus, &cpus) == 0);
    const bool has_one = CPU_COUNT(&cpus) == 1;
    BOOST_TEST((ShortWait::best_here() == ShortWait::Manner::Yields) == has_one);
    auto manner = ShortWait::Manner::Pauses;
    std::thread([&manner] {
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(::sched_getcpu(), &one);
        static_cast<void>(::sched_setaffinity(0, sizeof one, &one));
        manner = ShortWait::best_here();
    }).join();
    BOOST_TEST((manner == ShortWait::Manner::Yields));
}

BOOST_AUTO_TEST_CASE(is_left_out_more_and_more_often_where_it_is_in_vain) {
    ShortWait wait(ShortWait::Manner::Pauses);
    BOOST_TEST(looks_in_vain(wait) > 0U);
    unsigned expected = 1;
    for (unsigned round = 0; round < 10; ++round) {
        BOOST_TEST(skipped(wait) == expected);
        expected = expected < 255 ? 2 * expected + 1 : 255;
    }
}

BOOST_AUTO_TEST_CASE(comes_back_where_it_helps) {
    ShortWait wait(ShortWait::Manner::Pauses);
    static_cast<void>(looks_in_vain(wait));
    for (unsigned round = 0; round < 5; ++round) {
        static_cast<void>(skipped(wait));
    }
    unsigned left_out = 0;
    unsigned found = 0;
    for (unsigned round = 0; round < 100; ++round) {
        const Look seen = wait.wait([] { return Look::Found; });
        (seen == Look::Found ? found : left_out) += 1;
    }
    BOOST_TEST(left_out == 63U);  // once, after those five and the one before
    BOOST_TEST(found == 37U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(thread_signal)

BOOST_AUTO_TEST_CASE(that_is_set_ends_the_next_wait_and_no_other) {
    ThreadSignal signal;
    ShortWait wait(ShortWait::Manner::Pauses);
    signal.set();
    signal.set();
    BOOST_TEST(signal.wait(wait));
    BOOST_TEST(!signal.wait(wait, std::chrono::steady_clock::now() + 1ms));
    signal.set();
    BOOST_TEST(signal.wait(wait));
}

BOOST_AUTO_TEST_CASE(that_is_not_set_waits_until_the_deadline) {
    ThreadSignal signal;
    ShortWait wait(ShortWait::Manner::Pauses);
    const auto deadline = std::chrono::steady_clock::now() + 20ms;
    BOOST_TEST(!signal.wait(wait, deadline));
    BOOST_TEST((std::chrono::steady_clock::now() >= deadline));
}

/// The owner destroys each signal as soon as it is set.
BOOST_AUTO_TEST_CASE(wakes_its_owner_again_and_again) {
    constexpr unsigned kRounds = 20'000;
    std::atomic<ThreadSignal*> current{nullptr};
    unsigned value = 0;  // ordered by the signals
    std::thread setter([&current, &value] {
        for (unsigned round = 0; round < kRounds; ++round) {
            ThreadSignal* signal = nullptr;
            while (signal == nullptr) {
                signal = current.exchange(nullptr, std::memory_order_acquire);
                std::this_thread::yield();
            }
            ++value;
            signal->set();
        }
    });
    ShortWait wait(ShortWait::Manner::Pauses);
    unsigned right = 0;
    for (unsigned round = 0; round < kRounds; ++round) {
        const auto signal = std::make_unique<ThreadSignal>();
        current.store(signal.get(), std::memory_order_release);
        right += signal->wait(wait) && value == round + 1 ? 1 : 0;
    }
    setter.join();
    BOOST_TEST(right == kRounds);
}

BOOST_AUTO_TEST_SUITE_END()
