// SPDX-License-Identifier: MIT
#include "support/cancel_driver.hpp"
#include "support/flavors.hpp"
#include "support/stepped_task.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/sync/notify.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using edo::Task;
using edo::sync::Notified;
using edo::sync::Notify;
using edo::sync::OwnedNotified;
using edo::test::for_each_flavor;
using edo::test::LeakGuard;
using edo::test::SteppedTask;

namespace {

Task<void> wait_for(Notify& notify) {
    co_await notify.notified();
}

Task<void> wait_for(Notified& notified) {
    co_await notified;
}

/// A task that waits already.
class Waiter {
public:
    template <class NotifyOrNotified>
    explicit Waiter(NotifyOrNotified& what) : task_(wait_for(what)) {
        task_.turn();
    }
    [[nodiscard]] bool is_notified() { return task_.run(); }
    [[nodiscard]] bool is_woken() { return task_.is_finished() || task_.is_woken(); }
    void cancel() { task_.cancel(); }

private:
    SteppedTask<void> task_;
};

/// Whether a notification is remembered. Takes it.
bool has_permit(Notify& notify) {
    return notify.notified().enable();
}

BOOST_AUTO_TEST_SUITE(notify)

BOOST_AUTO_TEST_CASE(a_notification_is_remembered_for_the_next_wait) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            Notify notify;
            notify.notify_one();
            co_await notify.notified();
            BOOST_TEST(!has_permit(notify));
        });
    });
}

BOOST_AUTO_TEST_CASE(several_notifications_are_remembered_as_one) {
    Notify notify;
    notify.notify_one();
    notify.notify_last();
    notify.notify_one();
    BOOST_TEST(has_permit(notify));
    BOOST_TEST(!has_permit(notify));
}

BOOST_AUTO_TEST_CASE(a_waiting_task_is_woken) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            Notify notify;
            auto waiting = edo::spawn(wait_for(notify));
            co_await edo::yield_now();
            notify.notify_one();
            const auto ended = co_await waiting;
            BOOST_TEST(ended.has_value());
        });
    });
}

BOOST_AUTO_TEST_CASE(notify_one_takes_the_one_that_has_waited_longest) {
    const LeakGuard leaks;
    Notify notify;
    Waiter first(notify);
    Waiter second(notify);
    Waiter third(notify);
    notify.notify_one();
    BOOST_TEST(first.is_notified());
    BOOST_TEST(!second.is_woken());
    notify.notify_one();
    BOOST_TEST(second.is_notified());
    BOOST_TEST(!third.is_woken());
    notify.notify_one();
    BOOST_TEST(third.is_notified());
    BOOST_TEST(!has_permit(notify));
}

BOOST_AUTO_TEST_CASE(notify_last_takes_the_one_that_came_last) {
    const LeakGuard leaks;
    Notify notify;
    Waiter first(notify);
    Waiter second(notify);
    Waiter third(notify);
    notify.notify_last();
    BOOST_TEST(third.is_notified());
    BOOST_TEST(!second.is_woken());
    notify.notify_one();
    BOOST_TEST(first.is_notified());
    notify.notify_last();
    BOOST_TEST(second.is_notified());
}

BOOST_AUTO_TEST_CASE(notify_waiters_takes_all_and_is_not_remembered) {
    const LeakGuard leaks;
    Notify notify;
    std::vector<std::unique_ptr<Waiter>> waiters;
    for (int i = 0; i < 100; ++i) {
        waiters.push_back(std::make_unique<Waiter>(notify));
    }
    notify.notify_waiters();
    for (auto& waiter : waiters) {
        BOOST_TEST(waiter->is_notified());
    }
    Waiter late(notify);
    BOOST_TEST(!late.is_woken());
    BOOST_TEST(!has_permit(notify));
}

BOOST_AUTO_TEST_CASE(notify_waiters_counts_for_those_that_exist_and_do_not_wait_yet) {
    const LeakGuard leaks;
    Notify notify;
    Notified before = notify.notified();
    Notified moved = notify.notified();
    notify.notify_waiters();
    Notified after = notify.notified();
    Waiter first(before);
    BOOST_TEST(first.is_notified());
    Notified target = std::move(moved);
    Waiter second(target);
    BOOST_TEST(second.is_notified());
    Waiter third(after);
    BOOST_TEST(!third.is_woken());
}

BOOST_AUTO_TEST_CASE(notify_waiters_leaves_a_remembered_notification) {
    Notify notify;
    notify.notify_one();
    notify.notify_waiters();
    BOOST_TEST(has_permit(notify));
}

BOOST_AUTO_TEST_CASE(who_is_called_with_all_leaves_a_later_notification_to_others) {
    Notify notify;
    Notified first = notify.notified();
    notify.notify_waiters();
    notify.notify_one();
    BOOST_TEST(first.enable());
    Notified second = notify.notified();
    BOOST_TEST(second.enable());
    Notified third = notify.notified();
    BOOST_TEST(!third.enable());
}

