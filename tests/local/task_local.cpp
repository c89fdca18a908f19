// SPDX-License-Identifier: MIT
// Who sees the value of a scope.
#include "support/cancel_driver.hpp"
#include "support/event.hpp"
#include "support/flavors.hpp"
#include "support/stepped_task.hpp"
#include "task_local_seen.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/task_local.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using edo::test::Event;
using edo::test::for_each_flavor;
using edo::test::LeakGuard;
using edo::test::looks;
using edo::test::seen;
using edo::test::SeenAtDestruction;
using edo::test::SteppedTask;

namespace {

inline constinit edo::TaskLocal<std::string> request_id;
inline constinit edo::TaskLocal<std::string> tenant{edo::Inherit::Copy};

BOOST_AUTO_TEST_SUITE(task_local)

BOOST_AUTO_TEST_CASE(has_no_value_outside_its_scope) {
    const LeakGuard guard;
    BOOST_TEST(!request_id.has_value());
    BOOST_TEST(!request_id.try_get().has_value());
    BOOST_CHECK_THROW(static_cast<void>(request_id.get()), edo::UsageError);
    BOOST_CHECK_THROW(request_id.with([](const std::string&) {}), edo::UsageError);
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            BOOST_TEST(seen(request_id) == "-");
            co_return;
        });
    });
}

BOOST_AUTO_TEST_CASE(is_seen_throughout_its_scope_and_not_after_it) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            const std::string inside = co_await request_id.scope("a", looks(request_id));
            BOOST_TEST(inside == "aaa");
            BOOST_TEST(seen(request_id) == "-");
            co_await edo::yield_now();
            BOOST_TEST(seen(request_id) == "-");
            const std::string again = co_await request_id.scope("b", looks(request_id));
            BOOST_TEST(again == "bbb");
        });
    });
}

BOOST_AUTO_TEST_CASE(is_seen_by_calls_however_deep) {
    const LeakGuard guard;
    struct Deep {
        static edo::Task<std::string> call(int depth) {
            if (depth == 0) {
                co_return co_await looks(request_id);
            }
            std::string below = co_await call(depth - 1);
            co_return below + seen(request_id);
        }
    };
    auto subject = []() -> edo::Task<std::string> {
        co_return co_await request_id.scope("x", Deep::call(10));
    };
    SteppedTask<std::string> task(subject());
    BOOST_TEST(task.run());
    BOOST_TEST(task.take() == "xxxxxxxxxxxxx");
}

BOOST_AUTO_TEST_CASE(of_an_inner_scope_shadows_the_outer_one) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            auto outer = []() -> edo::Task<std::string> {
                std::string all = co_await looks(request_id);
                all += co_await request_id.scope("b", looks(request_id));
                all += seen(request_id);
                all += co_await tenant.scope("t", looks(request_id));
                co_return all + co_await looks(request_id);
            };
            const std::string all = co_await request_id.scope("a", outer());
            BOOST_TEST(all == "aaabbbaaaaaaa");
        });
    });
}

BOOST_AUTO_TEST_CASE(of_one_branch_is_not_seen_by_the_other) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            auto both = []() -> edo::Task<std::string> {
                const auto [a, b, c] =
                    co_await edo::join(request_id.scope("a", looks(request_id)),
                                       request_id.scope("b", looks(request_id)), looks(request_id));
                co_return a + b + c + seen(request_id);
            };
            const std::string outside = co_await both();
            BOOST_TEST(outside == "aaabbb----");
            const std::string inside = co_await request_id.scope("o", both());
            BOOST_TEST(inside == "aaabbboooo");
        });
    });
}

BOOST_AUTO_TEST_CASE(is_right_for_a_leaf_that_is_woken_deep_inside_a_branch) {
    const LeakGuard guard;
    Event first;
    Event second;
    std::string order;
    auto deep = [&order](Event& event) -> edo::Task<void> {
        auto inner = [&order](Event& e) -> edo::Task<void> {
            co_await e;
            order += seen(request_id);
        };
        co_await inner(event);
        order += seen(request_id);
    };
    auto subject = [&](Event& a, Event& b) -> edo::Task<void> {
        co_await edo::join(request_id.scope("a", deep(a)), request_id.scope("b", deep(b)), deep(a));
        order += seen(request_id);
    };
    SteppedTask<void> task(subject(first, second));
    task.turn();
    second.set();
    task.turn();
    BOOST_TEST(order == "bb");
    first.set();
    task.turn();
    BOOST_TEST(order == "bbaa---");
    BOOST_TEST(task.is_finished());
}

