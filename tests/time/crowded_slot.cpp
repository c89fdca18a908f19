// SPDX-License-Identifier: MIT
#include <edo/runtime/time/timer_wheel.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <deque>
#include <vector>

using namespace edo;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(timer_wheel)

// Timers that are far away share a slot, and are sorted apart when the wheel gets there. None of
// them may then stay behind one that was armed before it and is due later.
BOOST_AUTO_TEST_CASE(timers_that_shared_a_slot_fire_in_the_order_of_their_deadlines) {
    for (const auto scale : {1ms, 64ms, 4096ms}) {
        const Instant start{};
        detail::TimerWheel wheel(start);
        std::deque<detail::TimerLeaf> timers;
        for (const int at : {100, 70, 90, 64, 127, 65}) {
            timers.emplace_back(start + at * scale);
            BOOST_TEST(wheel.insert(timers.back()));
        }
        std::vector<Duration> fired;
        while (const auto event = wheel.next_event()) {
            while (detail::TimerLeaf* const timer = wheel.pop_expired(*event)) {
                BOOST_TEST((wheel.instant_of(*event) == timer->deadline()));
                fired.push_back((timer->deadline() - start) / scale.count());
            }
        }
        const std::vector<Duration> expected = {64ms, 65ms, 70ms, 90ms, 100ms, 127ms};
        BOOST_TEST((fired == expected));
    }
}

BOOST_AUTO_TEST_SUITE_END()
