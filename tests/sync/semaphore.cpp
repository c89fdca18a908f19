// SPDX-License-Identifier: MIT
#include "support/cancel_driver.hpp"
#include "support/event.hpp"
#include "support/flavors.hpp"
#include "support/stepped_task.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/sync/semaphore.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using edo::Task;
using edo::sync::AcquireError;
using edo::sync::OwnedSemaphorePermit;
using edo::sync::Semaphore;
using edo::sync::SemaphorePermit;
using edo::test::Event;
using edo::test::for_each_flavor;
using edo::test::LeakGuard;
using edo::test::SteppedTask;

namespace {

using Acquired = edo::Result<SemaphorePermit, AcquireError>;

Task<Acquired> acquire(Semaphore& semaphore, std::size_t count = 1) {
    Acquired permit = co_await semaphore.acquire_many(count);
    co_return permit;
}

/// A task that waits for permits, already in the queue or with what it asked for.
class Asks {
public:
    explicit Asks(Semaphore& semaphore, std::size_t count = 1) : task_(acquire(semaphore, count)) {
        task_.turn();
    }
    [[nodiscard]] bool has_permit() {
        return task_.run() && (permit_ || (permit_ = task_.take())->has_value());
    }
    [[nodiscard]] bool is_refused() {
        return task_.run() && (permit_ || !(permit_ = task_.take())->has_value());
    }
    [[nodiscard]] bool is_woken() { return task_.is_woken(); }
    void cancel() { task_.cancel(); }
    SemaphorePermit& permit() { return **permit_; }
    void release() { (*permit_)->release(); }

private:
    SteppedTask<Acquired> task_;
    std::optional<Acquired> permit_;
};

BOOST_AUTO_TEST_SUITE(semaphore)

BOOST_AUTO_TEST_CASE(a_permit_is_taken_and_returned) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            Semaphore semaphore(2);
            {
                const auto permit = co_await semaphore.acquire();
                BOOST_TEST(permit.has_value());
                BOOST_TEST(permit->num_permits() == 1U);
                BOOST_TEST(semaphore.available_permits() == 1U);
            }
            BOOST_TEST(semaphore.available_permits() == 2U);
        });
    });
}

BOOST_AUTO_TEST_CASE(try_acquire_takes_what_is_free_and_says_why_not) {
    Semaphore semaphore(1);
    auto first = semaphore.try_acquire();
    BOOST_TEST(first.has_value());
    const auto second = semaphore.try_acquire();
    BOOST_TEST(second.error().is_no_permits());
    BOOST_TEST(second.error().message() == "not enough permits are free");
    first->release();
    BOOST_TEST(semaphore.try_acquire().has_value());
    semaphore.close();
    BOOST_TEST(semaphore.try_acquire().error().is_closed());
    BOOST_TEST(semaphore.try_acquire().error().message() == "the semaphore is closed");
}

BOOST_AUTO_TEST_CASE(try_acquire_many_takes_all_or_nothing) {
    Semaphore semaphore(4);
    const auto three = semaphore.try_acquire_many(3);
    BOOST_TEST(three->num_permits() == 3U);
    BOOST_TEST(semaphore.try_acquire_many(2).error().is_no_permits());
    BOOST_TEST(semaphore.available_permits() == 1U);
    BOOST_TEST(semaphore.try_acquire_many(1).has_value());
    BOOST_TEST(semaphore.try_acquire_many(0).has_value());
}

BOOST_AUTO_TEST_CASE(nothing_can_be_taken_of_a_semaphore_without_permits) {
    Semaphore semaphore(0);
    BOOST_TEST(semaphore.try_acquire().error().is_no_permits());
    Asks none(semaphore, 0);
    BOOST_TEST(none.has_permit());
    Asks one(semaphore);
    BOOST_TEST(!one.is_woken());
    semaphore.add_permits(1);
    BOOST_TEST(one.has_permit());
}

BOOST_AUTO_TEST_CASE(waiters_are_served_in_the_order_in_which_they_asked) {
    const LeakGuard guard;
    Semaphore semaphore(1);
    Asks first(semaphore);
    Asks second(semaphore);
    Asks third(semaphore);
    BOOST_TEST(first.has_permit());
    BOOST_TEST(!second.is_woken());
    first.release();
    BOOST_TEST(second.has_permit());
    BOOST_TEST(!third.is_woken());
    second.release();
    BOOST_TEST(third.has_permit());
    third.release();
    BOOST_TEST(semaphore.available_permits() == 1U);
}

