// SPDX-License-Identifier: MIT
#include "support/event.hpp"
#include "support/flavors.hpp"
#include <edo/edo.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <concepts>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using edo::test::CountsDestruction;
using edo::test::for_each_flavor;
using edo::test::LeakGuard;

namespace {

// A Task is moved, not copied, and awaited once, as an rvalue.
template <class T>
concept AwaitableAsLvalue = requires(T& task) { task.operator co_await(); };
static_assert(std::movable<edo::Task<int>> && !std::copyable<edo::Task<int>>);
static_assert(!AwaitableAsLvalue<edo::Task<int>>);

edo::Task<void> sets(bool& ran, CountsDestruction /*argument*/) {
    ran = true;
    co_return;
}

edo::Task<int> answer() {
    co_return 42;
}

edo::Task<int> answer_after_yield() {
    co_await edo::yield_now();
    co_return 42;
}

edo::Task<int> fails() {
    co_await edo::yield_now();
    throw std::runtime_error("failed");
}

edo::Task<int&> refers_to(int& value) {
    co_return value;
}

edo::Task<std::unique_ptr<int>> makes_unique() {
    co_return std::make_unique<int>(7);
}

/// Neither default-constructible nor copyable.
struct Picky {
    explicit Picky(int n) : number(n) {}
    Picky(Picky&&) = default;
    Picky(const Picky&) = delete;
    int number;
};

edo::Task<Picky> makes_picky() {
    co_return Picky(5);
}

BOOST_AUTO_TEST_SUITE(lazy_task)

BOOST_AUTO_TEST_CASE(a_dropped_task_runs_nothing_and_destroys_its_arguments) {
    const LeakGuard guard;
    bool ran = false;
    std::atomic<int> destroyed = 0;
    {
        const edo::Task<void> task = sets(ran, CountsDestruction(destroyed));
        BOOST_TEST(task.valid());
        BOOST_TEST(destroyed == 0);
    }
    BOOST_TEST(!ran);
    BOOST_TEST(destroyed == 1);
}

BOOST_AUTO_TEST_CASE(a_replaced_task_is_destroyed) {
    const LeakGuard guard;
    bool ran = false;
    std::atomic<int> destroyed = 0;
    edo::Task<void> task = sets(ran, CountsDestruction(destroyed));
    task = sets(ran, CountsDestruction(destroyed));
    BOOST_TEST(destroyed == 1);
    task = edo::Task<void>();
    BOOST_TEST(destroyed == 2);
    BOOST_TEST(!task.valid());
}

BOOST_AUTO_TEST_CASE(calling_a_coroutine_runs_no_part_of_it) {
    const LeakGuard guard;
    bool ran = false;
    std::atomic<int> destroyed = 0;
    edo::block_on([](bool& r, std::atomic<int>& d) -> edo::Task<void> {
        edo::Task<void> task = sets(r, CountsDestruction(d));
        co_await edo::yield_now();
        BOOST_TEST(!r);
        co_await std::move(task);
        BOOST_TEST(r);
        BOOST_TEST(!task.valid());
    }(ran, destroyed));
    BOOST_TEST(destroyed == 1);
}

BOOST_AUTO_TEST_CASE(an_awaited_task_yields_its_value) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            const int at_once = co_await answer();
            BOOST_TEST(at_once == 42);
            const int later = co_await answer_after_yield();
            BOOST_TEST(later == 42);
        });
    });
}

BOOST_AUTO_TEST_CASE(values_may_be_references_or_move_only_or_not_default_constructible) {
    const LeakGuard guard;
    edo::block_on([]() -> edo::Task<void> {
        int value = 1;
        int& same = co_await refers_to(value);
        same = 2;
        BOOST_TEST(value == 2);
        const std::unique_ptr<int> unique = co_await makes_unique();
        BOOST_TEST(*unique == 7);
        const Picky picky = co_await makes_picky();
        BOOST_TEST(picky.number == 5);
    }());
}

