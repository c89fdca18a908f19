// SPDX-License-Identifier: MIT
#include "support/cancel_driver.hpp"
#include "support/event.hpp"
#include "support/flavors.hpp"
#include "support/on_paused_clock.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/core/random.hpp>
#include <edo/runtime/delay_queue.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using edo::DelayQueue;
using edo::Duration;
using edo::Instant;
using edo::test::armed_timers;
using edo::test::drive;
using edo::test::Event;
using edo::test::for_each_flavor;
using edo::test::on_paused_clock;

namespace {

using Queue = DelayQueue<std::string>;

/// Checks which entry comes next, and when, counted from `start`.
edo::Task<void> expect_next(Queue& queue, std::string value, Instant start, Duration when) {
    auto expired = co_await queue.next();
    BOOST_REQUIRE(expired.has_value());
    BOOST_TEST(expired->value == value);
    BOOST_TEST((edo::now() - start) / 1us == when / 1us);
    BOOST_TEST((expired->deadline() <= edo::now()));
    BOOST_TEST(!queue.contains(expired->key()));
}

edo::Task<void> expect_none(Queue& queue) {
    const auto expired = co_await queue.next();
    BOOST_TEST(!expired.has_value());
}

/// Does something to the queue, later.
template <class Change>
edo::Task<void> after(Duration delay, Change change) {
    co_await edo::sleep(delay);
    change();
}

BOOST_AUTO_TEST_SUITE(delay_queue)

BOOST_AUTO_TEST_CASE(entries_come_in_the_order_of_their_deadlines) {
    on_paused_clock([]() -> edo::Task<void> {
        const Instant start = edo::now();
        Queue queue;
        queue.insert("c", 30ms);
        queue.insert("a", 10ms);
        queue.insert_at("b", start + 20ms);
        queue.insert("b again", 20ms);
        BOOST_TEST(queue.len() == 4U);
        co_await expect_next(queue, "a", start, 10ms);
        co_await expect_next(queue, "b", start, 20ms);
        co_await expect_next(queue, "b again", start, 20ms);
        co_await expect_next(queue, "c", start, 30ms);
        BOOST_TEST(queue.is_empty());
    });
}

BOOST_AUTO_TEST_CASE(an_empty_queue_yields_nothing_and_can_be_used_again) {
    on_paused_clock([]() -> edo::Task<void> {
        const Instant start = edo::now();
        Queue queue;
        co_await expect_none(queue);
        co_await expect_none(queue);
        queue.insert("a", 5ms);
        co_await expect_next(queue, "a", start, 5ms);
        co_await expect_none(queue);
        BOOST_TEST((edo::now() - start == 5ms));
    });
}

BOOST_AUTO_TEST_CASE(what_is_overdue_comes_at_once) {
    on_paused_clock([]() -> edo::Task<void> {
        const Instant start = edo::now();
        Queue queue;
        queue.insert("now", 0ms);
        queue.insert("negative", -5s);
        queue.insert_at("past", start - 1h);
        queue.insert_at("ancient", Instant::min());
        co_await expect_next(queue, "ancient", start, 0ms);
        co_await expect_next(queue, "past", start, 0ms);
        co_await expect_next(queue, "now", start, 0ms);
        co_await expect_next(queue, "negative", start, 0ms);
    });
}

BOOST_AUTO_TEST_CASE(deadlines_closer_than_a_tick_of_the_clock_keep_their_order) {
    on_paused_clock([]() -> edo::Task<void> {
        Queue queue;
        queue.insert("c", 1300us);
        queue.insert("a", 1100us);
        queue.insert("b", 1200us);
        std::string order;
        while (auto expired = co_await queue.next()) {
            order += expired->value;
        }
        BOOST_TEST(order == "abc");
    });
}

BOOST_AUTO_TEST_CASE(the_far_future_does_not_overflow) {
    on_paused_clock([]() -> edo::Task<void> {
        Queue queue;
        const auto far = queue.insert("far", Duration::max());
        const auto end = queue.insert_at("end", Instant::max());
        BOOST_TEST((queue.deadline(far) > edo::now() + 24h * 365));
        const auto waited = co_await edo::timeout(1h, queue.next());
        BOOST_TEST(!waited.has_value());
        queue.remove(far);
        const auto again = co_await edo::timeout(1h, queue.next());
        BOOST_TEST(!again.has_value());
        queue.remove(end);
    });
}

BOOST_AUTO_TEST_CASE(a_removed_entry_does_not_come) {
    on_paused_clock([]() -> edo::Task<void> {
        const Instant start = edo::now();
        Queue queue;
        const auto a = queue.insert("a", 10ms);
        const auto b = queue.insert("b", 20ms);
        queue.insert("c", 30ms);
        const auto removed = queue.remove(a);
        BOOST_TEST(removed.value == "a");
        BOOST_TEST((removed.deadline() - start == 10ms));
        BOOST_TEST((removed.key() == a));
        BOOST_TEST(queue.try_remove(b)->value == "b");
        BOOST_TEST(!queue.try_remove(b).has_value());
        co_await expect_next(queue, "c", start, 30ms);
        co_await expect_none(queue);
    });
}

BOOST_AUTO_TEST_CASE(keys_of_entries_that_are_gone_are_unknown) {
    on_paused_clock([]() -> edo::Task<void> {
        Queue queue;
        const auto removed = queue.insert("a", 1ms);
        queue.remove(removed);
        const auto other = queue.insert("b", 1ms);  // uses the same room
        BOOST_TEST(!queue.contains(removed));
        BOOST_TEST((removed != other));
        BOOST_CHECK_THROW(queue.remove(removed), edo::UsageError);
        BOOST_CHECK_THROW(queue.reset(removed, 1ms), edo::UsageError);
        BOOST_CHECK_THROW(static_cast<void>(queue.deadline(removed)), edo::UsageError);
        const auto expired = co_await queue.next();
        BOOST_TEST((expired->key() == other));
        BOOST_CHECK_THROW(queue.remove(other), edo::UsageError);
        const auto cleared = queue.insert("c", 1ms);
        queue.clear();
        BOOST_CHECK_THROW(queue.remove(cleared), edo::UsageError);
        Queue unused;
        BOOST_CHECK_THROW(unused.remove(cleared), edo::UsageError);
    });
}

BOOST_AUTO_TEST_CASE(reset_moves_an_entry_both_ways) {
    on_paused_clock([]() -> edo::Task<void> {
        const Instant start = edo::now();
        Queue queue;
        const auto a = queue.insert("a", 10ms);
        const auto b = queue.insert("b", 20ms);
        queue.reset(a, 40ms);
        queue.reset_at(b, start + 30ms);
        BOOST_TEST((queue.deadline(a) - start == 40ms));
        BOOST_TEST((*queue.peek() == b));
        co_await expect_next(queue, "b", start, 30ms);
        BOOST_TEST((*queue.peek() == a));
        queue.reset(a, 1ms);
        co_await expect_next(queue, "a", start, 31ms);
        BOOST_TEST(!queue.peek().has_value());
    });
}

BOOST_AUTO_TEST_CASE(clear_removes_everything) {
    on_paused_clock([]() -> edo::Task<void> {
        const Instant start = edo::now();
        Queue queue;
        queue.insert("a", 1ms);
        queue.insert("b", 2ms);
        queue.clear();
        BOOST_TEST(queue.is_empty());
        co_await expect_none(queue);
        queue.insert("c", 3ms);
        co_await expect_next(queue, "c", start, 3ms);
    });
}

BOOST_AUTO_TEST_CASE(an_earlier_entry_wakes_who_waits) {
    on_paused_clock([]() -> edo::Task<void> {
        const Instant start = edo::now();
        Queue queue;
        queue.insert("late", 1h);
        co_await edo::join(expect_next(queue, "early", start, 30ms),
                           after(10ms, [&queue] { queue.insert("early", 20ms); }));
        co_await edo::join(expect_next(queue, "overdue", start, 40ms),
                           after(10ms, [&queue] { queue.insert("overdue", -1ms); }));
        co_await expect_next(queue, "late", start, 1h);
    });
}

BOOST_AUTO_TEST_CASE(a_reset_wakes_who_waits) {
    on_paused_clock([]() -> edo::Task<void> {
        const Instant start = edo::now();
        Queue queue;
        auto key = queue.insert("a", 1h);
        co_await edo::join(expect_next(queue, "a", start, 20ms),
                           after(10ms, [&] { queue.reset(key, 10ms); }));
        key = queue.insert("b", 1h);
        co_await edo::join(expect_next(queue, "b", start, 30ms),
                           after(10ms, [&] { queue.reset(key, 0ms); }));
        key = queue.insert("c", 1h);
        co_await edo::join(expect_next(queue, "c", start, 40ms),
                           after(10ms, [&] { queue.reset_at(key, start); }));
        key = queue.insert("d", 10ms);
        co_await edo::join(expect_next(queue, "d", start, 1h),
                           after(5ms, [&] { queue.reset_at(key, start + 1h); }));
    });
}

BOOST_AUTO_TEST_CASE(a_removal_wakes_who_waits) {
    on_paused_clock([]() -> edo::Task<void> {
        const Instant start = edo::now();
        Queue queue;
        const auto a = queue.insert("a", 10ms);
        queue.insert("b", 30ms);
        co_await edo::join(expect_next(queue, "b", start, 30ms),
                           after(5ms, [&] { queue.remove(a); }));
        const auto c = queue.insert("c", 10ms);
        co_await edo::join(expect_none(queue), after(5ms, [&] { queue.remove(c); }));
        BOOST_TEST((edo::now() - start == 35ms));
        queue.insert("d", 10ms);
        co_await edo::join(expect_none(queue), after(5ms, [&] { queue.clear(); }));
        BOOST_TEST((edo::now() - start == 40ms));
    });
}

BOOST_AUTO_TEST_CASE(a_change_at_the_very_moment_of_expiry_counts) {
    on_paused_clock([]() -> edo::Task<void> {
        const Instant start = edo::now();
        Queue queue;
        const auto key = queue.insert("a", 10ms);
        // Both timers fire together, the one of `after` first: the wait is ready, and not run yet.
        co_await edo::join(after(10ms, [&] { queue.reset(key, 10ms); }),
                           expect_next(queue, "a", start, 20ms));
        const auto other = queue.insert("b", 10ms);
        co_await edo::join(after(10ms, [&] { queue.remove(other); }), expect_none(queue));
        BOOST_TEST((edo::now() - start == 30ms));
        const auto last = queue.insert("c", 10ms);
        co_await edo::join(after(10ms,
                                 [&] {
                                     queue.remove(last);
                                     queue.insert("d", 5ms);
                                 }),
                           expect_next(queue, "d", start, 45ms));
    });
}

BOOST_AUTO_TEST_CASE(a_dropped_wait_loses_nothing) {
    on_paused_clock([]() -> edo::Task<void> {
        const Instant start = edo::now();
        Queue queue;
        queue.insert("a", 100ms);
        for (int i = 0; i < 5; ++i) {
            const auto waited = co_await edo::timeout(10ms, queue.next());
            BOOST_TEST(!waited.has_value());
            BOOST_TEST(armed_timers(edo::Handle::current()) == 0U);
        }
        co_await expect_next(queue, "a", start, 100ms);
    });
}

BOOST_AUTO_TEST_CASE(only_one_branch_may_wait) {
    on_paused_clock([]() -> edo::Task<void> {
        Queue queue;
        queue.insert("a", 10ms);
        bool thrown = false;
        try {
            co_await edo::join(expect_none(queue), expect_none(queue));
        } catch (const edo::UsageError&) {
            thrown = true;
        }
        BOOST_TEST(thrown);
        co_await expect_next(queue, "a", edo::now(), 10ms);  // the queue is as good as before
    });
}

BOOST_AUTO_TEST_CASE(another_task_may_not_change_the_queue_while_one_waits) {
    on_paused_clock([]() -> edo::Task<void> {
        const Instant start = edo::now();
        Queue queue;
        const auto key = queue.insert("a", 20ms);
        auto meddle = [](Queue& other, edo::DelayKey of) -> edo::Task<void> {
            co_await edo::sleep(10ms);
            BOOST_CHECK_THROW(other.insert("b", 1ms), edo::UsageError);
            BOOST_CHECK_THROW(other.remove(of), edo::UsageError);
            BOOST_CHECK_THROW(other.reset(of, 1ms), edo::UsageError);
            BOOST_CHECK_THROW(other.clear(), edo::UsageError);
        };
        edo::JoinHandle<void> meddling = edo::spawn(meddle(queue, key));
        co_await expect_next(queue, "a", start, 20ms);
        static_cast<void>(co_await meddling);
        BOOST_TEST(queue.is_empty());
    });
}

BOOST_AUTO_TEST_CASE(values_need_only_be_movable_and_are_destroyed_when_taken) {
    on_paused_clock([]() -> edo::Task<void> {
        const auto watched = std::make_shared<int>(7);
        DelayQueue<std::unique_ptr<std::shared_ptr<int>>> queue;
        const auto key = queue.insert(std::make_unique<std::shared_ptr<int>>(watched), 1ms);
        queue.insert(std::make_unique<std::shared_ptr<int>>(watched), 2ms);
        queue.insert(std::make_unique<std::shared_ptr<int>>(watched), 3ms);
        queue.remove(key);
        BOOST_TEST(watched.use_count() == 3);
        static_cast<void>(co_await queue.next());
        BOOST_TEST(watched.use_count() == 2);
        DelayQueue<std::unique_ptr<std::shared_ptr<int>>> moved(std::move(queue));
        BOOST_TEST(moved.len() == 1U);
        moved.clear();
        BOOST_TEST(watched.use_count() == 1);
    });
}

BOOST_AUTO_TEST_CASE(random_changes_keep_the_order) {
    on_paused_clock([]() -> edo::Task<void> {
        edo::detail::Random random(11);
        DelayQueue<int> queue;
        std::map<int, std::pair<edo::DelayKey, Instant>> model;
        int next_value = 0;
        std::size_t checked = 0;
        for (int round = 0; round < 5000; ++round) {
            const Instant deadline = edo::now() + std::chrono::microseconds(random.below(50'000));
            const unsigned action = random.below(10);
            if (action < 5 || model.empty()) {
                const auto key = queue.insert_at(next_value, deadline);
                model.emplace(next_value++, std::pair(key, deadline));
            } else {
                auto chosen = model.begin();
                std::advance(chosen, random.below(unsigned(model.size())));
                if (action < 7) {
                    queue.reset_at(chosen->second.first, deadline);
                    chosen->second.second = deadline;
                } else if (action < 8) {
                    BOOST_TEST(queue.remove(chosen->second.first).value == chosen->first);
                    model.erase(chosen);
                } else {
                    const auto expired = co_await queue.next();
                    const auto first = std::min_element(
                        model.begin(), model.end(),
                        [](auto& a, auto& b) { return a.second.second < b.second.second; });
                    BOOST_TEST((expired->deadline() == first->second.second));
                    BOOST_TEST((model.at(expired->value).first == expired->key()));
                    BOOST_TEST((expired->deadline() <= edo::now()));
                    model.erase(expired->value);
                    ++checked;
                }
            }
            BOOST_TEST(queue.len() == model.size());
        }
        BOOST_TEST(checked > 500U);
    });
}

BOOST_AUTO_TEST_CASE(entries_that_are_overdue_let_others_in) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            bool stop = false;
            auto cycling = [](bool& end) -> edo::Task<void> {
                Queue queue;
                queue.insert("a", -1ms);
                while (!end) {
                    auto expired = co_await queue.next();
                    queue.insert(std::move(expired->value), -1ms);
                }
            };
            auto stopping = [](bool& end) -> edo::Task<void> {
                co_await edo::yield_now();
                end = true;
            };
            co_await edo::join(cycling(stop), stopping(stop));
        });
    });
}