BOOST_AUTO_TEST_CASE(nobody_barges_past_a_waiter) {
    Semaphore semaphore(1);
    Asks holder(semaphore);
    BOOST_TEST(holder.has_permit());
    Asks waiter(semaphore);
    holder.release();  // the permit is the waiter's now, although it has not run yet
    BOOST_TEST(semaphore.available_permits() == 0U);
    BOOST_TEST(semaphore.try_acquire().error().is_no_permits());
    Asks late(semaphore);
    BOOST_TEST(!late.is_woken());
    BOOST_TEST(waiter.has_permit());
}

BOOST_AUTO_TEST_CASE(a_big_request_at_the_head_blocks_small_ones_and_collects) {
    const LeakGuard guard;
    Semaphore semaphore(2);
    Asks big(semaphore, 5);
    Asks small(semaphore);
    BOOST_TEST(semaphore.available_permits() == 0U);  // the big one has taken both
    semaphore.add_permits(2);
    BOOST_TEST(!big.is_woken());
    BOOST_TEST(!small.is_woken());
    BOOST_TEST(semaphore.try_acquire().error().is_no_permits());
    semaphore.add_permits(1);
    BOOST_TEST(big.has_permit());
    BOOST_TEST(!small.is_woken());
    semaphore.add_permits(3);
    BOOST_TEST(small.has_permit());
    BOOST_TEST(semaphore.available_permits() == 2U);
}

BOOST_AUTO_TEST_CASE(a_cancelled_big_request_passes_on_what_it_had_collected) {
    const LeakGuard guard;
    Semaphore semaphore(3);
    Asks big(semaphore, 5);
    Asks first(semaphore);
    Asks second(semaphore);
    big.cancel();
    BOOST_TEST(first.has_permit());
    BOOST_TEST(second.has_permit());
    BOOST_TEST(semaphore.available_permits() == 1U);
}

BOOST_AUTO_TEST_CASE(a_cancelled_waiter_passes_the_permit_on) {
    const LeakGuard guard;
    Semaphore semaphore(0);
    Asks first(semaphore);
    Asks second(semaphore);
    semaphore.add_permits(1);
    BOOST_TEST(first.is_woken());
    BOOST_TEST(!second.is_woken());
    first.cancel();
    BOOST_TEST(second.has_permit());
}

BOOST_AUTO_TEST_CASE(a_cancelled_waiter_in_the_middle_leaves_the_others_in_order) {
    const LeakGuard guard;
    Semaphore semaphore(0);
    Asks first(semaphore);
    Asks second(semaphore);
    Asks third(semaphore);
    second.cancel();
    semaphore.add_permits(1);
    BOOST_TEST(first.has_permit());
    BOOST_TEST(!third.is_woken());
    semaphore.add_permits(1);
    BOOST_TEST(third.has_permit());
    BOOST_TEST(semaphore.available_permits() == 0U);
}

BOOST_AUTO_TEST_CASE(after_the_only_waiter_has_left_permits_are_free_again) {
    Semaphore semaphore(0);
    {
        Asks waiter(semaphore);
    }
    semaphore.add_permits(1);
    BOOST_TEST(semaphore.available_permits() == 1U);
    BOOST_TEST(semaphore.try_acquire().has_value());
}

BOOST_AUTO_TEST_CASE(many_waiters_are_served_by_one_addition) {
    const LeakGuard guard;
    Semaphore semaphore(0);
    std::vector<std::unique_ptr<Asks>> waiters;
    for (int i = 0; i < 100; ++i) {
        waiters.push_back(std::make_unique<Asks>(semaphore, 2));
    }
    semaphore.add_permits(201);
    BOOST_TEST(semaphore.available_permits() == 1U);
    for (auto& waiter : waiters) {
        BOOST_TEST(waiter->has_permit());
    }
}

BOOST_AUTO_TEST_CASE(close_refuses_those_who_wait_and_those_who_come) {
    const LeakGuard guard;
    Semaphore semaphore(1);
    Asks holder(semaphore);
    BOOST_TEST(holder.has_permit());
    Asks waiter(semaphore);
    semaphore.close();
    BOOST_TEST(semaphore.is_closed());
    BOOST_TEST(waiter.is_refused());
    Asks late(semaphore);
    BOOST_TEST(late.is_refused());
    BOOST_TEST(AcquireError().message() == "the semaphore is closed");
    holder.release();
    BOOST_TEST(semaphore.available_permits() == 1U);
    Asks later(semaphore);
    BOOST_TEST(later.is_refused());
}