BOOST_AUTO_TEST_CASE(an_exception_is_thrown_from_the_await) {
    for_each_flavor([](edo::Runtime& runtime) {
        const std::string text = runtime.block_on([]() -> edo::Task<std::string> {
            try {
                co_await fails();
            } catch (const std::runtime_error& error) {
                co_return error.what();
            }
            co_return "nothing was thrown";
        });
        BOOST_TEST(text == "failed");
    });
}

BOOST_AUTO_TEST_CASE(an_exception_passes_through_frames_and_out_of_block_on) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto outer = []() -> edo::Task<int> {
            const int n = co_await fails();
            co_return n + 1;
        };
        BOOST_CHECK_THROW(runtime.block_on(outer()), std::runtime_error);
    });
}

BOOST_AUTO_TEST_CASE(an_exception_of_any_type_keeps_its_type) {
    const LeakGuard guard;
    const auto throws_int = []() -> edo::Task<void> {
        throw 42;
        co_return;
    };
    const int caught = edo::block_on([](auto make) -> edo::Task<int> {
        try {
            co_await make();
        } catch (int n) {
            co_return n;
        }
        co_return 0;
    }(throws_int));
    BOOST_TEST(caught == 42);
}

BOOST_AUTO_TEST_CASE(awaiting_an_empty_task_is_a_usage_error) {
    const LeakGuard guard;
    edo::block_on([]() -> edo::Task<void> {
        edo::Task<int> task = answer();
        co_await std::move(task);
        BOOST_CHECK_THROW(co_await std::move(task), edo::UsageError);
        BOOST_CHECK_THROW(co_await edo::Task<int>(), edo::UsageError);
    }());
}

BOOST_AUTO_TEST_CASE(an_empty_task_cannot_be_used_anywhere) {
    for_each_flavor([](edo::Runtime& runtime) {
        BOOST_CHECK_THROW(runtime.block_on(edo::Task<void>()), edo::UsageError);
        BOOST_CHECK_THROW(static_cast<void>(runtime.spawn(edo::Task<void>())), edo::UsageError);
        const auto makes_nothing = [] { return edo::Task<void>(); };
        BOOST_CHECK_THROW(static_cast<void>(runtime.spawn(makes_nothing)), edo::UsageError);
        BOOST_CHECK_THROW(runtime.block_on(makes_nothing), edo::UsageError);
        runtime.block_on([]() -> edo::Task<void> {
            BOOST_CHECK_THROW(co_await edo::join(answer(), edo::Task<int>()), edo::UsageError);
            BOOST_CHECK_THROW(co_await edo::select(answer(), edo::Task<int>()), edo::UsageError);
            BOOST_CHECK_THROW(co_await edo::timeout(std::chrono::hours(1), edo::Task<int>()),
                              edo::UsageError);
            std::vector<edo::Task<int>> tasks(2);
            BOOST_CHECK_THROW(co_await edo::join_all(std::move(tasks)), edo::UsageError);
        });
    });
}

BOOST_AUTO_TEST_CASE(locals_are_destroyed_before_the_caller_goes_on) {
    const LeakGuard guard;
    std::vector<std::string> order;
    struct Says {
        explicit Says(std::vector<std::string>& o, std::string w) : out(o), what(std::move(w)) {}
        ~Says() { out.push_back(what); }
        std::vector<std::string>& out;
        std::string what;
    };
    const auto inner = [](std::vector<std::string>& out) -> edo::Task<void> {
        const Says local(out, "inner local");
        co_await edo::yield_now();
    };
    edo::block_on([](auto make, std::vector<std::string>& out) -> edo::Task<void> {
        const Says local(out, "outer local");
        co_await make(out);
        out.emplace_back("after inner");
    }(inner, order));
    const std::vector<std::string> expected{"inner local", "after inner", "outer local"};
    BOOST_TEST(order == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
