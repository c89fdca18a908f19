// SPDX-License-Identifier: MIT
#include "channels/seed.hpp"
#include "channels/values.hpp"
#include "support/cancel_driver.hpp"
#include "support/flavors.hpp"
#include "support/stepped_task.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/sync/watch.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace watch = edo::sync::watch;
using edo::Task;
using edo::test::CancelScenario;
using edo::test::Counted;
using edo::test::drive;
using edo::test::for_each_flavor;
using edo::test::LeakGuard;
using edo::test::must;
using edo::test::SteppedTask;

namespace {

Task<bool> wait_for_change(watch::Receiver<int>& receiver) {
    const auto changed = co_await receiver.changed();
    co_return changed.has_value();
}

Task<int> wait_for_value(watch::Receiver<int>& receiver, int least) {
    const auto enough = [least](int value) { return value >= least; };
    const auto found = co_await receiver.wait_for(enough);
    int value = -1;
    if (found) {
        value = **found;
    }
    co_return value;
}

Task<void> wait_closed(watch::Sender<int>& sender) {
    co_await sender.closed();
}

BOOST_AUTO_TEST_SUITE(watch_channel)

BOOST_AUTO_TEST_CASE(the_first_value_counts_as_seen) {
    const LeakGuard guard;
    auto [sender, receiver] = watch::channel(1);
    BOOST_TEST(*receiver.borrow() == 1);
    BOOST_TEST(!receiver.has_changed().value());
    SteppedTask<bool> waiting(wait_for_change(receiver));
    waiting.turn();
    BOOST_TEST(!waiting.is_woken());
    BOOST_TEST(sender.send(2).has_value());
    BOOST_TEST(waiting.run());
    BOOST_TEST(waiting.take());
    BOOST_TEST(!receiver.has_changed().value());  // `changed` has marked it
    BOOST_TEST(*receiver.borrow() == 2);
}

BOOST_AUTO_TEST_CASE(a_receiver_sees_the_newest_value_only) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            auto [sender, receiver] = watch::channel(0);
            const auto count = [](watch::Sender<int> to) -> Task<void> {
                for (int i = 1; i <= 1000; ++i) {
                    must(to.send(i).has_value());
                    if (i % 100 == 0) {
                        co_await edo::yield_now();
                    }
                }
            };
            edo::spawn(count(std::move(sender))).detach();
            int last = 0;
            for (;;) {
                const auto changed = co_await receiver.changed();
                if (!changed) {
                    break;
                }
                const int value = *receiver.borrow_and_update();
                BOOST_TEST(value >= last);
                last = value;
            }
            BOOST_TEST(last == 1000);
        }());
    });
}

BOOST_AUTO_TEST_CASE(borrow_does_not_mark_and_borrow_and_update_does) {
    const LeakGuard guard;
    auto [sender, receiver] = watch::channel(std::string("one"));
    BOOST_TEST(sender.send("two").has_value());
    BOOST_TEST(receiver.borrow().has_changed());
    BOOST_TEST(receiver.has_changed().value());
    {
        const auto seen = receiver.borrow_and_update();
        BOOST_TEST(*seen == "two");
        BOOST_TEST(seen->size() == 3U);
        BOOST_TEST(seen.has_changed());
    }
    BOOST_TEST(!receiver.borrow().has_changed());
    BOOST_TEST(!receiver.has_changed().value());
    BOOST_TEST(!sender.borrow().has_changed());
    BOOST_TEST(*sender.borrow() == "two");
}

BOOST_AUTO_TEST_CASE(marks_can_be_set_by_hand) {
    const LeakGuard guard;
    auto [sender, receiver] = watch::channel(1);
    receiver.mark_changed();
    BOOST_TEST(receiver.has_changed().value());
    SteppedTask<bool> waiting(wait_for_change(receiver));
    waiting.turn();
    BOOST_TEST(waiting.take());
    BOOST_TEST(sender.send(2).has_value());
    receiver.mark_unchanged();
    BOOST_TEST(!receiver.has_changed().value());
}