BOOST_AUTO_TEST_CASE(close_takes_back_what_a_big_request_had_collected) {
    const LeakGuard guard;
    Semaphore semaphore(3);
    Asks big(semaphore, 5);
    std::vector<std::unique_ptr<Asks>> others;
    for (int i = 0; i < 100; ++i) {
        others.push_back(std::make_unique<Asks>(semaphore));
    }
    semaphore.close();
    BOOST_TEST(semaphore.available_permits() == 3U);
    BOOST_TEST(big.is_refused());
    for (auto& other : others) {
        BOOST_TEST(other->is_refused());
    }
}

BOOST_AUTO_TEST_CASE(a_waiter_that_was_refused_and_is_cancelled_takes_nothing) {
    Semaphore semaphore(1);
    Asks big(semaphore, 2);
    semaphore.close();
    big.cancel();
    BOOST_TEST(semaphore.available_permits() == 1U);
}

BOOST_AUTO_TEST_CASE(stays_closed_after_forget_and_add) {
    Semaphore semaphore(5);
    semaphore.close();
    BOOST_TEST(semaphore.forget_permits(3) == 3U);
    BOOST_TEST(semaphore.is_closed());
    BOOST_TEST(semaphore.available_permits() == 2U);
    BOOST_TEST(semaphore.try_acquire().error().is_closed());
    semaphore.add_permits(1);
    BOOST_TEST(semaphore.is_closed());
    BOOST_TEST(semaphore.forget_permits(100) == 3U);
    BOOST_TEST(semaphore.is_closed());
}

BOOST_AUTO_TEST_CASE(forget_permits_takes_away_what_is_free) {
    Semaphore semaphore(3);
    auto held = semaphore.try_acquire();
    BOOST_TEST(semaphore.forget_permits(0) == 0U);
    BOOST_TEST(semaphore.forget_permits(10) == 2U);
    BOOST_TEST(semaphore.available_permits() == 0U);
    held->release();
    BOOST_TEST(semaphore.available_permits() == 1U);
}

BOOST_AUTO_TEST_CASE(a_forgotten_permit_is_never_returned) {
    Semaphore semaphore(2);
    {
        auto permit = semaphore.try_acquire();
        permit->forget();
        BOOST_TEST(permit->num_permits() == 0U);
    }
    BOOST_TEST(semaphore.available_permits() == 1U);
}

BOOST_AUTO_TEST_CASE(permits_are_split_and_merged) {
    Semaphore semaphore(5);
    auto permit = semaphore.try_acquire_many(5);
    SemaphorePermit two = permit->split(2);
    BOOST_TEST(two.num_permits() == 2U);
    BOOST_TEST(permit->num_permits() == 3U);
    BOOST_CHECK_THROW(static_cast<void>(permit->split(4)), edo::UsageError);
    BOOST_TEST(permit->split(0).num_permits() == 0U);
    two.merge(permit->split(1));
    BOOST_TEST(two.num_permits() == 3U);
    two.release();
    BOOST_TEST(semaphore.available_permits() == 3U);
    SemaphorePermit all;
    all.merge(std::move(*permit));
    all = SemaphorePermit();
    BOOST_TEST(semaphore.available_permits() == 5U);
}

BOOST_AUTO_TEST_CASE(permits_of_different_semaphores_do_not_merge) {
    Semaphore one(1);
    Semaphore other(1);
    auto first = one.try_acquire();
    auto second = other.try_acquire();
    BOOST_CHECK_THROW(first->merge(std::move(*second)), edo::UsageError);
    second->release();
    BOOST_TEST(other.available_permits() == 1U);
}

BOOST_AUTO_TEST_CASE(a_moved_permit_is_returned_once) {
    Semaphore semaphore(2);
    auto first = semaphore.try_acquire();
    auto second = semaphore.try_acquire();
    *first = std::move(*second);
    BOOST_TEST(semaphore.available_permits() == 1U);
    SemaphorePermit moved = std::move(*first);
    first->release();
    BOOST_TEST(semaphore.available_permits() == 1U);
    moved.release();
    moved.release();
    BOOST_TEST(semaphore.available_permits() == 2U);
}

