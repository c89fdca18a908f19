// SPDX-License-Identifier: MIT
#include <edo/runtime/core/random.hpp>
#include <edo/runtime/time/timer_wheel.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

using namespace std::chrono_literals;
using edo::Instant;
using edo::detail::Random;
using edo::detail::TimerLeaf;
using edo::detail::TimerWheel;
using Tick = TimerWheel::Tick;

namespace {

const Instant kStart = Instant(1234567ns);

Instant at_tick(Tick tick) {
    return kStart + std::chrono::milliseconds(tick);
}

BOOST_AUTO_TEST_SUITE(timer_wheel)

BOOST_AUTO_TEST_CASE(rounds_deadlines_up_and_time_down) {
    const TimerWheel wheel(kStart);
    BOOST_TEST(wheel.tick_at_or_after(kStart) == 0U);
    BOOST_TEST(wheel.tick_at_or_after(kStart - 1h) == 0U);
    BOOST_TEST(wheel.tick_at_or_after(kStart + 1ns) == 1U);
    BOOST_TEST(wheel.tick_at_or_after(kStart + 1ms) == 1U);
    BOOST_TEST(wheel.tick_at_or_after(kStart + 1ms + 1ns) == 2U);
    BOOST_TEST(wheel.tick_at_or_before(kStart) == 0U);
    BOOST_TEST(wheel.tick_at_or_before(kStart - 1h) == 0U);
    BOOST_TEST(wheel.tick_at_or_before(kStart + 1ms - 1ns) == 0U);
    BOOST_TEST(wheel.tick_at_or_before(kStart + 1ms) == 1U);
    BOOST_TEST((wheel.instant_of(7) == kStart + 7ms));
}

BOOST_AUTO_TEST_CASE(refuses_what_is_due_already) {
    TimerWheel wheel(kStart);
    TimerLeaf now(kStart);
    TimerLeaf later(kStart + 1ns);
    BOOST_TEST(!wheel.insert(now));
    BOOST_TEST(wheel.insert(later));
    BOOST_TEST(wheel.size() == 1U);
    BOOST_TEST((wheel.pop_expired(0) == nullptr));
    BOOST_TEST((wheel.pop_expired(1) == &later));
    BOOST_TEST((wheel.pop_expired(1) == nullptr));
    BOOST_TEST(wheel.size() == 0U);
    TimerLeaf passed(at_tick(1));
    BOOST_TEST(!wheel.insert(passed));
}

BOOST_AUTO_TEST_CASE(fires_timers_of_one_tick_in_the_order_in_which_they_were_armed) {
    TimerWheel wheel(kStart);
    std::deque<TimerLeaf> leaves;
    for (int i = 0; i < 10; ++i) {
        BOOST_TEST(wheel.insert(leaves.emplace_back(at_tick(5))));
    }
    for (TimerLeaf& leaf : leaves) {
        BOOST_TEST((wheel.pop_expired(5) == &leaf));
    }
}

/// One timer for each distance, from each start: it fires at its tick, not before.
void check_distance(Tick start, Tick distance) {
    TimerWheel wheel(kStart);
    BOOST_TEST_REQUIRE((wheel.pop_expired(start) == nullptr));
    TimerLeaf leaf(at_tick(start + distance));
    BOOST_TEST_REQUIRE(wheel.insert(leaf));
    Tick now = start;
    while (const std::optional<Tick> event = wheel.next_event()) {
        BOOST_TEST_REQUIRE(*event <= start + distance);
        BOOST_TEST_REQUIRE(*event >= now);
        now = std::max(now, *event);
        if (now == start + distance) {
            break;
        }
        BOOST_TEST_REQUIRE((wheel.pop_expired(now) == nullptr));
    }
    BOOST_TEST_REQUIRE((wheel.pop_expired(start + distance - 1) == nullptr));
    BOOST_TEST_REQUIRE((wheel.pop_expired(start + distance) == &leaf));
    BOOST_TEST_REQUIRE(wheel.size() == 0U);
}

BOOST_AUTO_TEST_CASE(keeps_each_deadline_at_the_borders_of_its_levels) {
    std::vector<Tick> interesting{1, 2, 3};
    for (unsigned bits = 5; bits <= 42; ++bits) {
        for (const std::int64_t delta : {-2, -1, 0, 1, 2}) {
            interesting.push_back((Tick{1} << bits) + Tick(delta));
        }
    }
    for (const Tick start : interesting) {
        for (const Tick distance : interesting) {
            check_distance(start, distance);
        }
    }
}

/// The wheel and a model that is obviously right, under random operations.
class Comparison {
public:
    explicit Comparison(std::uint64_t seed) : random_(seed) {}

