// SPDX-License-Identifier: MIT
// Channels that all receivers see, their queue of waiters, and the small mutex.
#include "edo_model.hpp"
#include <edo/runtime/sync/broadcast.hpp>
#include <edo/runtime/sync/shared_lock.hpp>
#include <edo/runtime/sync/small_mutex.hpp>
#include <edo/runtime/sync/watch.hpp>

#include <optional>

namespace edo::model {
namespace {

namespace broadcast = sync::broadcast;
namespace watch = sync::watch;

Task<int> last_value(watch::Receiver<int> receiver) {
    for (;;) {
        auto changed = co_await receiver.changed();
        if (!changed) {
            co_return *receiver.borrow();
        }
    }
}

/// Not copied byte by byte.
struct Large {
    Large(int number) noexcept : value(number) {}
    Large(const Large& other) noexcept : value(other.value) {}
    Large& operator=(const Large&) = default;
    operator int() const noexcept { return value; }
    int value;
};

template <class T>
Task<int> next_value(watch::Receiver<T> receiver) {
    auto changed = co_await receiver.changed();
    co_return changed ? int(*receiver.borrow()) : -1;
}

Task<int> sum_of_all(broadcast::Receiver<int> receiver) {
    int sum = 0;
    for (;;) {
        auto received = co_await receiver.recv();
        if (!received) {
            co_return sum;
        }
        sum += *received;
    }
}

template <class T>
Task<int> one_value(broadcast::Receiver<T> receiver) {
    auto received = co_await receiver.recv();
    co_return received ? int(*received) : -1;
}

template <class T>
void watch_a_change() {
    Owner owner(1);
    auto [sender, receiver] = watch::channel(T(1));
    Spawned task(owner, next_value(std::move(receiver)));
    run_threads([&] { owner.work(); },
                [&, &s = sender] { expect(s.send(7).has_value(), "that somebody watches"); });
    expect(task.value() == 7, "that the change is not missed");
}

void watch_against_readers() {
    auto [sender, receiver] = watch::channel(1);
    const auto read = [&r = receiver] {
        const int value = *r.borrow();
        expect(value == 1 || value == 7, "that the value is whole");
    };
    run_threads([&s = sender] { s.send_modify([](int& value) { value = 7; }); }, read, read);
}

/// One sets a value, the other one changes it in its place.
void watch_two_writers() {
    auto [sender, receiver] = watch::channel(1);
    run_threads([&s = sender] { static_cast<void>(s.send_replace(10)); },
                [&s = sender] { s.send_modify([](int& value) { ++value; }); });
    const int value = *receiver.borrow();
    expect(value == 10 || value == 11, "that one comes after the other");
    expect(receiver.has_changed().value(), "that the change counts");
}

struct Both {
    long first;
    long second;
};

/// A small value is read without the lock: whole, and with its own version.
void watch_a_small_value() {
    auto [sender, receiver] = watch::channel(Both{.first = 1, .second = 1});
    run_threads([&s = sender] { static_cast<void>(s.send_replace(Both{.first = 7, .second = 7})); },
                [&r = receiver] {
                    const watch::Ref<Both> value = r.borrow_and_update();
                    expect(value->first == value->second, "that the value is whole");
                    expect(value.has_changed() == (value->first == 7),
                           "that the version is the value's");
                });
    expect(receiver.borrow()->second == 7, "that the change is seen in the end");
}

/// The lock of a watch channel by itself: there, the version orders part of it as well.
void shared_lock() {
    detail::SharedLock lock;
    int data = 1;
    const auto read = [&] {
        lock.lock_shared();
        const int value = data;
        lock.unlock_shared();
        expect(value == 1 || value == 7, "that the value is whole");
    };
    run_threads(
        [&] {
            lock.lock();
            data = 7;
            lock.unlock();
        },
        read, read);
}

void watch_the_end() {
    Owner owner(1);
    auto [sender, receiver] = watch::channel(1);
    std::optional tx(std::move(sender));
    Spawned task(owner, last_value(std::move(receiver)));
    run_threads([&] { owner.work(); },
                [&] {
                    static_cast<void>(tx->send(7));
                    tx.reset();
                });
    expect(task.value() == 7, "that the last value is seen");
}

template <class T>
void broadcast_a_value() {
    Owner owner(2);
    auto [sender, receiver] = broadcast::channel<T>(2);
    Spawned other(owner, one_value(sender.subscribe()));
    Spawned task(owner, one_value(std::move(receiver)));
    run_threads([&] { owner.work(); },
                [&, &s = sender] { expect(s.send(7).has_value(), "that somebody listens"); });
    expect(task.value() == 7 && other.value() == 7, "that no receiver misses it");
}

/// What is overwritten while it is copied is not taken for a value.
void broadcast_over_a_value() {
    auto [sender, receiver] = broadcast::channel<Both>(1);
    static_cast<void>(sender.send(Both{.first = 1, .second = 1}));
    run_threads(
        [&s = sender] {
            static_cast<void>(s.send(Both{.first = 7, .second = 7}));
            static_cast<void>(s.send(Both{.first = 8, .second = 8}));
        },
        [&r = receiver] {
            const auto received = r.try_recv();
            expect(!received || received->first == received->second, "that the value is whole");
            expect(received || received.error().is_lagged(), "that something was there");
        });
}

void broadcast_of_two() {
    auto [sender, receiver] = broadcast::channel<int>(2);
    run_threads([&s = sender] { static_cast<void>(s.send(1)); },
                [&s = sender] { static_cast<void>(s.send(2)); });
    const int first = *receiver.try_recv();
    const int second = *receiver.try_recv();
    expect(first + second == 3 && first != second, "that both are received");
    expect(sender.len() == 0, "that nobody is waited for any more");
}

void broadcast_the_end() {
    Owner owner(1);
    auto [sender, receiver] = broadcast::channel<int>(2);
    std::optional tx(std::move(sender));
    Spawned task(owner, sum_of_all(std::move(receiver)));
    run_threads([&] { owner.work(); },
                [&] {
                    static_cast<void>(tx->send(1));
                    static_cast<void>(tx->send(2));
                    tx.reset();
                });
    expect(task.value() == 3, "that all arrives before the end");
}

void broadcast_against_abort() {
    Owner owner(2);
    auto [sender, receiver] = broadcast::channel<int>(2);
    Spawned other(owner, one_value(sender.subscribe()));
    Spawned task(owner, one_value(std::move(receiver)));
    run_threads([&] { owner.work(); }, [&, &s = sender] { static_cast<void>(s.send(7)); },
                [&] { other.abort(); });
    expect(task.value() == 7, "that an abort takes nothing from others");
}

template <unsigned Threads>
void small_mutex() {
    detail::SmallMutex mutex;
    int sum = 0;
    const auto add = [&] {
        mutex.lock();
        ++sum;
        mutex.unlock();
    };
    if constexpr (Threads == 2) {
        run_threads(add, add);
    } else {
        run_threads(add, add, add);
    }
    expect(sum == Threads, "that one has the lock at a time");
}

const Check kChange("watch", "a_change_of_a_small_value_is_not_missed", &watch_a_change<int>);
const Check kLargeChange("watch", "a_change_is_not_missed", &watch_a_change<Large>);
const Check kWriters("watch", "writers_of_a_small_value_exclude_each_other", &watch_two_writers);
const Check kWatchEnd("watch", "the_last_value_is_seen", &watch_the_end);
const Check kReaders("watch", "readers_and_a_writer_exclude_each_other", &watch_against_readers);
const Check kSmall("watch", "a_small_value_is_read_whole_and_with_its_version",
                   &watch_a_small_value);
const Check kValue("broadcast", "no_receiver_misses_a_small_value", &broadcast_a_value<int>);
const Check kLarge("broadcast", "no_receiver_misses_a_value", &broadcast_a_value<Large>);
const Check kOver("broadcast", "a_value_that_is_overwritten_is_not_received",
                  &broadcast_over_a_value);
const Check kTwo("broadcast", "two_senders_exclude_each_other", &broadcast_of_two);
const Check kEnd("broadcast", "all_arrives_before_the_end", &broadcast_the_end);
const Check kAbort("broadcast", "an_abort_takes_nothing_from_others", &broadcast_against_abort,
                   {.executions = 40000});
const Check kMutex("small_mutex", "two_threads_exclude_each_other", &small_mutex<2>);
const Check kMutex3("small_mutex", "three_threads_exclude_each_other", &small_mutex<3>,
                    {.preemptions = 1});

const Check kShared("watch", "the_lock_excludes_readers_and_writer", &shared_lock);
const Control kReaders1(kShared, "found_without_the_order_of_a_read_lock",
                        "SharedLock::lock_shared(", "compare_exchange");
const Control kReaders2(kShared, "found_without_the_order_of_a_read_unlock",
                        "SharedLock::unlock_shared", "fetch_");
const Control kReaders3(kShared, "found_without_the_order_of_a_write_lock", "SharedLock::lock(",
                        "compare_exchange");
const Control kReaders4(kShared, "found_without_the_order_of_a_write_unlock", "SharedLock::unlock(",
                        "fetch_");
const Control kChange1(kLargeChange, "found_without_the_order_of_a_change", "SharedLock::unlock(",
                       "fetch_and");
const Control kChange5(kLargeChange, "found_without_the_look_at_the_lock",
                       "SharedLock::synchronize", "state_.load");
const Control kChange6(kChange, "found_without_the_order_of_the_short_lock",
                       "WatchCore::begin_write(", "compare_exchange_strong");
const Control kChange7(kChange, "found_without_the_look_at_the_short_lock", "WatchCore::is_ready",
                       "sequence_.load");
const Control kWriters1(kWriters, "found_without_the_order_of_who_holds_a_value", "WatchCore::hold",
                        "compare_exchange_weak");
const Control kWriters2(kWriters, "found_without_the_order_of_the_end_of_a_write",
                        "WatchCore::end_write", "sequence_.store");
const Control kSmall1(kSmall, "found_without_the_order_of_what_is_copied", "AtomicBytes",
                      "words_[i].load");
const Control kSmall2(kSmall, "found_without_the_order_of_the_beginning_of_a_copy",
                      "WatchCore::begin_copy", "sequence_.load");
const Control kChange2(kChange, "found_without_the_order_of_the_size_of_the_queue",
                       "WaitQueue::add(", "size_.store(1");
const Control kChange3(kChange, "found_without_the_order_of_the_look_for_waiters",
                       "WaitQueue::wake_all", "size_.load(std::memory_order_seq_cst)");
const Control kEnd1(kWatchEnd, "found_without_the_order_of_the_look_at_the_end", "WatchCore::state",
                    "state_.load");
const Control kValue1(kValue, "found_without_the_order_of_the_lock_of_a_small_value",
                      "BroadcastCore::lock_state", "compare_exchange_weak");
const Control kValue2(kValue, "found_without_the_order_of_a_small_value",
                      "BroadcastCore::unlock_state", "state_.store");
const Control kValue3(kValue, "found_without_the_order_of_the_look_at_the_state",
                      "BroadcastCore::is_ready", "state_.load");
const Control kLarge1(kLarge, "found_without_the_order_of_a_value", "BroadcastCore::count_value",
                      "state_.store");
const Control kLarge2(kLarge, "found_without_the_order_of_the_end_of_the_lock",
                      "SmallMutex::unlock(", "state_.exchange");
const Control kLarge3(kLarge, "found_without_the_look_at_the_lock", "SmallMutex::synchronize",
                      "state_.load");
const Control kMutex1(kMutex, "found_without_the_release_of_unlock", "SmallMutex::unlock(",
                      "state_.exchange");
const Control kMutex2(kMutex, "found_without_the_acquire_of_lock", "SmallMutex::lock(",
                      "compare_exchange_strong");

}  // namespace
}  // namespace edo::model