BOOST_AUTO_TEST_CASE(more_permits_than_there_may_be_are_misuse) {
    constexpr std::size_t kMax = Semaphore::kMaxPermits;
    BOOST_CHECK_THROW(Semaphore(kMax + 1), edo::UsageError);
    Semaphore semaphore(kMax - 1);
    semaphore.add_permits(1);
    BOOST_TEST(semaphore.available_permits() == kMax);
    BOOST_CHECK_THROW(semaphore.add_permits(1), edo::UsageError);
    BOOST_CHECK_THROW(semaphore.add_permits(std::size_t(-1)), edo::UsageError);
    BOOST_CHECK_THROW(static_cast<void>(semaphore.acquire_many(kMax + 1)), edo::UsageError);
    BOOST_CHECK_THROW(static_cast<void>(semaphore.try_acquire_many(std::size_t(-1))),
                      edo::UsageError);
    auto all = semaphore.try_acquire_many(kMax);
    semaphore.add_permits(1);
    all->release();  // more than can be asked for; but nothing is lost
    BOOST_TEST(semaphore.available_permits() == kMax + 1);
    BOOST_TEST(!semaphore.is_closed());
}

BOOST_AUTO_TEST_CASE(owned_permits_keep_the_semaphore_alive) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            auto semaphore = std::make_shared<Semaphore>(3);
            const std::weak_ptr<Semaphore> watch = semaphore;
            auto one = co_await Semaphore::acquire_owned(semaphore);
            auto two = co_await Semaphore::acquire_many_owned(semaphore, 2);
            BOOST_TEST(Semaphore::try_acquire_owned(semaphore).error().is_no_permits());
            BOOST_TEST((one->semaphore() == semaphore));
            OwnedSemaphorePermit half = two->split(1);
            half.merge(std::move(*one));
            BOOST_TEST(half.num_permits() == 2U);
            half.release();
            two->forget();
            BOOST_TEST(Semaphore::try_acquire_many_owned(semaphore, 2).has_value());
            semaphore.reset();
            *two = OwnedSemaphorePermit();
            *one = OwnedSemaphorePermit();
            BOOST_TEST(!watch.expired());
            half = OwnedSemaphorePermit();
            BOOST_TEST(watch.expired());
        });
    });
}

BOOST_AUTO_TEST_CASE(an_owned_wait_that_is_cancelled_may_be_the_last_owner) {
    const LeakGuard guard;
    auto semaphore = std::make_shared<Semaphore>(1);
    const std::weak_ptr<Semaphore> watch = semaphore;
    SteppedTask<void> waiting([](std::shared_ptr<Semaphore> s) -> Task<void> {
        auto permit = co_await Semaphore::acquire_many_owned(std::move(s), 2);
        static_cast<void>(permit);
    }(std::move(semaphore)));
    waiting.turn();
    BOOST_TEST(!watch.expired());
    waiting.cancel();
    BOOST_TEST(watch.expired());
}

BOOST_AUTO_TEST_CASE(a_task_that_always_finds_a_permit_lets_others_run) {
    const LeakGuard guard;
    Semaphore semaphore(1);
    SteppedTask<void> task([](Semaphore& s) -> Task<void> {
        for (int i = 0; i < 1000; ++i) {
            const auto permit = co_await s.acquire();
        }
    }(semaphore));
    int turns = 0;
    while (!task.is_finished()) {
        task.turn();
        ++turns;
    }
    BOOST_TEST(turns >= 1000 / 129);
    BOOST_TEST(semaphore.available_permits() == 1U);
}

BOOST_AUTO_TEST_CASE(a_task_without_budget_that_is_cancelled_has_taken_nothing) {
    const LeakGuard guard;
    Semaphore semaphore(1000);
    SteppedTask<void> task([](Semaphore& s) -> Task<void> {
        for (;;) {
            auto permit = co_await s.acquire();
            permit->forget();
        }
    }(semaphore));
    task.turn();
    const std::size_t left = semaphore.available_permits();
    task.cancel();
    BOOST_TEST(semaphore.available_permits() == left);
}