BOOST_AUTO_TEST_CASE(a_wait_can_be_cancelled_at_each_suspension) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(drive([]() -> edo::Task<void> {
            Queue queue;
            queue.insert("a", 1ms);
            queue.insert("b", 2ms);
            while (true) {
                const auto expired = co_await queue.next();
                if (!expired) {
                    break;
                }
            }
        }));
        BOOST_TEST(driven.suspensions >= 1U);
    });
}

BOOST_AUTO_TEST_CASE(the_end_of_the_runtime_destroys_a_wait) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            auto waiting = std::make_shared<Event>();
            edo::spawn([waiting]() -> edo::Task<void> {
                Queue queue;
                queue.insert("a", 1h);
                waiting->set();
                static_cast<void>(co_await queue.next());
            }).detach();
            co_await *waiting;
        });
    });
}

BOOST_AUTO_TEST_CASE(a_queue_that_shrinks_keeps_its_keys_and_forgets_old_ones) {
    on_paused_clock([]() -> edo::Task<void> {
        const Instant start = edo::now();
        Queue queue;
        std::vector<edo::DelayKey> keys;
        for (int i = 0; i < 100; ++i) {
            keys.push_back(queue.insert(std::to_string(i), 1ms * i));
        }
        BOOST_TEST(queue.capacity() >= 100U);
        for (std::size_t i = 0; i < keys.size(); ++i) {
            if (i != 3 && i != 10) {
                queue.remove(keys[i]);
            }
        }
        queue.shrink_to_fit();
        BOOST_TEST(queue.capacity() < 100U);
        for (std::size_t i = 0; i < keys.size(); ++i) {
            BOOST_TEST(queue.contains(keys[i]) == (i == 3 || i == 10));
        }
        // New entries take the places of those that went, and not their keys.
        for (int i = 0; i < 50; ++i) {
            queue.insert("new", 1h);
        }
        for (std::size_t i = 0; i < keys.size(); ++i) {
            BOOST_TEST(queue.contains(keys[i]) == (i == 3 || i == 10));
        }
        co_await expect_next(queue, "3", start, 3ms);
        co_await expect_next(queue, "10", start, 10ms);
        queue.clear();
        queue.shrink_to_fit();
        BOOST_TEST(queue.capacity() == 0U);
        co_await expect_none(queue);
        queue.insert("last", 1ms);
        co_await expect_next(queue, "last", edo::now(), 1ms);
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
