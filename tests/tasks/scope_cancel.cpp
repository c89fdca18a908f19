// SPDX-License-Identifier: MIT
// A scope whose coroutine is destroyed: no child may outlive what it borrows.
#include "support/cancel_driver.hpp"
#include "support/event.hpp"
#include "support/flavors.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/scope.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

using edo::test::CountsDestruction;
using edo::test::Event;
using edo::test::for_each_flavor;
using namespace std::chrono_literals;

namespace {

/// Memory that children borrow: freed by its owner's destructor, so that a sanitizer sees whoever
/// comes late. Counts who uses it, too.
class Borrowed {
public:
    Borrowed() : value_(std::make_unique<std::atomic<int>>(0)) {}
    Borrowed(const Borrowed&) = delete;
    Borrowed& operator=(const Borrowed&) = delete;
    ~Borrowed() {
        if (users != 0) {
            std::abort();  // on any thread, so not a check of the test framework
        }
    }

    std::atomic<int>& value() const noexcept { return *value_; }
    std::atomic<int> users = 0;

private:
    std::unique_ptr<std::atomic<int>> value_;
};

/// Is in a child's frame as long as that lives.
class Use {
public:
    explicit Use(Borrowed& borrowed) : borrowed_(&borrowed) { ++borrowed.users; }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    ~Use() {
        ++borrowed_->value();
        --borrowed_->users;
    }

private:
    Borrowed* borrowed_;
};

edo::Task<void> idle_child(Borrowed& borrowed) {
    const Use use(borrowed);
    Event never;
    co_await never;
}

edo::Task<void> busy_child(Borrowed& borrowed) {
    const Use use(borrowed);
    for (;;) {
        ++borrowed.value();
        co_await edo::yield_now();
    }
}

edo::Task<void> sleeping_child(Borrowed& borrowed) {
    const Use use(borrowed);
    for (;;) {
        co_await edo::sleep(1ms);
        ++borrowed.value();
    }
}

edo::Task<void> short_child(Borrowed& borrowed) {
    const Use use(borrowed);
    ++borrowed.value();
    co_return;
}

/// Opens a scope with children of all kinds, and waits in it for ever.
edo::Task<void> parent(Event& open, int children) {
    Borrowed borrowed;
    const auto body = [&borrowed, &open, children](edo::Scope& scope) -> edo::Task<void> {
        for (int i = 0; i < children; ++i) {
            scope.spawn(idle_child(borrowed));
            scope.spawn(busy_child(borrowed));
            scope.spawn(sleeping_child(borrowed));
            scope.spawn(short_child(borrowed));
        }
        open.set();
        co_return;
    };
    co_await edo::scope(body);
}

edo::Task<void> until_alone() {
    while (edo::Handle::current().alive_tasks() > 0) {
        co_await edo::yield_now();
    }
}

BOOST_AUTO_TEST_SUITE(scope_cancel)

BOOST_AUTO_TEST_CASE(an_aborted_parent_takes_its_children_with_it) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            for (int round = 0; round < 100; ++round) {
                Event open;
                edo::JoinHandle<void> handle = edo::spawn(parent(open, 5));
                co_await open;
                for (int i = 0; i < round % 7; ++i) {
                    co_await edo::yield_now();
                }
                handle.abort();
                const edo::JoinResult<void> result = co_await handle;
                BOOST_TEST(result.error().is_cancelled());
            }
            co_await until_alone();
        }());
    });
}

BOOST_AUTO_TEST_CASE(children_that_never_ran_are_destroyed_unstarted) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::atomic<int> destroyed = 0;
            std::atomic<int> ran = 0;
            const auto child = [](CountsDestruction /*counts*/,
                                  std::atomic<int>& r) -> edo::Task<void> {
                ++r;
                co_return;
            };
            {
                edo::Task<void> task =
                    edo::scope([&destroyed, &ran, &child](edo::Scope& scope) -> edo::Task<void> {
                        for (int i = 0; i < 100; ++i) {
                            scope.spawn(child(CountsDestruction(destroyed), ran));
                        }
                        Event never;
                        co_await never;
                    });
                const auto first =
                    co_await edo::select(edo::biased, std::move(task), edo::yield_now());
                BOOST_TEST(first.is<1>());
            }
            BOOST_TEST(destroyed == 100);
        }());
    });
}

BOOST_AUTO_TEST_CASE(a_scope_that_loses_a_select_is_gone_before_the_winner_is_handed_over) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            for (int round = 0; round < 50; ++round) {
                Event open;
                Borrowed borrowed;
                const auto work = [&borrowed, &open](edo::Scope& scope) -> edo::Task<void> {
                    for (int i = 0; i < 5; ++i) {
                        scope.spawn(idle_child(borrowed));
                        scope.spawn(busy_child(borrowed));
                    }
                    open.set();
                    co_return;
                };
                const auto wait = [](Event& event) -> edo::Task<int> {
                    co_await event;
                    co_return 1;
                };
                const auto first = co_await edo::select(edo::scope(work), wait(open));
                BOOST_TEST(first.is<1>());
                BOOST_TEST(borrowed.users == 0);
            }
            co_await until_alone();
        }());
    });
}

