// SPDX-License-Identifier: MIT
// What relies on `membarrier`: the slot of a worker, and the lock that is biased to one thread.
#include "checker/model.hpp"
#include <edo/runtime/scheduler/biased_lock.hpp>
#include <edo/runtime/scheduler/membarrier.hpp>
#include <edo/runtime/scheduler/run_slot.hpp>

#include <cstring>

namespace edo::model {
namespace {

using detail::BiasedLock;
using detail::Runnable;
using detail::RunSlot;
using detail::TaskCore;

/// The slot never looks into a task, so any address will do.
struct Token {
    int uses = 0;
    [[nodiscard]] Runnable task() noexcept { return *reinterpret_cast<TaskCore*>(this); }
    static bool use(Runnable runnable) noexcept {
        if (!runnable) {
            return false;
        }
        ++reinterpret_cast<Token*>(runnable.task())->uses;
        return true;
    }
};

void owner_against_thief() {
    expect(RunSlot::can_be_stolen_from(), "that there is membarrier");
    RunSlot slot(false);
    alignas(8) Token first;
    alignas(8) Token second;
    run_threads(
        [&] {
            ++first.uses;
            Token::use(slot.exchange(first.task()));
            ++second.uses;
            Token::use(slot.exchange(second.task()));
            Token::use(slot.take());
        },
        [&] { Token::use(slot.steal()); });
    Token::use(slot.take());
    expect(first.uses == 2 && second.uses == 2, "that each task is put in once and got once");
}

void owner_against_two_thieves() {
    expect(RunSlot::can_be_stolen_from(), "that there is membarrier");
    RunSlot slot(false);
    alignas(8) Token token;
    ++token.uses;
    Token::use(slot.exchange(token.task()));
    run_threads([&] { Token::use(slot.take()); }, [&] { Token::use(slot.steal()); },
                [&] { Token::use(slot.steal()); });
    Token::use(slot.take());
    expect(token.uses == 2, "that the task is got once");
}

/// As after thousands of times that the owner took it alone.
void bias(BiasedLock& lock) {
    static_assert(sizeof(BiasedLock) == 8);
    constexpr std::uint32_t kTimes = 1U << 20;
    std::memcpy(reinterpret_cast<std::byte*>(&lock) + 4, &kTimes, sizeof kTimes);
    lock.lock_shared();
    lock.unlock();
    expect(lock.try_lock_biased(), "that it is biased");
    lock.unlock_biased();
}

void add_as_owner(BiasedLock& lock, int& sum) {
    if (lock.try_lock_biased()) {
        ++sum;
        lock.unlock_biased();
    } else {
        lock.lock_shared();
        ++sum;
        lock.unlock();
    }
}

void biased_lock() {
    expect(detail::can_fence_all_threads(), "that there is membarrier");
    BiasedLock lock;
    bias(lock);
    int sum = 0;
    run_threads(
        [&] {
            add_as_owner(lock, sum);
            add_as_owner(lock, sum);
        },
        [&] {
            lock.lock();
            ++sum;
            lock.unlock();
        });
    expect(sum == 3, "that one has the lock at a time");
}

void biased_lock_of_three() {
    expect(detail::can_fence_all_threads(), "that there is membarrier");
    BiasedLock lock;
    bias(lock);
    int sum = 0;
    const auto add = [&] {
        lock.lock();
        ++sum;
        lock.unlock();
    };
    run_threads([&] { add_as_owner(lock, sum); }, add, add);
    expect(sum == 3, "that one has the lock at a time");
}

const Check kSlot("run_slot", "a_task_is_got_by_owner_or_thief", &owner_against_thief);
const Check kSlot3("run_slot", "a_task_is_got_by_one_of_three", &owner_against_two_thieves);
const Check kLock("biased_lock", "owner_and_others_exclude_each_other", &biased_lock);
const Check kLock3("biased_lock", "three_threads_exclude_each_other", &biased_lock_of_three);

const Control kSlot1(kSlot, "found_without_the_barrier_of_the_thief", "RunSlot::steal(",
                     "fence_all_threads");
const Control kSlot2(kSlot, "found_without_the_release_of_the_owner", "RunSlot::put_and_release",
                     "busy_.store");
const Control kSlot4(kSlot, "found_without_the_acquire_of_the_thief", "RunSlot::steal(",
                     "busy_.load");
const Control kLock1(kLock, "found_without_the_barrier", "BiasedLock::lock(", "fence_all_threads");
const Control kLock2(kLock, "found_without_the_release_of_the_owner", "BiasedLock::unlock_biased",
                     "busy_.store");
const Control kLock4(kLock, "found_without_the_acquire_of_the_other", "BiasedLock::wait_for_owner",
                     "busy_.load");

}  // namespace
}  // namespace edo::model
