// SPDX-License-Identifier: MIT
#include "support/cancel_driver.hpp"
#include "support/event.hpp"
#include "support/flavors.hpp"
#include "support/stepped_task.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/sync/mutex.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using edo::Task;
using edo::sync::Mutex;
using edo::sync::MutexGuard;
using edo::sync::OwnedMutexGuard;
using edo::test::Event;
using edo::test::for_each_flavor;
using edo::test::LeakGuard;
using edo::test::SteppedTask;

namespace {

struct User {
    std::string name;
    int age = 0;
};

Task<void> append(Mutex<std::vector<int>>& mutex, int n) {
    auto guard = co_await mutex.lock();
    guard->push_back(n);
}

BOOST_AUTO_TEST_SUITE(mutex)

BOOST_AUTO_TEST_CASE(a_guard_gives_access_and_unlocks) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            Mutex<std::string> mutex("a");
            {
                auto guard = co_await mutex.lock();
                *guard += "b";
                BOOST_TEST(guard->size() == 2U);
                BOOST_TEST(guard.owns_lock());
                BOOST_TEST(!mutex.try_lock().has_value());
            }
            auto guard = mutex.try_lock();
            BOOST_TEST(**guard == "ab");
            guard->unlock();
            BOOST_TEST(!guard->owns_lock());
            BOOST_TEST(mutex.try_lock().has_value());
        });
    });
}

BOOST_AUTO_TEST_CASE(the_lock_goes_to_the_waiters_in_order) {
    const LeakGuard leaks;
    Mutex<std::vector<int>> mutex;
    auto guard = mutex.try_lock();
    SteppedTask<void> first(append(mutex, 1));
    SteppedTask<void> second(append(mutex, 2));
    SteppedTask<void> third(append(mutex, 3));
    first.turn();
    second.turn();
    third.turn();
    guard->unlock();
    BOOST_TEST(!mutex.try_lock().has_value());  // it is the first one's already
    BOOST_TEST(!second.is_woken());
    first.turn();
    BOOST_TEST(first.is_finished());
    BOOST_TEST(!third.is_woken());
    second.turn();
    third.turn();
    const std::vector<int> expected{1, 2, 3};
    BOOST_TEST(mutex.get_mut() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_cancelled_waiter_leaves_the_queue) {
    const LeakGuard leaks;
    Mutex<std::vector<int>> mutex;
    auto guard = mutex.try_lock();
    SteppedTask<void> first(append(mutex, 1));
    SteppedTask<void> second(append(mutex, 2));
    first.turn();
    second.turn();
    first.cancel();
    guard->unlock();
    BOOST_TEST(second.run());
    BOOST_TEST(mutex.get_mut().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_waiter_that_was_handed_the_lock_and_is_cancelled_passes_it_on) {
    const LeakGuard leaks;
    Mutex<std::vector<int>> mutex;
    auto guard = mutex.try_lock();
    SteppedTask<void> first(append(mutex, 1));
    SteppedTask<void> second(append(mutex, 2));
    first.turn();
    second.turn();
    guard->unlock();
    BOOST_TEST(first.is_woken());
    first.cancel();
    BOOST_TEST(second.run());
    BOOST_TEST(mutex.try_lock().has_value());
}

BOOST_AUTO_TEST_CASE(an_exception_unlocks_and_leaves_the_value) {
    for_each_flavor([](edo::Runtime& runtime) {
        Mutex<int> mutex(1);
        const auto fails = [](Mutex<int>& m) -> Task<void> {
            auto guard = co_await m.lock();
            *guard = 2;
            throw std::runtime_error("broken");
        };
        BOOST_CHECK_THROW(runtime.block_on(fails(mutex)), std::runtime_error);
        const auto guard = mutex.try_lock();
        BOOST_TEST(**guard == 2);
    });
}

BOOST_AUTO_TEST_CASE(a_guard_may_be_kept_across_awaits_and_moved) {
    for_each_flavor([](edo::Runtime& runtime) {
        const int sum = runtime.block_on([]() -> Task<int> {
            Mutex<int> mutex(0);
            auto add = [&mutex]() -> Task<void> {
                for (int i = 0; i < 50; ++i) {
                    auto guard = co_await mutex.lock();
                    const int before = *guard;
                    co_await edo::yield_now();
                    MutexGuard<int> moved = std::move(guard);
                    *moved = before + 1;
                }
            };
            std::vector<edo::JoinHandle<void>> tasks;
            for (int i = 0; i < 8; ++i) {
                tasks.push_back(edo::spawn(add()));
            }
            for (auto& task : tasks) {
                const auto ended = co_await task;
                BOOST_TEST(ended.has_value());
            }
            co_return std::move(mutex).into_inner();
        });
        BOOST_TEST(sum == 400);
    });
}

BOOST_AUTO_TEST_CASE(an_assigned_guard_unlocks_what_it_held) {
    Mutex<int> a(1);
    Mutex<int> b(2);
    auto first = a.try_lock();
    auto second = b.try_lock();
    *first = std::move(*second);
    BOOST_TEST(a.try_lock().has_value());
    BOOST_TEST(!b.try_lock().has_value());
    BOOST_TEST(**first == 2);
}

BOOST_AUTO_TEST_CASE(of_void_is_a_lock_alone) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            Mutex<> mutex;
            {
                const auto guard = co_await mutex.lock();
                BOOST_TEST(!mutex.try_lock().has_value());
            }
            BOOST_TEST(mutex.try_lock().has_value());
        });
    });
}

