// SPDX-License-Identifier: MIT
// What spawned tasks see; scopes without await, and their end.
#include "support/cancel_driver.hpp"
#include "support/event.hpp"
#include "support/flavors.hpp"
#include "support/stepped_task.hpp"
#include "task_local_seen.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/task_builder.hpp>
#include <edo/runtime/task_local.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using edo::test::drive;
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
inline constinit edo::TaskLocal<std::vector<int>> shared{edo::Inherit::Share};
inline constinit edo::TaskLocal<std::unique_ptr<int>> movable{edo::Inherit::Share};

/// Throws when it is copied.
class Uncopied {
public:
    Uncopied() = default;
    Uncopied(const Uncopied& /*other*/) { throw std::runtime_error("copied"); }
    Uncopied(Uncopied&&) noexcept = default;
    Uncopied& operator=(Uncopied&&) = delete;
};
inline constinit edo::TaskLocal<Uncopied> uncopied{edo::Inherit::Copy};

BOOST_AUTO_TEST_SUITE(task_local_inherited)

BOOST_AUTO_TEST_CASE(that_is_not_inherited_is_not_seen_by_spawned_tasks) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            auto spawns = []() -> edo::Task<std::string> {
                const auto seen_there = co_await edo::spawn(looks(request_id));
                co_return seen_there.value();
            };
            const std::string there = co_await request_id.scope("a", spawns());
            BOOST_TEST(there == "---");
        });
    });
}

BOOST_AUTO_TEST_CASE(that_is_copied_is_seen_by_spawned_tasks_as_it_was) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            auto grandchild = []() -> edo::Task<std::string> {
                const auto below = co_await edo::spawn(looks(tenant));
                co_return seen(tenant) + below.value();
            };
            auto spawns = [&grandchild]() -> edo::Task<edo::JoinHandle<std::string>> {
                edo::JoinHandle<std::string> handle =
                    edo::TaskBuilder().name("child").spawn(grandchild());
                tenant.with([](std::string& value) { value = "changed"; });
                co_return handle;
            };
            edo::JoinHandle<std::string> handle = co_await tenant.scope("t", spawns());
            BOOST_TEST(seen(tenant) == "-");
            const auto there = co_await handle;  // the scope is long over
            BOOST_TEST(there.value() == "tttt");
        });
    });
}

BOOST_AUTO_TEST_CASE(of_the_innermost_scope_is_the_one_that_is_inherited) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            auto spawns = []() -> edo::Task<std::string> {
                const auto there = co_await edo::spawn(looks(tenant));
                auto shadows = []() -> edo::Task<std::string> {
                    std::string own = co_await tenant.scope("c", looks(tenant));
                    co_return own + seen(tenant);
                };
                const auto shadowed = co_await edo::spawn(shadows());
                co_return there.value() + shadowed.value();
            };
            auto inner = [&spawns]() -> edo::Task<std::string> {
                co_return co_await tenant.scope("b", spawns());
            };
            const std::string there = co_await tenant.scope("a", inner());
            BOOST_TEST(there == "bbbcccb");
        });
    });
}

BOOST_AUTO_TEST_CASE(that_is_shared_is_one_object) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            auto adds = []() -> edo::Task<void> {
                co_await edo::yield_now();
                shared.with([](std::vector<int>& values) { values.push_back(2); });
            };
            auto spawns = [&adds]() -> edo::Task<std::vector<int>> {
                shared.with([](std::vector<int>& values) { values.push_back(1); });
                static_cast<void>(co_await edo::spawn(adds()));
                shared.with([](std::vector<int>& values) { values.push_back(3); });
                co_return shared.get();
            };
            std::vector<int> start(1, 0);
            const std::vector<int> all = co_await shared.scope(std::move(start), spawns());
            BOOST_TEST((all == std::vector<int>{0, 1, 2, 3}));
            auto reads = []() -> edo::Task<int> {
                co_return movable.with([](const std::unique_ptr<int>& value) { return *value; });
            };
            auto spawns_reader = [&reads]() -> edo::Task<int> {
                const auto value = co_await edo::spawn(reads());
                co_return value.value();
            };
            const int value = co_await movable.scope(std::make_unique<int>(7), spawns_reader());
            BOOST_TEST(value == 7);
        });
    });
}

BOOST_AUTO_TEST_CASE(that_is_inherited_is_seen_by_destructors_and_then_destroyed) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::string at_end;
            Event never;
            auto waits = [&at_end](Event& started, Event& e) -> edo::Task<void> {
                const SeenAtDestruction in_frame(tenant, at_end);
                started.set();
                co_await e;
            };
            auto ends = [](SeenAtDestruction) -> edo::Task<void> { co_return; };
            Event started;
            auto spawns = [&]() -> edo::Task<void> {
                edo::JoinHandle<void> handle = edo::spawn(waits(started, never));
                co_await started;
                handle.abort();
                static_cast<void>(co_await handle);
                static_cast<void>(co_await edo::spawn(ends(SeenAtDestruction(tenant, at_end))));
                edo::JoinHandle<void> unstarted = edo::spawn(waits(started, never));
                unstarted.abort();
                static_cast<void>(co_await unstarted);
            };
            co_await tenant.scope("d", spawns());
            BOOST_TEST(at_end.substr(0, 2) == "dd");
        });
    });
}