BOOST_AUTO_TEST_CASE(a_scope_beyond_its_deadline_is_gone_when_the_timeout_returns) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            for (int round = 0; round < 10; ++round) {
                Borrowed borrowed;
                const auto work = [&borrowed](edo::Scope& scope) -> edo::Task<void> {
                    for (int i = 0; i < 5; ++i) {
                        scope.spawn(sleeping_child(borrowed));
                        scope.spawn(busy_child(borrowed));
                    }
                    co_return;
                };
                const auto result = co_await edo::timeout(2ms, edo::scope(work));
                BOOST_TEST(!result.has_value());
                BOOST_TEST(borrowed.users == 0);
            }
        }());
    });
}

BOOST_AUTO_TEST_CASE(an_exception_in_a_sibling_branch_takes_the_children_with_it) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Event open;
            Borrowed borrowed;
            const auto work = [&borrowed, &open](edo::Scope& scope) -> edo::Task<void> {
                scope.spawn(busy_child(borrowed));
                open.set();
                co_return;
            };
            const auto fails = [](Event& event) -> edo::Task<void> {
                co_await event;
                throw std::runtime_error("sibling");
            };
            bool caught = false;
            try {
                co_await edo::join(edo::scope(work), fails(open));
            } catch (const std::runtime_error&) {
                caught = true;
            }
            BOOST_TEST(caught);
            BOOST_TEST(borrowed.users == 0);
        }());
    });
}

BOOST_AUTO_TEST_CASE(a_child_that_runs_is_waited_for_until_the_end_of_its_turn) {
    edo::Runtime runtime = edo::Builder::multi_thread(2).build();
    runtime.block_on([]() -> edo::Task<void> {
        for (int round = 0; round < 20; ++round) {
            Event inside;
            std::atomic<bool> left_turn = false;
            const auto child = [](Event& i, std::atomic<bool>& left) -> edo::Task<void> {
                i.set();
                std::this_thread::sleep_for(2ms);  // a long turn
                left = true;
                Event never;
                co_await never;
            };
            const auto work = [&](edo::Scope& scope) -> edo::Task<void> {
                scope.spawn(child(inside, left_turn));
                co_return;
            };
            const auto wait = [](Event& event) -> edo::Task<void> { co_await event; };
            const auto first = co_await edo::select(edo::scope(work), wait(inside));
            BOOST_TEST(first.is<1>());
            BOOST_TEST(left_turn);
        }
    }());
}

BOOST_AUTO_TEST_CASE(a_child_that_runs_may_still_end_or_spawn_while_the_scope_is_destroyed) {
    edo::Runtime runtime = edo::Builder::multi_thread(2).build();
    runtime.block_on([]() -> edo::Task<void> {
        for (int round = 0; round < 50; ++round) {
            Event inside;
            std::atomic<int> destroyed = 0;
            const auto child = [](Event& i, std::atomic<int>& d,
                                  edo::Scope& scope) -> edo::Task<void> {
                i.set();
                std::this_thread::sleep_for(200us);
                const auto late = [](CountsDestruction /*counts*/) -> edo::Task<void> {
                    co_return;
                };
                const edo::ScopedHandle<void> handle = scope.spawn(late(CountsDestruction(d)));
                static_cast<void>(handle.is_finished());
                co_return;
            };
            const auto work = [&](edo::Scope& scope) -> edo::Task<void> {
                scope.spawn(child(inside, destroyed, scope));
                co_return;
            };
            const auto wait = [](Event& event) -> edo::Task<void> { co_await event; };
            const auto first = co_await edo::select(edo::scope(work), wait(inside));
            static_cast<void>(first);
            BOOST_TEST(destroyed == 1);
        }
    }());
}

BOOST_AUTO_TEST_CASE(wake_ups_race_with_the_destruction_of_a_scope) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            for (int round = 0; round < 100; ++round) {
                std::vector<Event> events(8);
                Borrowed borrowed;
                const auto child = [](Event& event, Borrowed& b) -> edo::Task<void> {
                    const Use use(b);
                    co_await event;
                    co_await edo::yield_now();
                };
                const auto work = [&](edo::Scope& scope) -> edo::Task<void> {
                    for (Event& event : events) {
                        scope.spawn(child(event, borrowed));
                    }
                    Event never;
                    co_await never;
                };
                auto wake = edo::spawn_blocking([&events] {
                    for (Event& event : events) {
                        event.set();
                    }
                });
                const auto wait = [](int turns) -> edo::Task<void> {
                    for (int i = 0; i < turns; ++i) {
                        co_await edo::yield_now();
                    }
                };
                const auto first = co_await edo::select(edo::scope(work), wait(round % 9));
                BOOST_TEST(first.is<1>());
                BOOST_TEST(borrowed.users == 0);
                static_cast<void>(co_await wake);
            }
        }());
    });
}

