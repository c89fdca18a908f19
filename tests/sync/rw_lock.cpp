// SPDX-License-Identifier: MIT
#include "support/cancel_driver.hpp"
#include "support/flavors.hpp"
#include "support/stepped_task.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/sync/rw_lock.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <variant>

using namespace std::chrono_literals;
using edo::Task;
using edo::sync::MaxReaders;
using edo::sync::RwLock;
using edo::sync::RwLockReadGuard;
using edo::sync::RwLockWriteGuard;
using edo::test::for_each_flavor;
using edo::test::LeakGuard;
using edo::test::SteppedTask;

namespace {

struct User {
    std::string name;
    int age = 0;
};

Task<RwLockReadGuard<int>> read(RwLock<int>& lock) {
    RwLockReadGuard<int> guard = co_await lock.read();
    co_return guard;
}

Task<RwLockWriteGuard<int>> write(RwLock<int>& lock) {
    RwLockWriteGuard<int> guard = co_await lock.write();
    co_return guard;
}

/// A task that asks for a lock and keeps the guard.
template <class Guard>
class Asks {
public:
    explicit Asks(Task<Guard> task) : task_(std::move(task)) { task_.turn(); }

    [[nodiscard]] bool is_woken() { return task_.is_finished() || task_.is_woken(); }
    [[nodiscard]] bool has_lock() {
        if (!guard_ && task_.run()) {
            guard_.emplace(task_.take());
        }
        return guard_ && guard_->owns_lock();
    }
    Guard& guard() { return *guard_; }
    void cancel() { task_.cancel(); }

private:
    SteppedTask<Guard> task_;
    std::optional<Guard> guard_;
};
using Reader = Asks<RwLockReadGuard<int>>;
using Writer = Asks<RwLockWriteGuard<int>>;

BOOST_AUTO_TEST_SUITE(rw_lock)

BOOST_AUTO_TEST_CASE(many_read_and_one_writes) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            RwLock<int> lock(1);
            {
                const auto first = co_await lock.read();
                const auto second = co_await lock.read();
                BOOST_TEST(*first + *second == 2);
                BOOST_TEST(!lock.try_write().has_value());
                BOOST_TEST(lock.try_read().has_value());
            }
            {
                auto writer = co_await lock.write();
                *writer = 5;
                BOOST_TEST(!lock.try_read().has_value());
                BOOST_TEST(!lock.try_write().has_value());
            }
            const auto reader = lock.try_read();
            BOOST_TEST(**reader == 5);
        });
    });
}

BOOST_AUTO_TEST_CASE(a_writer_waits_for_all_readers) {
    const LeakGuard leaks;
    RwLock<int> lock(1);
    auto first = lock.try_read();
    auto second = lock.try_read();
    Writer writer(write(lock));
    first->unlock();
    BOOST_TEST(!writer.is_woken());
    second->unlock();
    BOOST_TEST(writer.has_lock());
}

BOOST_AUTO_TEST_CASE(a_reader_waits_behind_a_waiting_writer) {
    const LeakGuard leaks;
    RwLock<int> lock(1);
    auto reading = lock.try_read();
    Writer writer(write(lock));
    BOOST_TEST(!lock.try_read().has_value());
    Reader late(read(lock));
    BOOST_TEST(!late.is_woken());
    reading->unlock();
    BOOST_TEST(writer.has_lock());
    BOOST_TEST(!late.is_woken());
    writer.guard().unlock();
    BOOST_TEST(late.has_lock());
}

BOOST_AUTO_TEST_CASE(a_cancelled_writer_lets_the_readers_behind_it_in) {
    const LeakGuard leaks;
    RwLock<int> lock(1);
    const auto reading = lock.try_read();
    Writer writer(write(lock));
    Reader first(read(lock));
    Reader second(read(lock));
    writer.cancel();
    BOOST_TEST(first.has_lock());
    BOOST_TEST(second.has_lock());
    BOOST_TEST(lock.try_read().has_value());
}

BOOST_AUTO_TEST_CASE(a_writer_that_was_handed_the_lock_and_is_cancelled_passes_it_on) {
    const LeakGuard leaks;
    RwLock<int> lock(1);
    auto writing = lock.try_write();
    Writer chosen(write(lock));
    Reader reader(read(lock));
    writing->unlock();
    BOOST_TEST(chosen.is_woken());
    chosen.cancel();
    BOOST_TEST(reader.has_lock());
}

BOOST_AUTO_TEST_CASE(downgrade_lets_the_queued_readers_in_and_no_writer) {
    const LeakGuard leaks;
    RwLock<int> lock(1);
    auto writing = lock.try_write();
    Reader first(read(lock));
    Reader second(read(lock));
    Writer writer(write(lock));
    Reader behind(read(lock));
    **writing = 7;
    auto reading = std::move(*writing).downgrade();
    BOOST_TEST(!writing->owns_lock());
    BOOST_TEST(*reading == 7);
    BOOST_TEST(first.has_lock());
    BOOST_TEST(second.has_lock());
    BOOST_TEST(!writer.is_woken());
    BOOST_TEST(!behind.is_woken());
    first.guard().unlock();
    second.guard().unlock();
    BOOST_TEST(!writer.is_woken());
    reading.unlock();
    BOOST_TEST(writer.has_lock());
}

