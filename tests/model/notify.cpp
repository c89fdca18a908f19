// SPDX-License-Identifier: MIT
// Notifications: remembered, passed on, and counted for all.
#include "edo_model.hpp"
#include <edo/runtime/sync/notify.hpp>

#include <atomic>

namespace edo::model {
namespace {

using sync::Notify;

Task<int> wait_then_read(Notify& notify, const int& data) {
    co_await notify.notified();
    co_return data;
}

/// Passes the notification on. So do those that are aborted, by themselves.
Task<void> wait_and_pass(Notify& notify) {
    co_await notify.notified();
    notify.notify_one();
}

/// The way that the documentation shows: first the Notified, then the condition.
Task<void> wait_for(Notify& notify, const std::atomic<bool>& open) {
    for (;;) {
        sync::Notified changed = notify.notified();
        if (open.load(std::memory_order_relaxed)) {
            co_return;
        }
        co_await changed;
    }
}

/// The same; what came before the call is seen by who waited for it.
Task<int> wait_for_data(Notify& notify, const std::atomic<bool>& open, const int& data) {
    sync::Notified changed = notify.notified();
    if (open.load(std::memory_order_relaxed)) {
        co_return 7;
    }
    co_await changed;
    co_return data;
}

void one() {
    Owner owner(1);
    Notify notify;
    int data = 0;
    Spawned task(owner, wait_then_read(notify, data));
    run_threads([&] { owner.work(); },
                [&] {
                    data = 7;
                    notify.notify_one();
                });
    expect(task.value() == 7, "that the task sees what came before the notification");
}

void waiters() {
    Owner owner(1);
    Notify notify;
    std::atomic<bool> open{false};
    Spawned task(owner, wait_for(notify, open));
    run_threads([&] { owner.work(); },
                [&] {
                    open.store(true, std::memory_order_relaxed);
                    notify.notify_waiters();
                });
    expect(task.is_finished(), "that the task learns of it");
}

void waiters_and_data() {
    Owner owner(1);
    Notify notify;
    std::atomic<bool> open{false};
    int data = 0;
    Spawned task(owner, wait_for_data(notify, open, data));
    run_threads([&] { owner.work(); },
                [&] {
                    data = 7;
                    open.store(true, std::memory_order_relaxed);
                    notify.notify_waiters();
                });
    expect(task.value() == 7, "that the task sees what came before the call");
}

/// Both get the one notification, one after the other; who is aborted may have been chosen.
void abort_of_the_chosen() {
    Owner owner(2);
    Notify notify;
    Spawned first(owner, wait_and_pass(notify));
    Spawned second(owner, wait_and_pass(notify));
    run_threads([&] { owner.work(); }, [&] { notify.notify_one(); }, [&] { first.abort(); });
    expect(second.is_finished(), "that the notification is not lost");
}

void one_and_all() {
    Owner owner(2);
    Notify notify;
    Spawned first(owner, wait_and_pass(notify));
    Spawned second(owner, wait_and_pass(notify));
    run_threads([&] { owner.work(); }, [&] { notify.notify_one(); },
                [&] { notify.notify_waiters(); });
    expect(first.is_finished() && second.is_finished(), "that both go on");
}

/// What came before each of two notifications is seen, though they count as one.
void permit_of_two() {
    Owner owner(1);
    Notify notify;
    std::atomic<int> a{0};
    std::atomic<int> b{0};
    struct Wait {
        static Task<int> twice(Notify& notify, std::atomic<int>& a, std::atomic<int>& b) {
            for (;;) {
                co_await notify.notified();
                const int sum =
                    a.load(std::memory_order_relaxed) + b.load(std::memory_order_relaxed);
                if (sum == 2) {
                    co_return sum;
                }
            }
        }
    };
    Spawned task(owner, Wait::twice(notify, a, b));
    run_threads([&] { owner.work(); },
                [&] {
                    a.store(1, std::memory_order_relaxed);
                    notify.notify_one();
                },
                [&] {
                    b.store(1, std::memory_order_relaxed);
                    notify.notify_one();
                });
    expect(task.value() == 2, "that both are seen");
}

constexpr const char* kSuite = "notify";
const Check kOne(kSuite, "a_notification_brings_what_came_before_it", &one);
const Check kAll(kSuite, "a_call_to_all_counts_from_the_making_of_the_wait", &waiters);
const Check kData(kSuite, "a_call_to_all_brings_what_came_before_it", &waiters_and_data);
const Check kChosen(kSuite, "an_aborted_waiter_passes_the_notification_on", &abort_of_the_chosen);
const Check kTwo(kSuite, "a_call_to_all_takes_nothing_from_one", &one_and_all);
const Check kPermit(kSuite, "a_remembered_notification_stands_for_both", &permit_of_two);

const Control kOne1(kOne, "found_without_the_release_of_notify", "Notify::remember",
                    "word_.compare_exchange_weak");
const Control kOne2(kOne, "found_without_the_acquire_of_take_now", "Notified::take_now", "word_.");
const Control kChosen1(kChosen, "found_without_the_acquire_of_the_lock", "Notify::try_lock",
                       "word_.compare_exchange_weak");
const Control kChosen2(kChosen, "found_without_the_release_of_the_lock", "Notify::unlock",
                       "word_.store");
const Control kData1(kData, "found_without_the_acquire_of_who_was_called", "Notified::take_now",
                     "word_.load");
const Control kAll1(kAll, "found_without_the_release_of_notify_waiters", "Notify::notify_waiters",
                    "word_.compare_exchange_weak");
const Control kAll2(kAll, "found_without_the_acquire_of_notified", "Notify::notified",
                    "word_.load");

}  // namespace
}  // namespace edo::model
