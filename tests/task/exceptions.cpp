// SPDX-License-Identifier: MIT
// Exceptions that leave a task come out of its handle, or go to the runtime's hook; never both, and
// never nowhere.
#include "support/event.hpp"
#include "support/flavors.hpp"
#include <edo/edo.hpp>

#include <boost/test/unit_test.hpp>

#include <exception>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using edo::test::Event;
using edo::test::for_each_flavor;

namespace {

edo::Task<int> fails_at_once() {
    throw std::runtime_error("broken");
    co_return 0;
}

edo::Task<int> fails_later() {
    co_await edo::yield_now();
    throw std::runtime_error("broken");
}

edo::Task<void> throws_int() {
    throw 42;
    co_return;
}

/// What an `on_unhandled_exception` hook was given.
class Reports {
public:
    void add(std::uint64_t id, const std::exception_ptr& error) {
        std::string text;
        try {
            std::rethrow_exception(error);
        } catch (const std::exception& e) {
            text = e.what();
        } catch (int n) {
            text = "int " + std::to_string(n);
        }
        const std::lock_guard guard(lock_);
        ids_.push_back(id);
        texts_.push_back(text);
    }
    [[nodiscard]] std::vector<std::string> texts() const {
        const std::lock_guard guard(lock_);
        return texts_;
    }
    [[nodiscard]] std::vector<std::uint64_t> ids() const {
        const std::lock_guard guard(lock_);
        return ids_;
    }

private:
    mutable std::mutex lock_;
    std::vector<std::uint64_t> ids_;
    std::vector<std::string> texts_;
};

void report_to(edo::Builder& builder, Reports& reports) {
    builder.on_unhandled_exception(
        [&reports](std::uint64_t id, const std::exception_ptr& error) { reports.add(id, error); });
}

/// Waits until the runtime has no task left.
edo::Task<void> all_gone() {
    const edo::Handle runtime = edo::Handle::current();
    while (runtime.alive_tasks() > 0) {
        co_await edo::yield_now();
    }
}

BOOST_AUTO_TEST_SUITE(exceptions)

BOOST_AUTO_TEST_CASE(an_exception_comes_out_of_the_handle) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            for (const bool later : {false, true}) {
                edo::JoinHandle<int> handle = edo::spawn(later ? fails_later() : fails_at_once());
                const edo::TaskId id = handle.id();
                const edo::JoinResult<int> result = co_await handle;
                BOOST_TEST(!result.has_value());
                const edo::JoinError& error = result.error();
                BOOST_TEST(error.is_exception());
                BOOST_TEST(!error.is_cancelled());
                BOOST_TEST((error.id() == id));
                BOOST_TEST(error.message() ==
                           "task " + std::to_string(id.value()) + " failed: broken");
                BOOST_CHECK_THROW(error.rethrow(), std::runtime_error);
                BOOST_CHECK_THROW(std::rethrow_exception(error.exception()), std::runtime_error);
            }
        });
    });
}

BOOST_AUTO_TEST_CASE(an_exception_may_be_of_any_type) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            edo::JoinHandle<void> handle = edo::spawn(throws_int());
            const edo::JoinResult<void> result = co_await handle;
            BOOST_TEST(!result.has_value());
            BOOST_TEST(result.error().message().find("not a std::exception") != std::string::npos);
            int caught = 0;
            try {
                result.error().rethrow();
            } catch (int n) {
                caught = n;
            }
            BOOST_TEST(caught == 42);
        });
    });
}

BOOST_AUTO_TEST_CASE(a_cancelled_task_has_no_exception_to_rethrow) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Event never;
            auto wait = [](Event& e) -> edo::Task<void> { co_await e; };
            edo::JoinHandle<void> handle = edo::spawn(wait(never));
            handle.abort();
            const edo::JoinResult<void> result = co_await handle;
            BOOST_TEST(!result.has_value());
            BOOST_TEST(result.error().is_cancelled());
            BOOST_TEST((result.error().exception() == nullptr));
            BOOST_TEST(result.error().message().find("was cancelled") != std::string::npos);
            BOOST_CHECK_THROW(result.error().rethrow(), edo::UsageError);
        });
    });
}

BOOST_AUTO_TEST_CASE(an_exception_ends_neither_the_process_nor_other_tasks) {
    for_each_flavor([](edo::Builder builder) {
        Reports reports;
        report_to(builder, reports);
        edo::Runtime runtime = builder.build();
        runtime.block_on([]() -> edo::Task<void> {
            auto work = []() -> edo::Task<int> {
                for (int i = 0; i < 100; ++i) {
                    co_await edo::yield_now();
                }
                co_return 1;
            };
            edo::JoinHandle<int> other = edo::spawn(work());
            edo::spawn(fails_at_once()).detach();
            edo::spawn(fails_later()).detach();
            const edo::JoinResult<int> result = co_await other;
            BOOST_TEST(result.value() == 1);
        });
    });
}