BOOST_AUTO_TEST_CASE(lets_in_as_many_readers_as_it_is_told) {
    const LeakGuard leaks;
    RwLock<int> lock(MaxReaders(2), 1);
    auto first = lock.try_read();
    const auto second = lock.try_read();
    BOOST_TEST(!lock.try_read().has_value());
    Reader third(read(lock));
    first->unlock();
    BOOST_TEST(third.has_lock());
    BOOST_TEST(!lock.try_write().has_value());
}

BOOST_AUTO_TEST_CASE(one_reader_is_the_least) {
    BOOST_CHECK_THROW(MaxReaders(0), edo::UsageError);
    BOOST_CHECK_THROW(MaxReaders(std::size_t(-1)), edo::UsageError);
    RwLock<int> lock(MaxReaders(1), 1);
    const auto reading = std::move(*lock.try_write()).downgrade();
    BOOST_TEST(!lock.try_read().has_value());
}

BOOST_AUTO_TEST_CASE(guards_are_narrowed_to_a_part) {
    RwLock<User> lock(User{"Ada", 36});
    {
        auto writer = lock.try_write();
        auto name = std::move(*writer).map([](User& user) -> std::string& { return user.name; });
        BOOST_TEST(!writer->owns_lock());
        auto letter = std::move(name).map([](std::string& s) -> char& { return s.front(); });
        *letter = 'I';
        BOOST_TEST(!lock.try_read().has_value());
    }
    {
        auto reader = lock.try_read();
        auto name = std::move(*reader).map(
            [](const User& user) -> const std::string& { return user.name; });
        BOOST_TEST(*name == "Ida");
        BOOST_TEST(name->size() == 3U);
        BOOST_TEST(!lock.try_write().has_value());
    }
    BOOST_TEST(lock.try_write().has_value());
}

BOOST_AUTO_TEST_CASE(guards_are_narrowed_to_a_part_that_is_perhaps_not_there) {
    RwLock<User> lock(User{"", 36});
    const auto first = [](auto& user) { return user.name.empty() ? nullptr : &user.name.front(); };
    auto writer = lock.try_write();
    BOOST_TEST(!std::move(*writer).try_map(first).has_value());
    BOOST_TEST(!std::move(*writer).try_downgrade_map(first).has_value());
    BOOST_TEST(!lock.try_read().has_value());  // it is still alone
    (*writer)->name = "Ada";
    auto letter = std::move(*writer).try_map(first);
    **letter = 'I';
    BOOST_TEST(!lock.try_read().has_value());
    letter->unlock();

    auto again = lock.try_write();
    const auto reading = std::move(*again).try_downgrade_map(first);
    BOOST_TEST(**reading == 'I');
    auto other = lock.try_read();
    auto same = std::move(*other).try_map(first);
    BOOST_TEST(**same == 'I');
    BOOST_TEST(!lock.try_write().has_value());
}

BOOST_AUTO_TEST_CASE(a_writer_becomes_a_reader_of_a_part) {
    RwLock<User> lock(User{"Ada", 36});
    auto writer = lock.try_write();
    {
        const auto age = std::move(*writer).downgrade_map(
            [](const User& user) -> const int& { return user.age; });
        static_assert(std::is_same_v<decltype(age), const edo::sync::RwLockReadGuard<int>>);
        BOOST_TEST(*age == 36);
        BOOST_TEST(lock.try_read().has_value());  // readers come in, writers do not
        BOOST_TEST(!lock.try_write().has_value());
    }
    edo::sync::RwLockMappedWriteGuard<User> mapped = std::move(*lock.try_write()).into_mapped();
    mapped->age = 37;
    BOOST_TEST(!lock.try_read().has_value());
    mapped.unlock();
    const auto fails = [](const User& /*user*/) -> const int& { throw std::runtime_error("no"); };
    writer = lock.try_write();
    BOOST_CHECK_THROW(static_cast<void>(std::move(*writer).downgrade_map(fails)),
                      std::runtime_error);
    BOOST_TEST(!lock.try_read().has_value());
}

BOOST_AUTO_TEST_CASE(owned_guards_know_their_lock_also_when_they_are_narrowed) {
    const auto lock = std::make_shared<RwLock<User>>(User{"Ada", 36});
    auto writer = RwLock<User>::try_write_owned(lock);
    BOOST_TEST((writer->rwlock() == lock));
    auto part = std::move(*writer).try_map([](User& user) { return &user.age; });
    BOOST_TEST((part->rwlock() == lock));
    **part = 40;
    part->unlock();
    auto whole = std::move(*RwLock<User>::try_write_owned(lock)).into_mapped();
    BOOST_TEST(whole->age == 40);
    whole.unlock();
    auto age = std::move(*RwLock<User>::try_write_owned(lock))
                   .downgrade_map([](const User& user) -> const int& { return user.age; });
    BOOST_TEST((age.rwlock() == lock));
    BOOST_TEST(*age == 40);
    auto name = std::move(*RwLock<User>::try_read_owned(lock)).try_map([](const User& user) {
        return &user.name;
    });
    BOOST_TEST((name->rwlock() == lock));
    age.unlock();
    name->unlock();
    BOOST_TEST(lock->try_write().has_value());
}