BOOST_AUTO_TEST_CASE(a_dump_of_the_tasks_races_with_the_destruction_of_a_scope) {
    edo::Runtime runtime = edo::Builder::multi_thread(2).build();
    std::jthread dumper([handle = runtime.handle()](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            static_cast<void>(edo::dump_tasks(handle));
        }
    });
    runtime.block_on([]() -> edo::Task<void> {
        for (int round = 0; round < 100; ++round) {
            Event open;
            edo::JoinHandle<void> handle = edo::spawn(parent(open, 4));
            co_await open;
            handle.abort();
            static_cast<void>(co_await handle);
        }
    }());
}

/// Scopes inside of children, `depth` levels.
edo::Task<void> nested(int depth, Event& bottom, std::atomic<int>& destroyed) {
    const CountsDestruction local(destroyed);
    if (depth == 0) {
        bottom.set();
        Event never;
        co_await never;
    }
    Borrowed borrowed;
    const auto body = [depth, &bottom, &destroyed,
                       &borrowed](edo::Scope& scope) -> edo::Task<void> {
        scope.spawn(idle_child(borrowed));
        scope.spawn(nested(depth - 1, bottom, destroyed));
        co_return;
    };
    co_await edo::scope(body);
}

BOOST_AUTO_TEST_CASE(scopes_inside_of_children_are_destroyed_with_them) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            for (int round = 0; round < 20; ++round) {
                Event bottom;
                std::atomic<int> destroyed = 0;
                edo::JoinHandle<void> handle = edo::spawn(nested(round, bottom, destroyed));
                co_await bottom;
                handle.abort();
                static_cast<void>(co_await handle);
                BOOST_TEST(destroyed == round + 1);
            }
            co_await until_alone();
        }());
    });
}

BOOST_AUTO_TEST_CASE(ten_thousand_nested_scopes_need_no_stack) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            constexpr int kDepth = 10'000;
            Event bottom;
            std::atomic<int> destroyed = 0;
            edo::JoinHandle<void> handle = edo::spawn(nested(kDepth, bottom, destroyed));
            co_await bottom;
            handle.abort();
            static_cast<void>(co_await handle);
            BOOST_TEST(destroyed == kDepth + 1);
        }());
    });
}

BOOST_AUTO_TEST_CASE(a_hundred_thousand_children_are_destroyed_with_their_scope) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            constexpr int kChildren = 100'000;
            Borrowed borrowed;
            Event open;
            const auto work = [&borrowed, &open](edo::Scope& scope) -> edo::Task<void> {
                for (int i = 0; i < kChildren; ++i) {
                    scope.spawn(idle_child(borrowed));
                }
                open.set();
                co_return;
            };
            const auto wait = [](Event& event) -> edo::Task<void> { co_await event; };
            const auto first = co_await edo::select(edo::scope(work), wait(open));
            BOOST_TEST(first.is<1>());
            BOOST_TEST(borrowed.users == 0);
        }());
    });
}

BOOST_AUTO_TEST_CASE(the_runtime_is_shut_down_while_scopes_are_open) {
    for (int round = 0; round < 20; ++round) {
        for_each_flavor([round](edo::Runtime& runtime) {
            std::vector<Event> open(3);
            for (Event& event : open) {
                runtime.spawn(parent(event, round)).detach();
            }
            std::atomic<int> destroyed = 0;
            Event bottom;
            runtime.spawn(nested(5, bottom, destroyed)).detach();
            if (round % 2 == 0) {
                runtime.block_on([](std::vector<Event>& events) -> edo::Task<void> {
                    for (Event& event : events) {
                        co_await event;
                    }
                }(open));
            }
            BOOST_TEST(runtime.shutdown_timeout(30s));
        });
    }
}

BOOST_AUTO_TEST_CASE(a_scope_is_destroyed_at_each_of_its_suspensions) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on(edo::test::drive([]() -> edo::Task<void> {
            Borrowed borrowed;
            const auto child = [](Borrowed& b) -> edo::Task<int> {
                const Use use(b);
                co_await edo::yield_now();
                co_await edo::yield_now();
                co_return 1;
            };
            const int sum =
                co_await edo::scope([&borrowed, &child](edo::Scope& scope) -> edo::Task<int> {
                    edo::ScopedHandle<int> first = scope.spawn(child(borrowed));
                    scope.spawn(child(borrowed));
                    co_await edo::yield_now();
                    edo::ScopedHandle<int> second = scope.spawn(child(borrowed));
                    const edo::JoinResult<int> two = co_await second;
                    const edo::JoinResult<int> one = co_await first;
                    co_return one.value() + two.value();
                });
            BOOST_TEST(sum == 2);
        }));
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