BOOST_AUTO_TEST_CASE(the_exception_of_a_detached_task_goes_to_the_hook_once) {
    for_each_flavor([](edo::Builder builder) {
        Reports reports;
        report_to(builder, reports);
        std::uint64_t id = 0;
        {
            edo::Runtime runtime = builder.build();
            edo::JoinHandle<void> handle = runtime.spawn(throws_int());
            id = handle.id().value();
            {
                const auto entered = runtime.enter();  // on a worker the task may be over already
                handle.detach();
            }
            runtime.block_on(all_gone());
        }
        BOOST_TEST(reports.texts() == std::vector<std::string>{"int 42"},
                   boost::test_tools::per_element());
        BOOST_TEST(reports.ids() == std::vector<std::uint64_t>{id},
                   boost::test_tools::per_element());
    });
}

BOOST_AUTO_TEST_CASE(the_exception_of_a_task_whose_handle_is_dropped_later_goes_to_the_hook_once) {
    for_each_flavor([](edo::Builder builder) {
        Reports reports;
        report_to(builder, reports);
        {
            edo::Runtime runtime = builder.build();
            runtime.block_on([](Reports& seen) -> edo::Task<void> {
                edo::JoinHandle<int> handle = edo::spawn(fails_later());
                while (!handle.is_finished()) {
                    co_await edo::yield_now();
                }
                BOOST_TEST(seen.texts().empty());
                handle = edo::JoinHandle<int>();
            }(reports));
        }
        BOOST_TEST(reports.texts() == std::vector<std::string>{"broken"},
                   boost::test_tools::per_element());
    });
}

BOOST_AUTO_TEST_CASE(an_exception_that_was_handed_over_is_not_reported) {
    for_each_flavor([](edo::Builder builder) {
        Reports reports;
        report_to(builder, reports);
        {
            edo::Runtime runtime = builder.build();
            runtime.block_on([]() -> edo::Task<void> {
                edo::JoinHandle<int> handle = edo::spawn(fails_later());
                const edo::JoinResult<int> result = co_await handle;
                BOOST_TEST(!result.has_value());
            });
            BOOST_CHECK_THROW(runtime.block_on(fails_later()), std::runtime_error);
        }
        BOOST_TEST(reports.texts().empty());
    });
}

BOOST_AUTO_TEST_CASE(a_cancelled_task_reports_nothing) {
    for_each_flavor([](edo::Builder builder) {
        Reports reports;
        report_to(builder, reports);
        {
            edo::Runtime runtime = builder.build();
            Event never;
            auto wait = [](Event& e) -> edo::Task<void> { co_await e; };
            edo::JoinHandle<void> handle = runtime.spawn(wait(never));
            handle.abort();
            handle.detach();
            runtime.spawn(wait(never)).detach();
        }
        BOOST_TEST(reports.texts().empty());
    });
}

BOOST_AUTO_TEST_CASE(a_hook_that_throws_does_no_harm) {
    for_each_flavor([](edo::Builder builder) {
        builder.on_unhandled_exception(
            [](std::uint64_t, const std::exception_ptr&) { throw std::runtime_error("hook"); });
        edo::Runtime runtime = builder.build();
        {
            auto entered = runtime.enter();
            runtime.spawn(throws_int()).detach();
        }
        runtime.block_on(all_gone());
    });
}

BOOST_AUTO_TEST_CASE(the_exception_of_a_detached_blocking_function_goes_to_the_hook) {
    for_each_flavor([](edo::Builder builder) {
        Reports reports;
        report_to(builder, reports);
        {
            edo::Runtime runtime = builder.build();
            const auto entered = runtime.enter();
            runtime.spawn_blocking([] { throw std::runtime_error("blocked"); }).detach();
            while (reports.texts().empty()) {
                std::this_thread::yield();
            }
        }
        BOOST_TEST(reports.texts() == std::vector<std::string>{"blocked"},
                   boost::test_tools::per_element());
    });
}

/// A value that cannot be moved out of the coroutine.
struct Stubborn {
    explicit Stubborn(bool really) : throws(really) {}
    Stubborn(Stubborn&& other) : throws(other.throws) {
        if (throws) {
            throw std::runtime_error("does not move");
        }
    }
    bool throws;
};

edo::Task<Stubborn> makes_stubborn() {
    Stubborn value(false);
    co_return std::move(value);
}

BOOST_AUTO_TEST_CASE(an_exception_from_moving_the_result_is_a_failure_of_the_task) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            auto make = []() -> edo::Task<Stubborn> {
                Stubborn value(true);
                co_return std::move(value);
            };
            edo::JoinHandle<Stubborn> handle = edo::spawn(make());
            const auto failed = co_await handle;
            BOOST_TEST(!failed.has_value());
            BOOST_TEST(failed.error().message().find("does not move") != std::string::npos);

            edo::JoinHandle<Stubborn> good = edo::spawn(makes_stubborn());
            const auto succeeded = co_await good;
            BOOST_TEST(succeeded.has_value());
        });
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