BOOST_AUTO_TEST_CASE(the_last_value_can_be_seen_after_the_senders_are_gone) {
    const LeakGuard guard;
    auto [sender, receiver] = watch::channel(1);
    BOOST_TEST(sender.send(2).has_value());
    {
        const auto dropped = std::move(sender);
    }
    BOOST_TEST(!receiver.has_changed().has_value());  // closed, whatever was seen
    SteppedTask<bool> first(wait_for_change(receiver));
    first.turn();
    BOOST_TEST(first.take());
    SteppedTask<bool> second(wait_for_change(receiver));
    second.turn();
    BOOST_TEST(!second.take());
    BOOST_TEST(*receiver.borrow() == 2);
}

BOOST_AUTO_TEST_CASE(the_last_sender_wakes_all_receivers) {
    const LeakGuard guard;
    auto [sender, receiver] = watch::channel(1);
    watch::Receiver<int> other = receiver;
    std::optional<watch::Sender<int>> copy(sender);
    BOOST_TEST(sender.sender_count() == 2U);
    SteppedTask<bool> one(wait_for_change(receiver));
    SteppedTask<bool> two(wait_for_change(other));
    one.turn();
    two.turn();
    {
        const auto dropped = std::move(sender);
    }
    BOOST_TEST(!one.is_woken());
    copy.reset();
    BOOST_TEST(one.run());
    BOOST_TEST(two.run());
    BOOST_TEST(!one.take());
    BOOST_TEST(!two.take());
}

BOOST_AUTO_TEST_CASE(sending_without_receivers_fails_and_stores_nothing) {
    const LeakGuard guard;
    watch::Sender<std::string> sender("one");
    BOOST_TEST(sender.is_closed());
    auto refused = sender.send("two");
    BOOST_REQUIRE(!refused.has_value());
    BOOST_TEST(refused.error().value == "two");
    BOOST_TEST(*sender.borrow() == "one");
    BOOST_TEST(sender.send_replace("three") == "one");
    BOOST_TEST(*sender.borrow() == "three");
    sender.send_modify([](std::string& value) { value += "!"; });
    const watch::Receiver<std::string> receiver = sender.subscribe();
    BOOST_TEST(*receiver.borrow() == "three!");
    BOOST_TEST(!receiver.has_changed().value());
    BOOST_TEST(sender.receiver_count() == 1U);
    BOOST_TEST(sender.send("four").has_value());
    BOOST_TEST(receiver.has_changed().value());
}

BOOST_AUTO_TEST_CASE(send_if_modified_wakes_only_for_changes) {
    const LeakGuard guard;
    auto [sender, receiver] = watch::channel(1);
    SteppedTask<bool> waiting(wait_for_change(receiver));
    waiting.turn();
    BOOST_TEST(!sender.send_if_modified([](int& value) { return value > 5; }));
    BOOST_TEST(!waiting.is_woken());
    BOOST_CHECK_THROW(sender.send_modify([](int&) { throw std::runtime_error("no"); }),
                      std::runtime_error);
    BOOST_TEST(!waiting.is_woken());
    BOOST_TEST(*receiver.borrow() == 1);  // not locked any more
    BOOST_TEST(sender.send_if_modified([](int& value) {
        value = 7;
        return true;
    }));
    BOOST_TEST(waiting.run());
    BOOST_TEST(*receiver.borrow() == 7);
}

BOOST_AUTO_TEST_CASE(wait_for_looks_at_the_present_value_first) {
    const LeakGuard guard;
    auto [sender, receiver] = watch::channel(3);
    SteppedTask<int> at_once(wait_for_value(receiver, 3));
    at_once.turn();
    BOOST_TEST(at_once.take() == 3);
    SteppedTask<int> later(wait_for_value(receiver, 5));
    later.turn();
    BOOST_TEST(sender.send(4).has_value());
    BOOST_TEST(!later.run());
    BOOST_TEST(sender.send(5).has_value());
    BOOST_TEST(later.run());
    BOOST_TEST(later.take() == 5);
    BOOST_TEST(!receiver.has_changed().value());
}