BOOST_AUTO_TEST_CASE(who_waits_and_is_called_with_all_leaves_a_later_notification_to_others) {
    const LeakGuard leaks;
    Notify notify;
    Waiter first(notify);
    notify.notify_waiters();
    notify.notify_one();
    BOOST_TEST(first.is_notified());
    BOOST_TEST(has_permit(notify));
}

BOOST_AUTO_TEST_CASE(a_call_to_all_is_not_passed_on) {
    const LeakGuard leaks;
    Notify notify;
    Waiter first(notify);
    notify.notify_waiters();
    Waiter second(notify);
    first.cancel();
    BOOST_TEST(!second.is_woken());
    BOOST_TEST(!has_permit(notify));
}

BOOST_AUTO_TEST_CASE(a_chosen_waiter_that_is_cancelled_passes_it_on) {
    const LeakGuard leaks;
    Notify notify;
    Waiter first(notify);
    Waiter second(notify);
    notify.notify_one();
    BOOST_TEST(first.is_woken());
    first.cancel();
    BOOST_TEST(second.is_notified());
    BOOST_TEST(!has_permit(notify));
}

BOOST_AUTO_TEST_CASE(a_chosen_waiter_without_successor_leaves_it_for_the_next) {
    const LeakGuard leaks;
    Notify notify;
    {
        Waiter only(notify);
        notify.notify_one();
    }
    BOOST_TEST(has_permit(notify));
}

BOOST_AUTO_TEST_CASE(passed_on_it_goes_to_the_end_that_it_was_meant_for) {
    const LeakGuard leaks;
    Notify notify;
    Waiter first(notify);
    Waiter second(notify);
    Waiter third(notify);
    notify.notify_last();
    third.cancel();
    BOOST_TEST(second.is_notified());
    BOOST_TEST(!first.is_woken());
}

BOOST_AUTO_TEST_CASE(a_cancelled_waiter_leaves_the_queue) {
    const LeakGuard leaks;
    Notify notify;
    Waiter first(notify);
    Waiter second(notify);
    first.cancel();
    notify.notify_one();
    BOOST_TEST(second.is_notified());
    Waiter third(notify);
    third.cancel();
    notify.notify_one();
    BOOST_TEST(has_permit(notify));  // remembered, since nobody waits any more
}

BOOST_AUTO_TEST_CASE(enable_takes_a_place_in_the_queue) {
    const LeakGuard leaks;
    Notify notify;
    Notified enabled = notify.notified();
    BOOST_TEST(!enabled.enable());
    BOOST_TEST(!enabled.enable());
    Waiter second(notify);
    notify.notify_one();
    BOOST_TEST(!second.is_woken());
    BOOST_TEST(enabled.enable());
    Waiter first(enabled);
    BOOST_TEST(first.is_notified());
    Waiter again(enabled);
    BOOST_TEST(again.is_notified());
    notify.notify_one();
    BOOST_TEST(second.is_notified());
}

BOOST_AUTO_TEST_CASE(enable_takes_a_remembered_notification) {
    Notify notify;
    notify.notify_one();
    Notified notified = notify.notified();
    BOOST_TEST(notified.enable());
    BOOST_TEST(!has_permit(notify));
}

BOOST_AUTO_TEST_CASE(an_enabled_one_that_is_dropped_passes_its_notification_on) {
    Notify notify;
    {
        Notified enabled = notify.notified();
        BOOST_TEST(!enabled.enable());
        notify.notify_one();
    }
    BOOST_TEST(has_permit(notify));
}

BOOST_AUTO_TEST_CASE(an_enabled_one_keeps_its_place_when_it_is_moved) {
    const LeakGuard leaks;
    Notify notify;
    Notified enabled = notify.notified();
    BOOST_TEST(!enabled.enable());
    Waiter second(notify);
    Notified moved = std::move(enabled);
    notify.notify_one();
    BOOST_TEST(!second.is_woken());
    Notified again = std::move(moved);  // with its notification
    Waiter first(again);
    BOOST_TEST(first.is_notified());
    BOOST_TEST(!has_permit(notify));
}

BOOST_AUTO_TEST_CASE(it_keeps_its_place_when_the_one_who_awaits_it_goes_away) {
    const LeakGuard leaks;
    Notify notify;
    Notified notified = notify.notified();
    {
        Waiter waiter(notified);
        BOOST_TEST(!waiter.is_woken());
    }
    Waiter second(notify);
    notify.notify_one();
    BOOST_TEST(!second.is_woken());
    Waiter first(notified);
    BOOST_TEST(first.is_notified());
}

BOOST_AUTO_TEST_CASE(it_keeps_its_notification_when_the_one_who_awaits_it_goes_away) {
    const LeakGuard leaks;
    Notify notify;
    Notified notified = notify.notified();
    {
        Waiter waiter(notified);
        notify.notify_one();
        BOOST_TEST(waiter.is_woken());
    }
    BOOST_TEST(!has_permit(notify));  // it was not passed on
    Waiter again(notified);
    BOOST_TEST(again.is_notified());
}