BOOST_AUTO_TEST_CASE(that_is_inherited_is_seen_by_blocking_functions) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            auto spawns = []() -> edo::Task<std::string> {
                auto first = edo::spawn_blocking([] { return seen(tenant) + seen(request_id); });
                const auto there = co_await first;
                co_return there.value();
            };
            auto inner = [&spawns]() -> edo::Task<std::string> {
                co_return co_await request_id.scope("r", spawns());
            };
            const std::string there = co_await tenant.scope("t", inner());
            BOOST_TEST(there == "t-");
            auto outside = edo::spawn_blocking([] { return seen(tenant); });
            const auto nothing = co_await outside;
            BOOST_TEST(nothing.value() == "-");
        });
    });
}

BOOST_AUTO_TEST_CASE(that_cannot_be_copied_makes_spawn_throw) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            auto spawns = []() -> edo::Task<int> {
                int thrown = 0;
                try {
                    edo::spawn(looks(request_id)).detach();
                } catch (const std::runtime_error&) {
                    ++thrown;
                }
                try {
                    edo::spawn_blocking([] {}).detach();
                } catch (const std::runtime_error&) {
                    ++thrown;
                }
                co_await edo::yield_now();
                co_return thrown;
            };
            const int thrown = co_await uncopied.scope(Uncopied(), spawns());
            BOOST_TEST(thrown == 2);
        });
    });
    BOOST_CHECK_THROW(edo::TaskLocal<std::unique_ptr<int>>{edo::Inherit::Copy}, edo::UsageError);
}

BOOST_AUTO_TEST_CASE(can_be_set_around_a_function) {
    const LeakGuard guard;
    const std::string seen_there = request_id.sync_scope("s", [] {
        return seen(request_id) + request_id.sync_scope("i", [] { return seen(request_id); }) +
               seen(request_id);
    });
    BOOST_TEST(seen_there == "sis");
    BOOST_TEST(seen(request_id) == "-");
    BOOST_CHECK_THROW(request_id.sync_scope("x", [] { throw std::runtime_error("no"); }),
                      std::runtime_error);
    BOOST_TEST(seen(request_id) == "-");
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            edo::JoinHandle<std::string> handle =
                tenant.sync_scope("s", [] { return edo::spawn(looks(tenant)); });
            BOOST_TEST(seen(tenant) == "-");
            const auto there = co_await handle;
            BOOST_TEST(there.value() == "sss");
            auto inside = []() -> edo::Task<std::string> {
                std::string all =
                    seen(tenant) + tenant.sync_scope("i", [] { return seen(tenant); });
                co_await edo::yield_now();
                co_return all + tenant.sync_scope("j", [] { return seen(tenant); }) + seen(tenant);
            };
            const std::string all = co_await tenant.scope("o", inside());
            BOOST_TEST(all == "oijo");
        });
    });
}

BOOST_AUTO_TEST_CASE(around_a_task_that_select_left_running_is_not_seen_any_more) {
    const LeakGuard guard;
    Event event;
    auto waits = [](Event& e) -> edo::Task<std::string> {
        auto inner = [](Event& x) -> edo::Task<std::string> {
            co_await x;
            co_return seen(request_id) + seen(tenant);
        };
        std::string all = seen(request_id);
        all += co_await tenant.scope("t", inner(e));
        co_return all + seen(request_id) + seen(tenant);
    };
    auto selects = [](edo::Task<std::string>& kept) -> edo::Task<void> {
        const auto first = co_await edo::select(edo::biased, kept, edo::yield_now());
        BOOST_TEST(first.index() == 1U);
    };
    auto subject = [&](Event& e) -> edo::Task<std::string> {
        edo::Task<std::string> kept = waits(e);
        co_await request_id.scope("a", selects(kept));
        co_await edo::yield_now();  // the event comes meanwhile
        co_await edo::yield_now();
        co_return co_await request_id.scope("b", std::move(kept));
    };
    SteppedTask<std::string> task(subject(event));
    task.turn();
    task.turn();
    event.set();
    BOOST_TEST(task.run());
    BOOST_TEST(task.take() == "a-t--");
}

BOOST_AUTO_TEST_CASE(can_be_cancelled_anywhere) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(drive([]() -> edo::Task<void> {
            auto child = []() -> edo::Task<void> {
                co_await edo::sleep(1ms);
                static_cast<void>(co_await edo::spawn(looks(tenant)));
                static_cast<void>(co_await request_id.scope("i", looks(request_id)));
            };
            co_await edo::join(tenant.scope("a", child()), request_id.scope("b", child()));
        }));
        BOOST_TEST(driven.suspensions >= 2U);
    });
}

BOOST_AUTO_TEST_CASE(refuses_an_empty_task) {
    edo::block_on([]() -> edo::Task<void> {
        bool thrown = false;
        try {
            co_await request_id.scope("a", edo::Task<void>());
        } catch (const edo::UsageError&) {
            thrown = true;
        }
        BOOST_TEST(thrown);
    }());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