BOOST_AUTO_TEST_CASE(is_seen_in_select_and_timeout_and_by_the_handler_of_the_outer_one) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::string at_end;
            auto loses = [&at_end]() -> edo::Task<void> {
                const SeenAtDestruction looks_back(request_id, at_end);
                co_await edo::sleep(1h);
            };
            auto selects = [&]() -> edo::Task<std::string> {
                auto first = co_await edo::select(request_id.scope("l", loses()), edo::sleep(1ms));
                BOOST_TEST(first.index() == 1U);
                std::string after = seen(request_id);
                const auto limited = co_await edo::timeout(1ms, request_id.scope("t", loses()));
                BOOST_TEST(!limited.has_value());
                co_return after + seen(request_id);
            };
            const std::string after = co_await request_id.scope("o", selects());
            BOOST_TEST(after == "oo");
            BOOST_TEST(at_end == "lt");
        });
    });
}

BOOST_AUTO_TEST_CASE(is_seen_by_destructors_when_the_task_is_cancelled) {
    const LeakGuard guard;
    std::string at_end;
    Event never;
    auto inner = [&at_end](Event& e) -> edo::Task<void> {
        const SeenAtDestruction in_frame(request_id, at_end);
        co_await e;
    };
    auto middle = [&](Event& e) -> edo::Task<void> {
        const SeenAtDestruction in_frame(request_id, at_end);
        co_await edo::join(request_id.scope("c", inner(e)), inner(e));
    };
    auto subject = [&](Event& e) -> edo::Task<void> {
        const SeenAtDestruction outside(request_id, at_end);
        co_await request_id.scope("a", [](auto& in, Event& event) -> edo::Task<void> {
            co_await request_id.scope("b", in(event));
        }(middle, e));
    };
    {
        SteppedTask<void> task(subject(never));
        task.turn();
        BOOST_TEST(!task.is_finished());
    }
    BOOST_TEST(at_end == "cbb-");
    BOOST_TEST(seen(request_id) == "-");
}

BOOST_AUTO_TEST_CASE(is_seen_by_destructors_of_parameters_and_of_what_propagates) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::string at_end;
            auto takes = [](SeenAtDestruction) -> edo::Task<int> { co_return 1; };
            static_cast<void>(
                co_await request_id.scope("p", takes(SeenAtDestruction(request_id, at_end))));
            BOOST_TEST(at_end == "p");
            auto fails = [](std::string& all) -> edo::Task<edo::Result<void>> {
                const SeenAtDestruction in_frame(request_id, all);
                co_await edo::propagate(
                    edo::Result<void>(edo::failure(make_error_code(edo::Errc::InvalidData))));
                co_return edo::Result<void>();
            };
            const edo::Result<void> failed = co_await request_id.scope("q", fails(at_end));
            BOOST_TEST(!failed.has_value());
            BOOST_TEST(at_end == "pq");
            BOOST_TEST(seen(request_id) == "-");
        });
    });
}

BOOST_AUTO_TEST_CASE(is_gone_after_an_exception) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            auto throws = []() -> edo::Task<int> {
                co_await edo::yield_now();
                throw std::runtime_error(seen(request_id));
            };
            std::string caught;
            try {
                static_cast<void>(co_await request_id.scope("e", throws()));
            } catch (const std::runtime_error& error) {
                caught = error.what() + seen(request_id);
            }
            BOOST_TEST(caught == "e-");
        });
    });
}

BOOST_AUTO_TEST_CASE(can_be_changed_in_place) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            auto changes = []() -> edo::Task<std::string> {
                request_id.with([](std::string& value) { value += "!"; });
                co_await edo::yield_now();
                co_return request_id.get();
            };
            const std::string changed = co_await request_id.scope("a", changes());
            BOOST_TEST(changed == "a!");
        });
    });
}

BOOST_AUTO_TEST_CASE(of_each_task_is_its_own) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            auto works = [](std::string mine) -> edo::Task<void> {
                auto checks = [](const std::string& expected) -> edo::Task<void> {
                    for (int i = 0; i < 100; ++i) {
                        co_await edo::yield_now();
                        if (seen(request_id) != expected) {
                            throw std::runtime_error("a foreign value");
                        }
                    }
                };
                co_await request_id.scope(mine, checks(mine));
            };
            auto has_none = []() -> edo::Task<void> {
                for (int i = 0; i < 100; ++i) {
                    co_await edo::yield_now();
                    if (request_id.has_value()) {
                        throw std::runtime_error("a foreign value");
                    }
                }
            };
            std::vector<edo::JoinHandle<void>> handles;
            for (int i = 0; i < 10; ++i) {
                handles.push_back(edo::spawn(works(std::to_string(i))));
                handles.push_back(edo::spawn(has_none()));
            }
            for (auto& handle : handles) {
                const edo::JoinResult<void> result = co_await handle;
                BOOST_TEST(result.has_value());
            }
        });
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