BOOST_AUTO_TEST_CASE(a_guard_is_narrowed_to_a_part) {
    Mutex<User> mutex(User{"Ada", 36});
    {
        auto guard = mutex.try_lock();
        auto name = std::move(*guard).map([](User& user) -> std::string& { return user.name; });
        BOOST_TEST(!guard->owns_lock());
        *name += "!";
        auto letter = std::move(name).map([](std::string& s) -> char& { return s.front(); });
        *letter = 'I';
        BOOST_TEST(!mutex.try_lock().has_value());
    }
    auto guard = mutex.try_lock();
    BOOST_TEST((*guard)->name == "Ida!");
}

BOOST_AUTO_TEST_CASE(a_map_that_throws_leaves_the_guard) {
    Mutex<int> mutex(1);
    auto guard = mutex.try_lock();
    const auto fails = [](int& /*value*/) -> int& { throw std::runtime_error("broken"); };
    BOOST_CHECK_THROW(static_cast<void>(std::move(*guard).map(fails)), std::runtime_error);
    BOOST_TEST(guard->owns_lock());
    BOOST_TEST(!mutex.try_lock().has_value());
}

BOOST_AUTO_TEST_CASE(a_guard_is_narrowed_to_a_part_that_is_perhaps_not_there) {
    Mutex<std::optional<int>> mutex(std::in_place, 5);
    const auto number = [](std::optional<int>& value) { return value ? &*value : nullptr; };
    {
        auto guard = mutex.try_lock();
        auto narrowed = std::move(*guard).try_map(number);
        BOOST_TEST(!guard->owns_lock());
        BOOST_TEST(**narrowed == 5);
        auto even = std::move(*narrowed).try_map([](int& n) { return n % 2 == 0 ? &n : nullptr; });
        BOOST_TEST(!even.has_value());
        BOOST_TEST(narrowed->owns_lock());
        BOOST_TEST(!mutex.try_lock().has_value());
    }
    mutex.get_mut() = std::nullopt;
    auto guard = mutex.try_lock();
    auto nothing = std::move(*guard).try_map(number);
    BOOST_TEST(!nothing.has_value());
    BOOST_TEST(guard->owns_lock());
    const auto fails = [](std::optional<int>&) -> int* { throw std::runtime_error("broken"); };
    BOOST_CHECK_THROW(static_cast<void>(std::move(*guard).try_map(fails)), std::runtime_error);
    BOOST_TEST(!mutex.try_lock().has_value());
    guard->unlock();

    const auto shared = std::make_shared<Mutex<std::optional<int>>>(std::in_place, 6);
    auto owned = Mutex<std::optional<int>>::try_lock_owned(shared);
    auto part = std::move(*owned).try_map(number);
    BOOST_TEST(**part == 6);
    BOOST_TEST((part->mutex() == shared));
    BOOST_TEST(!shared->try_lock().has_value());
    part->unlock();
    BOOST_TEST(shared->try_lock().has_value());
}

BOOST_AUTO_TEST_CASE(a_guard_knows_its_mutex) {
    Mutex<int> mutex(1);
    auto guard = mutex.try_lock();
    BOOST_TEST(&guard->mutex() == &mutex);
    edo::sync::MappedMutexGuard<int> mapped = std::move(*guard).into_mapped();
    BOOST_TEST(!guard->owns_lock());
    *mapped = 2;
    BOOST_TEST(!mutex.try_lock().has_value());
    mapped.unlock();
    BOOST_TEST(mutex.get_mut() == 2);
}

BOOST_AUTO_TEST_CASE(owned_guards_keep_the_mutex_alive) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            auto mutex = std::make_shared<Mutex<User>>(User{"Ada", 36});
            const std::weak_ptr<Mutex<User>> watch = mutex;
            {
                auto guard = co_await Mutex<User>::lock_owned(mutex);
                BOOST_TEST((guard.mutex() == mutex));
                BOOST_TEST(!Mutex<User>::try_lock_owned(mutex).has_value());
                guard->age = 37;
                auto age = std::move(guard).map([](User& user) -> int& { return user.age; });
                mutex.reset();
                auto same = std::move(age).map([](int& n) -> int& { return n; });
                BOOST_TEST(*same == 37);
                BOOST_TEST(!watch.expired());
            }
            BOOST_TEST(watch.expired());
        });
    });
}

BOOST_AUTO_TEST_CASE(an_assigned_owned_guard_unlocks_before_it_lets_the_mutex_go) {
    auto a = std::make_shared<Mutex<int>>(1);
    auto b = std::make_shared<Mutex<int>>(2);
    const std::weak_ptr<Mutex<int>> watch = a;
    auto first = Mutex<int>::try_lock_owned(std::move(a));
    auto second = Mutex<int>::try_lock_owned(b);
    *first = std::move(*second);
    BOOST_TEST(watch.expired());
    BOOST_TEST(!b->try_lock().has_value());
    first->unlock();
    BOOST_TEST(b->try_lock().has_value());
}