BOOST_AUTO_TEST_CASE(wait_for_looks_at_the_last_value_of_a_closed_channel) {
    const LeakGuard guard;
    auto [sender, receiver] = watch::channel(1);
    BOOST_TEST(sender.send(6).has_value());
    {
        const auto dropped = std::move(sender);
    }
    SteppedTask<int> right(wait_for_value(receiver, 5));
    right.turn();
    BOOST_TEST(right.take() == 6);
    SteppedTask<int> wrong(wait_for_value(receiver, 9));
    wrong.turn();
    BOOST_TEST(wrong.take() == -1);
}

BOOST_AUTO_TEST_CASE(a_predicate_that_throws_leaves_the_channel_usable) {
    const LeakGuard guard;
    edo::block_on([]() -> Task<void> {
        auto [sender, receiver] = watch::channel(1);
        bool thrown = false;
        try {
            auto waiting =
                receiver.wait_for([](int) -> bool { throw std::runtime_error("no opinion"); });
            static_cast<void>(co_await std::move(waiting));
        } catch (const std::runtime_error&) {
            thrown = true;
        }
        BOOST_TEST(thrown);
        BOOST_TEST(sender.send(2).has_value());  // would block for ever if it were locked
        BOOST_TEST(*receiver.borrow() == 2);
        const auto changed = co_await receiver.changed();
        BOOST_TEST(changed.has_value());
    }());
}

BOOST_AUTO_TEST_CASE(closed_ends_with_the_last_receiver_and_subscribe_reopens) {
    const LeakGuard guard;
    auto [sender, receiver] = watch::channel(1);
    std::optional<watch::Receiver<int>> copy(receiver);
    SteppedTask<void> waiting(wait_closed(sender));
    waiting.turn();
    {
        const auto dropped = std::move(receiver);
    }
    BOOST_TEST(!waiting.is_woken());
    copy.reset();
    BOOST_TEST(waiting.is_woken());
    std::optional<watch::Receiver<int>> reopened(sender.subscribe());
    BOOST_TEST(!waiting.run());  // it looks again, and there is a receiver
    BOOST_TEST(sender.send(2).has_value());
    BOOST_TEST(reopened->has_changed().value());
    reopened.reset();
    BOOST_TEST(waiting.run());
    BOOST_TEST(sender.is_closed());
}

BOOST_AUTO_TEST_CASE(copies_of_a_receiver_are_independent) {
    const LeakGuard guard;
    auto [sender, receiver] = watch::channel(1);
    BOOST_TEST(sender.send(2).has_value());
    watch::Receiver<int> copy = receiver;
    BOOST_TEST(copy.same_channel(receiver));
    BOOST_TEST(*copy.borrow_and_update() == 2);
    BOOST_TEST(receiver.has_changed().value());
    BOOST_TEST(!copy.has_changed().value());
    const watch::Sender<int> other(1);
    BOOST_TEST(!other.same_channel(sender));
    copy = other.subscribe();
    BOOST_TEST(!copy.same_channel(receiver));
    BOOST_TEST(sender.receiver_count() == 1U);
}

BOOST_AUTO_TEST_CASE(a_sender_waits_while_the_value_is_borrowed) {
    const LeakGuard guard;
    auto [sender, receiver] = watch::channel(std::string("one"));
    std::atomic<bool> sent = false;
    std::optional<watch::Ref<std::string>> borrowed(receiver.borrow());
    std::thread thread(
        [&sent](watch::Sender<std::string> to) {
            must(to.send("two").has_value());
            sent = true;
        },
        sender);
    for (int i = 0; i < 100; ++i) {
        std::this_thread::yield();
        BOOST_TEST(**borrowed == "one");
    }
    BOOST_TEST(!sent);
    borrowed.reset();
    thread.join();
    BOOST_TEST(sent);
    BOOST_TEST(*receiver.borrow() == "two");
}