BOOST_AUTO_TEST_CASE(can_be_awaited_in_select_as_a_value_and_by_reference) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            Semaphore semaphore(0);
            auto acquire = semaphore.acquire();
            auto first = co_await edo::select(acquire, edo::yield_now());
            BOOST_TEST(first.index() == 1U);
            semaphore.add_permits(1);
            BOOST_TEST(semaphore.available_permits() == 1U);
            auto second = co_await edo::select(semaphore.acquire(), edo::sleep(1h));
            BOOST_TEST(second.index() == 0U);
            BOOST_TEST(semaphore.available_permits() == 0U);
        });
    });
}

BOOST_AUTO_TEST_CASE(a_plain_thread_can_wait) {
    for_each_flavor([](edo::Runtime& runtime) {
        Semaphore semaphore(0);
        Event taken;
        bool first = false;
        bool second = true;
        std::thread thread([&] {
            const auto permit = semaphore.blocking_acquire();
            first = permit.has_value();
            taken.set();
            second = semaphore.blocking_acquire_many(2).has_value();
        });
        runtime.block_on([](Semaphore& s, Event& event) -> Task<void> {
            co_await edo::yield_now();
            s.add_permits(1);
            co_await event;
            s.close();
        }(semaphore, taken));
        thread.join();
        BOOST_TEST(first);
        BOOST_TEST(!second);
        BOOST_TEST(semaphore.available_permits() == 1U);
    });
}

BOOST_AUTO_TEST_CASE(a_plain_thread_gets_permits_that_keep_the_semaphore) {
    auto semaphore = std::make_shared<Semaphore>(3);
    const std::weak_ptr<Semaphore> watch = semaphore;
    auto one = Semaphore::blocking_acquire_owned(semaphore);
    auto two = Semaphore::blocking_acquire_many_owned(semaphore, 2);
    BOOST_TEST(two.value().num_permits() == 2U);
    BOOST_TEST(semaphore->available_permits() == 0U);
    semaphore->close();
    BOOST_TEST(!Semaphore::blocking_acquire_owned(std::move(semaphore)).has_value());
    BOOST_TEST(!watch.expired());
    one = edo::failure(edo::sync::AcquireError());
    two = edo::failure(edo::sync::AcquireError());
    BOOST_TEST(watch.expired());
}

BOOST_AUTO_TEST_CASE(blocking_in_a_task_is_misuse) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            Semaphore semaphore(1);
            BOOST_CHECK_THROW(static_cast<void>(semaphore.blocking_acquire()), edo::UsageError);
            BOOST_TEST(semaphore.available_permits() == 1U);
            co_return;
        });
    });
}

class Acquiring final : public edo::test::CancelScenario {
public:
    Task<void> subject() override {
        for (int i = 0; i < 3; ++i) {
            auto permit = co_await semaphore_.acquire_many(2);
            BOOST_TEST(permit->num_permits() == 2U);
            permit->forget();
            taken_ += 2;
        }
    }
    void suspended(std::size_t /*n*/) override {
        semaphore_.add_permits(1);  // in two steps
        semaphore_.add_permits(1);
        added_ += 2;
    }
    Task<void> check(bool /*completed*/) override {
        // What it was given and did not take is there for the next.
        BOOST_TEST(semaphore_.available_permits() == added_ - taken_);
        co_return;
    }

private:
    Semaphore semaphore_{0};
    std::size_t added_ = 0;
    std::size_t taken_ = 0;
};

BOOST_AUTO_TEST_CASE(an_acquire_can_be_cancelled_anywhere) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(edo::test::drive<Acquiring>());
        BOOST_TEST(driven.suspensions == 3U);
    });
}

BOOST_AUTO_TEST_CASE(no_more_tasks_than_permits_are_inside_at_once) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            Semaphore semaphore(3);
            std::atomic<int> inside = 0;
            std::atomic<int> most = 0;
            auto work = [&]() -> Task<void> {
                for (int i = 0; i < 20; ++i) {
                    const auto permit = co_await semaphore.acquire();
                    const int now = ++inside;
                    int before = most.load();
                    while (before < now && !most.compare_exchange_weak(before, now)) {
                    }
                    co_await edo::yield_now();
                    --inside;
                }
            };
            std::vector<edo::JoinHandle<void>> tasks;
            for (int i = 0; i < 10; ++i) {
                tasks.push_back(edo::spawn(work()));
            }
            for (auto& task : tasks) {
                const auto ended = co_await task;
                BOOST_TEST(ended.has_value());
            }
            BOOST_TEST(most <= 3);
            BOOST_TEST(semaphore.available_permits() == 3U);
        });
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