BOOST_AUTO_TEST_CASE(a_locked_mutex_does_not_give_its_value_away) {
    Mutex<int> mutex(1);
    auto guard = mutex.try_lock();
    BOOST_CHECK_THROW(static_cast<void>(mutex.get_mut()), edo::UsageError);
    BOOST_CHECK_THROW(static_cast<void>(std::move(mutex).into_inner()), edo::UsageError);
    guard->unlock();
    mutex.get_mut() = 5;
    BOOST_TEST(std::move(mutex).into_inner() == 5);
}

BOOST_AUTO_TEST_CASE(holds_what_cannot_be_copied) {
    Mutex<std::unique_ptr<int>> mutex(std::make_unique<int>(3));
    BOOST_TEST(***mutex.try_lock() == 3);
    BOOST_TEST(*std::move(mutex).into_inner() == 3);
    static_assert(!std::is_copy_constructible_v<Mutex<int>>);
    static_assert(!std::is_copy_constructible_v<MutexGuard<int>>);
    static_assert(std::is_nothrow_move_constructible_v<MutexGuard<int>>);
    static_assert(sizeof(MutexGuard<int>) == sizeof(void*));
}

BOOST_AUTO_TEST_CASE(a_plain_thread_and_a_task_exclude_each_other) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto mutex = std::make_shared<Mutex<int>>(0);
        constexpr int kRounds = 200;
        std::thread thread([&] {
            for (int i = 0; i < kRounds; ++i) {
                *mutex->blocking_lock() += 1;
                *Mutex<int>::blocking_lock_owned(mutex) += 1;
            }
        });
        runtime.block_on([](Mutex<int>& m) -> Task<void> {
            for (int i = 0; i < kRounds; ++i) {
                auto guard = co_await m.lock();
                *guard += 1;
            }
        }(*mutex));
        thread.join();
        BOOST_TEST(**mutex->try_lock() == 3 * kRounds);
    });
}

BOOST_AUTO_TEST_CASE(two_runtimes_share_one) {
    for_each_flavor([](edo::Runtime& runtime) {
        Mutex<int> mutex(0);
        edo::Runtime other = edo::Builder::multi_thread(2).build();
        auto add = [&mutex]() -> Task<void> {
            for (int i = 0; i < 200; ++i) {
                auto guard = co_await mutex.lock();
                *guard += 1;
            }
        };
        edo::JoinHandle<void> there = other.handle().spawn(add());
        runtime.block_on([](edo::JoinHandle<void>& handle, Task<void> here) -> Task<void> {
            co_await std::move(here);
            const auto ended = co_await handle;
            BOOST_TEST(ended.has_value());
        }(there, add()));
        BOOST_TEST(mutex.get_mut() == 400);
    });
}

BOOST_AUTO_TEST_CASE(blocking_in_a_task_is_misuse) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            Mutex<int> mutex(1);
            BOOST_CHECK_THROW(static_cast<void>(mutex.blocking_lock()), edo::UsageError);
            BOOST_TEST(mutex.try_lock().has_value());
            co_return;
        });
    });
}

BOOST_AUTO_TEST_CASE(can_be_awaited_in_select_as_a_value_and_by_reference) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            const auto mutex = std::make_shared<Mutex<int>>(0);
            auto held = mutex->try_lock();
            auto lock = mutex->lock();
            auto lost = co_await edo::select(lock, Mutex<int>::lock_owned(mutex), edo::yield_now());
            BOOST_TEST(lost.index() == 2U);
            held->unlock();
            auto won = co_await edo::select(mutex->lock(), edo::sleep(1h));
            BOOST_TEST(won.get_if<0>()->owns_lock());
        });
    });
}

class Locking final : public edo::test::CancelScenario {
public:
    Locking() : guard_(mutex_.try_lock()) {}

    Task<void> subject() override {
        auto guard = co_await mutex_.lock();
        *guard += 1;
        co_await edo::yield_now();
        guard.unlock();
        auto again = co_await mutex_.lock();
        *again += 1;
    }
    Task<void> peer() override {
        auto guard = co_await mutex_.lock();
        co_await edo::yield_now();
    }
    void suspended(std::size_t n) override {
        if (n == 1) {
            guard_->unlock();
        }
    }
    Task<void> check(bool completed) override {
        guard_->unlock();
        auto guard = co_await edo::timeout(5s, mutex_.lock());
        BOOST_TEST(guard.has_value());
        if (completed) {
            BOOST_TEST(**guard == 2);
        }
    }

private:
    Mutex<int> mutex_{0};
    std::optional<MutexGuard<int>> guard_;
};

BOOST_AUTO_TEST_CASE(a_lock_can_be_cancelled_anywhere) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(edo::test::drive<Locking>());
        BOOST_TEST(driven.suspensions >= 2U);
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