BOOST_AUTO_TEST_CASE(a_loop_of_select_misses_nothing) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            Notify notify;
            Notified notified = notify.notified();
            for (int i = 0; i < 3; ++i) {
                auto first = co_await edo::select(notified, edo::yield_now());
                BOOST_TEST(first.index() == 1U);
            }
            notify.notify_one();
            auto first = co_await edo::select(edo::biased, notified, edo::sleep(1h));
            BOOST_TEST(first.index() == 0U);
            auto by_value = co_await edo::select(notify.notified(), edo::yield_now());
            BOOST_TEST(by_value.index() == 1U);
            notify.notify_one();
            BOOST_TEST(has_permit(notify));
        });
    });
}

BOOST_AUTO_TEST_CASE(a_task_that_is_always_notified_lets_others_run) {
    const LeakGuard leaks;
    Notify notify;
    SteppedTask<void> task([](Notify& n) -> Task<void> {
        for (int i = 0; i < 1000; ++i) {
            n.notify_one();
            co_await n.notified();
        }
    }(notify));
    int turns = 0;
    while (!task.is_finished()) {
        task.turn();
        ++turns;
    }
    BOOST_TEST(turns >= 1000 / 129);
}

BOOST_AUTO_TEST_CASE(a_task_without_budget_that_is_cancelled_has_taken_nothing) {
    const LeakGuard leaks;
    Notify notify;
    SteppedTask<void> task([](Notify& n) -> Task<void> {
        for (;;) {
            n.notify_one();
            co_await n.notified();
        }
    }(notify));
    task.turn();
    task.cancel();
    BOOST_TEST(has_permit(notify));
}

BOOST_AUTO_TEST_CASE(an_owned_one_keeps_the_notify_alive) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            auto notify = std::make_shared<Notify>();
            const std::weak_ptr<Notify> watch = notify;
            {
                OwnedNotified waiting = Notify::notified_owned(notify);
                BOOST_TEST(!waiting.enable());
                OwnedNotified moved = std::move(waiting);
                notify->notify_waiters();
                notify.reset();
                BOOST_TEST(!watch.expired());
                co_await moved;
            }
            BOOST_TEST(watch.expired());
            auto other = std::make_shared<Notify>();
            auto first =
                co_await edo::select(Notify::notified_owned(std::move(other)), edo::yield_now());
            BOOST_TEST(first.index() == 1U);
        });
    });
}

BOOST_AUTO_TEST_CASE(a_queue_built_on_it_delivers_all) {
    for_each_flavor([](edo::Runtime& runtime) {
        const int sum = runtime.block_on([]() -> Task<int> {
            Notify notify;
            std::atomic<int> values = 0;
            auto send = [&]() -> Task<void> {
                for (int i = 0; i < 500; ++i) {
                    values.fetch_add(1);
                    notify.notify_one();
                    co_await edo::yield_now();
                }
            };
            auto sender = edo::spawn(send());
            int received = 0;
            while (received < 500) {
                received += values.exchange(0);
                if (received < 500) {
                    co_await notify.notified();
                }
            }
            const auto ended = co_await sender;
            BOOST_TEST(ended.has_value());
            co_return received;
        });
        BOOST_TEST(sum == 500);
    });
}

BOOST_AUTO_TEST_CASE(a_condition_is_checked_between_the_two_steps_and_no_call_is_missed) {
    for_each_flavor([](edo::Runtime& runtime) {
        for (int round = 0; round < 50; ++round) {
            Notify notify;
            std::atomic<bool> open = false;
            std::thread thread([&] {
                open.store(true);
                notify.notify_waiters();
            });
            runtime.block_on([](Notify& n, std::atomic<bool>& condition) -> Task<void> {
                for (;;) {
                    Notified notified = n.notified();
                    if (condition.load()) {
                        co_return;
                    }
                    co_await notified;
                }
            }(notify, open));
            thread.join();
        }
    });
}

class Waiting final : public edo::test::CancelScenario {
public:
    Task<void> subject() override {
        co_await notify_.notified();
        ++seen_;
        Notified notified = notify_.notified();
        notified.enable();
        co_await notified;
        ++seen_;
    }
    void suspended(std::size_t /*n*/) override {
        notify_.notify_one();
        ++sent_;
    }
    Task<void> check(bool /*completed*/) override {
        BOOST_TEST(has_permit(notify_) == (sent_ > seen_));
        co_return;
    }

private:
    Notify notify_;
    int seen_ = 0;
    int sent_ = 0;
};

BOOST_AUTO_TEST_CASE(a_wait_can_be_cancelled_anywhere) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(edo::test::drive<Waiting>());
        BOOST_TEST(driven.suspensions == 2U);
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