BOOST_AUTO_TEST_CASE(a_small_value_is_copied_and_keeps_nobody_waiting) {
    struct Limits {
        std::array<char, 13> name{};
        int number = 0;
    };
    static_assert(std::is_trivially_copyable_v<Limits>);
    const LeakGuard guard;
    auto [sender, receiver] = watch::channel(Limits{.name = {'a'}, .number = 1});
    watch::Ref<Limits> borrowed = receiver.borrow();
    BOOST_TEST(sender.send(Limits{.name = {'b'}, .number = 2}).has_value());
    BOOST_TEST(borrowed->number == 1);
    BOOST_TEST(!borrowed.has_changed());
    borrowed = receiver.borrow_and_update();
    BOOST_TEST(borrowed->number == 2);
    BOOST_TEST(borrowed->name[0] == 'b');
    BOOST_TEST(borrowed.has_changed());
    BOOST_TEST(!receiver.borrow().has_changed());
    // What breaks off, or does not count, is seen all the same.
    BOOST_CHECK_THROW(sender.send_modify([](Limits& limits) {
        limits.number = 3;
        throw std::runtime_error("broken");
    }),
                      std::runtime_error);
    BOOST_TEST(receiver.borrow()->number == 3);
    BOOST_TEST(!receiver.borrow().has_changed());
    BOOST_TEST(!sender.send_if_modified([](Limits& limits) {
        limits.number = 4;
        return false;
    }));
    const Limits& last = *receiver.borrow();  // of a `Ref` that is gone
    BOOST_TEST(last.number == 4);
}