    void step() {
        const std::uint32_t choice = random_.below(100);
        if (choice < 55) {
            insert();
        } else if (choice < 75) {
            remove();
        } else {
            advance();
        }
        BOOST_TEST_REQUIRE(wheel_.size() == model_.size());
        check_next_event();
    }

    void drain() {
        while (!model_.empty()) {
            now_ = std::max(now_, model_.begin()->first);
            expire();
        }
        BOOST_TEST_REQUIRE(wheel_.size() == 0U);
    }

private:
    /// Small, large and huge distances alike.
    Tick random_distance() { return random_.next() >> (63U - random_.below(42)); }

    void insert() {
        const Tick tick = now_ + random_distance();
        TimerLeaf& leaf = leaves_.emplace_back(at_tick(tick));
        const bool inserted = wheel_.insert(leaf);
        BOOST_TEST_REQUIRE(inserted == (tick > now_));
        if (inserted) {
            model_.emplace(tick, &leaf);
        }
    }

    void remove() {
        if (model_.empty()) {
            return;
        }
        auto chosen = model_.lower_bound(now_ + random_distance());
        if (chosen == model_.end()) {
            chosen = model_.begin();
        }
        wheel_.remove(*chosen->second);
        BOOST_TEST_REQUIRE(!chosen->second->is_linked());
        model_.erase(chosen);
    }

    void advance() {
        const std::optional<Tick> event = wheel_.next_event();
        if (random_.below(2) == 0 && event) {
            now_ = std::max(now_, *event - random_.below(2));
        } else {
            now_ += random_distance() / 16;
        }
        expire();
    }

    void expire() {
        Tick last = 0;
        while (TimerLeaf* const leaf = wheel_.pop_expired(now_)) {
            const Tick tick = wheel_.tick_at_or_after(leaf->deadline());
            BOOST_TEST_REQUIRE(tick <= now_);
            BOOST_TEST_REQUIRE(tick >= last);
            last = tick;
            auto [begin, end] = model_.equal_range(tick);
            const auto found = std::find_if(
                begin, end, [leaf](const auto& entry) { return entry.second == leaf; });
            BOOST_TEST_REQUIRE((found != end));
            model_.erase(found);
        }
        BOOST_TEST_REQUIRE((model_.empty() || model_.begin()->first > now_));
    }

    void check_next_event() {
        const std::optional<Tick> event = wheel_.next_event();
        BOOST_TEST_REQUIRE(event.has_value() == !model_.empty());
        if (event) {
            BOOST_TEST_REQUIRE(*event <= model_.begin()->first);
            BOOST_TEST_REQUIRE(*event >= now_);
        }
    }

    Random random_;
    TimerWheel wheel_{kStart};
    std::multimap<Tick, TimerLeaf*> model_;
    std::deque<TimerLeaf> leaves_;
    Tick now_ = 0;
};

BOOST_AUTO_TEST_CASE(does_what_a_sorted_map_does) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            Comparison comparison(seed);
            for (int i = 0; i < 2000; ++i) {
                comparison.step();
            }
            comparison.drain();
        }
    }
}

BOOST_AUTO_TEST_CASE(gives_up_all_timers_for_shutdown) {
    TimerWheel wheel(kStart);
    std::deque<TimerLeaf> leaves;
    for (const Tick tick : {1U, 63U, 64U, 5000U, 300000U}) {
        BOOST_TEST(wheel.insert(leaves.emplace_back(at_tick(tick))));
    }
    std::size_t count = 0;
    while (TimerLeaf* const leaf = wheel.pop_any()) {
        BOOST_TEST(!leaf->is_linked());
        ++count;
    }
    BOOST_TEST(count == leaves.size());
    BOOST_TEST(!wheel.next_event().has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