BOOST_AUTO_TEST_CASE(a_map_that_throws_leaves_the_guard) {
    RwLock<int> lock(1);
    auto writer = lock.try_write();
    const auto fails = [](int& /*value*/) -> int& { throw std::runtime_error("broken"); };
    BOOST_CHECK_THROW(static_cast<void>(std::move(*writer).map(fails)), std::runtime_error);
    BOOST_TEST(writer->owns_lock());
}

BOOST_AUTO_TEST_CASE(owned_guards_keep_the_lock_alive) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            auto lock = std::make_shared<RwLock<User>>(User{"Ada", 36});
            const std::weak_ptr<RwLock<User>> watch = lock;
            {
                auto writer = co_await RwLock<User>::write_owned(lock);
                BOOST_TEST(!RwLock<User>::try_read_owned(lock).has_value());
                writer->age = 37;
                auto age = std::move(writer).map([](User& user) -> int& { return user.age; });
                auto same = std::move(age).map([](int& n) -> int& { return n; });
                *same += 1;
                same.unlock();
            }
            auto writer = RwLock<User>::try_write_owned(lock);
            auto reader = std::move(*writer).downgrade();
            BOOST_TEST(reader->age == 38);
            auto second = co_await RwLock<User>::read_owned(std::move(lock));
            reader = std::move(second);
            writer.reset();
            BOOST_TEST(!watch.expired());
            {
                const auto name = std::move(reader).map(
                    [](const User& user) -> const std::string& { return user.name; });
                BOOST_TEST(*name == "Ada");
            }
            BOOST_TEST(watch.expired());
        });
    });
}

BOOST_AUTO_TEST_CASE(a_locked_one_does_not_give_its_value_away) {
    RwLock<std::unique_ptr<int>> lock(std::make_unique<int>(3));
    auto reader = lock.try_read();
    BOOST_CHECK_THROW(static_cast<void>(lock.get_mut()), edo::UsageError);
    BOOST_CHECK_THROW(static_cast<void>(std::move(lock).into_inner()), edo::UsageError);
    reader->unlock();
    *lock.get_mut() = 4;
    BOOST_TEST(*std::move(lock).into_inner() == 4);
}

BOOST_AUTO_TEST_CASE(threads_and_tasks_exclude_each_other) {
    for_each_flavor([](edo::Runtime& runtime) {
        RwLock<int> lock(0);
        std::atomic<int> mistakes = 0;
        std::thread thread([&] {
            for (int i = 0; i < 200; ++i) {
                *lock.blocking_write() += 1;
                const auto reader = lock.blocking_read();
                mistakes += *reader > 0 ? 0 : 1;
            }
        });
        runtime.block_on([](RwLock<int>& l) -> Task<void> {
            auto work = [&l]() -> Task<void> {
                for (int i = 0; i < 100; ++i) {
                    auto writer = co_await l.write();
                    *writer += 1;
                    const auto reader = std::move(writer).downgrade();
                    const int before = *reader;
                    co_await edo::yield_now();
                    BOOST_TEST(*reader == before);
                }
            };
            co_await edo::join(work(), work());
        }(lock));
        thread.join();
        BOOST_TEST(mistakes == 0);
        BOOST_TEST(lock.get_mut() == 400);
    });
}

BOOST_AUTO_TEST_CASE(blocking_in_a_task_is_misuse) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            RwLock<int> lock(1);
            BOOST_CHECK_THROW(static_cast<void>(lock.blocking_read()), edo::UsageError);
            BOOST_CHECK_THROW(static_cast<void>(lock.blocking_write()), edo::UsageError);
            BOOST_TEST(lock.try_write().has_value());
            co_return;
        });
    });
}

class Locking final : public edo::test::CancelScenario {
public:
    Locking() : held_(lock_->try_write()) {}

    Task<void> subject() override {
        auto reader = co_await lock_->read();
        reader.unlock();
        held_ = lock_->try_read();
        auto writer = co_await lock_->write();
        writer.unlock();
        held_ = lock_->try_write();
        auto owned = co_await RwLock<int>::read_owned(lock_);
        owned.unlock();
        held_ = lock_->try_read();
        auto alone = co_await RwLock<int>::write_owned(lock_);
    }
    void suspended(std::size_t /*n*/) override { release(); }
    Task<void> check(bool /*completed*/) override {
        release();
        BOOST_TEST(lock_->try_write().has_value());
        co_return;
    }

private:
    void release() { held_ = std::optional<RwLockWriteGuard<int>>(); }

    std::shared_ptr<RwLock<int>> lock_ = std::make_shared<RwLock<int>>(0);
    std::variant<std::optional<RwLockWriteGuard<int>>, std::optional<RwLockReadGuard<int>>> held_;
};

BOOST_AUTO_TEST_CASE(a_lock_can_be_cancelled_anywhere) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(edo::test::drive<Locking>());
        BOOST_TEST(driven.suspensions == 4U);
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