BOOST_AUTO_TEST_CASE(threads_see_small_values_whole_and_with_their_version) {
    struct Pair {
        std::uint64_t first = 0;
        std::uint64_t second = 0;
    };
    const LeakGuard guard;
    const auto count = std::uint64_t(edo::test::scaled(20'000));
    auto [sender, receiver] = watch::channel(Pair());
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
        threads.emplace_back(
            [](watch::Receiver<Pair> from, std::uint64_t until) {
                for (std::uint64_t seen = 0; seen < until;) {
                    const watch::Ref<Pair> value = from.borrow_and_update();
                    must(value->first == value->second);
                    // Another version, another value: they count up together.
                    must(value.has_changed() ? value->first > seen : value->first == seen);
                    seen = value->first;
                }
            },
            receiver, count);
    }
    threads.emplace_back([from = watch::Sender<Pair>(sender), rounds = count / 4] {
        for (std::uint64_t i = 0; i < rounds; ++i) {  // in the way of the others
            must(!from.send_if_modified([](Pair& pair) { return pair.first != pair.second; }));
        }
    });
    for (std::uint64_t i = 1; i <= count; ++i) {
        must(sender.send(Pair{.first = i, .second = i}).has_value());
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
}

BOOST_AUTO_TEST_CASE(values_are_destroyed_with_the_channel) {
    const LeakGuard guard;
    std::atomic<int> alive = 0;
    {
        auto [sender, receiver] = watch::channel(Counted(alive, 1));
        BOOST_TEST(alive == 1);
        BOOST_TEST(sender.send(Counted(alive, 2)).has_value());
        BOOST_TEST(alive == 1);
        {
            const auto dropped = std::move(sender);
        }
        BOOST_TEST(receiver.borrow()->number == 2);
    }
    BOOST_TEST(alive == 0);
}

BOOST_AUTO_TEST_CASE(moved_from_ends_say_so) {
    auto [sender, receiver] = watch::channel(1);
    const auto kept_sender = std::move(sender);
    const auto kept_receiver = std::move(receiver);
    BOOST_CHECK_THROW(static_cast<void>(sender.send(1)), edo::UsageError);
    BOOST_CHECK_THROW(static_cast<void>(receiver.borrow()), edo::UsageError);
}

BOOST_AUTO_TEST_CASE(changes_that_are_there_charge_the_budget) {
    const LeakGuard guard;
    SteppedTask<void> task([]() -> Task<void> {
        auto [sender, receiver] = watch::channel(0);
        for (int i = 1; i <= 500; ++i) {
            BOOST_TEST(sender.send(i).has_value());
            const auto changed = co_await receiver.changed();
            BOOST_TEST(changed.has_value());
            const auto right =
                co_await receiver.wait_for([](const int& value) { return value > 0; });
            BOOST_TEST(right.has_value());
        }
    }());
    int turns = 0;
    while (task.is_woken()) {
        task.turn();
        ++turns;
    }
    task.take();
    BOOST_TEST(turns >= 7);
}

class Watching : public CancelScenario {
public:
    Task<void> subject() override {
        const auto changed = co_await receiver_.changed();
        BOOST_TEST(changed.has_value());
        const auto right = co_await receiver_.wait_for([](const int& value) { return value == 3; });
        BOOST_TEST(right.has_value());
    }
    void suspended(std::size_t /*n*/) override { BOOST_TEST(sender_.send(++sent_).has_value()); }
    Task<void> check(bool completed) override {
        BOOST_TEST(*receiver_.borrow() == sent_);
        suspended(0);
        const auto changed = co_await receiver_.changed();
        BOOST_TEST(changed.has_value());
        BOOST_TEST((!completed || sent_ == 4));
    }

private:
    std::pair<watch::Sender<int>, watch::Receiver<int>> ends_ = watch::channel(0);
    watch::Sender<int>& sender_ = ends_.first;
    watch::Receiver<int>& receiver_ = ends_.second;
    int sent_ = 0;
};

class WaitingForClosed : public CancelScenario {
public:
    Task<void> subject() override { co_await sender_.closed(); }
    void suspended(std::size_t /*n*/) override { receiver_.reset(); }
    Task<void> check(bool /*completed*/) override {
        receiver_.reset();
        co_await sender_.closed();
    }

private:
    watch::Sender<int> sender_ = watch::Sender<int>(1);
    std::optional<watch::Receiver<int>> receiver_ = sender_.subscribe();
};

BOOST_AUTO_TEST_CASE(waiting_is_cancel_safe_at_every_suspension) {
    for_each_flavor([](edo::Runtime& runtime) {
        BOOST_TEST(runtime.block_on(drive<Watching>()).suspensions == 3U);
        BOOST_TEST(runtime.block_on(drive<WaitingForClosed>()).suspensions == 1U);
    });
}

/// Senders add to both halves of a value; receivers must never see them differ, must see values
/// grow, and must see the last one.
Task<void> add(watch::Sender<std::pair<int, int>> sender, int count, std::uint64_t part) {
    edo::detail::Random random = edo::test::channel_random(part);
    for (int i = 0; i < count; ++i) {
        sender.send_modify([](std::pair<int, int>& value) {
            ++value.first;
            ++value.second;
        });
        if (random.below(8) == 0) {
            co_await edo::yield_now();
        }
    }
}

Task<void> look(watch::Receiver<std::pair<int, int>> receiver, int total, std::uint64_t part) {
    edo::detail::Random random = edo::test::channel_random(part);
    int last = 0;
    for (bool open = true; open;) {
        if (random.below(3) == 0) {  // cancelled, unless it is quick
            auto first = co_await edo::select(receiver.changed(), edo::yield_now());
            if (auto* const changed = first.get_if<0>()) {
                open = changed->has_value();
            }
        } else {
            const auto changed = co_await receiver.changed();
            open = changed.has_value();
        }
        const watch::Ref<std::pair<int, int>> value = receiver.borrow();
        must(value->first == value->second && value->first >= last);
        last = value->first;
    }
    must(last == total);
}

BOOST_AUTO_TEST_CASE(eight_threads_never_miss_the_last_value) {
    BOOST_TEST_MESSAGE("EDO_STRESS_SEED=" << edo::test::channel_seed());
    BOOST_TEST_CONTEXT("EDO_STRESS_SEED=" << edo::test::channel_seed()) {
        const LeakGuard guard;
        const int count = edo::test::scaled(3000);
        edo::Runtime runtime = edo::Builder::multi_thread(8).build();
        for (int round = 0; round < 5; ++round) {
            auto [sender, receiver] = watch::channel(std::pair<int, int>(0, 0));
            std::vector<edo::JoinHandle<void>> tasks;
            for (unsigned i = 0; i < 8; ++i) {
                tasks.push_back(runtime.spawn(look(receiver, 4 * count, i)));
            }
            for (unsigned i = 0; i < 4; ++i) {
                tasks.push_back(runtime.spawn(add(sender, count, 100 + i)));
            }
            {
                const auto dropped = std::move(sender);
            }
            {
                const auto dropped = std::move(receiver);
            }
            runtime.block_on([](std::vector<edo::JoinHandle<void>> handles) -> Task<void> {
                for (edo::JoinHandle<void>& handle : handles) {
                    const auto joined = co_await handle;
                    BOOST_TEST(joined.has_value());
                }
            }(std::move(tasks)));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
