// SPDX-License-Identifier: MIT
// Forks that are destroyed: no child may outlive what it borrows.
#include "support/cancel_driver.hpp"
#include "support/event.hpp"
#include "support/flavors.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/fork_join.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <memory>
#include <random>
#include <stdexcept>
#include <utility>
#include <vector>

using edo::test::Event;
using edo::test::for_each_flavor;
using namespace std::chrono_literals;

namespace {

/// What the children of one fork borrow. A sanitizer sees who comes late.
struct Ground {
    Ground() = default;
    Ground(const Ground&) = delete;
    Ground& operator=(const Ground&) = delete;
    ~Ground() {
        if (*users != 0) {
            std::abort();  // on any thread, so not a check of the test framework
        }
    }
    std::unique_ptr<std::atomic<int>> users = std::make_unique<std::atomic<int>>(0);
};

class Stands {
public:
    explicit Stands(Ground& ground) : ground_(ground) { ++*ground.users; }
    Stands(const Stands&) = delete;
    Stands& operator=(const Stands&) = delete;
    ~Stands() { --*ground_.users; }

private:
    Ground& ground_;
};

edo::Task<void> idles(Ground& ground) {
    const Stands stands(ground);
    Event never;
    co_await never;
}

edo::Task<void> yields(Ground& ground) {
    const Stands stands(ground);
    for (;;) {
        co_await edo::yield_now();
    }
}

edo::Task<void> opens(Ground& ground, Event& open) {
    const Stands stands(ground);
    open.set();
    Event never;
    co_await never;
}

edo::Task<void> parent(Event& open) {
    Ground ground;
    co_await edo::fork_join(idles(ground), yields(ground), idles(ground), yields(ground),
                            opens(ground, open));
}

/// A fork in a fork in a fork.
edo::Task<void> nested(Event& open, int depth) {
    if (depth == 0) {
        co_await parent(open);
        co_return;
    }
    Ground ground;
    co_await edo::fork_join(idles(ground), nested(open, depth - 1), idles(ground));
}

edo::Task<void> yield_times(unsigned times) {
    for (unsigned i = 0; i < times; ++i) {
        co_await edo::yield_now();
    }
}

// ---- random trees ------------------------------------------------------------------------------

edo::Task<int> grow(Ground& ground, std::uint32_t seed, int depth);

edo::Task<int> open_fork(std::uint32_t seed, int depth) {
    Ground own;
    std::minstd_rand random(seed);
    std::vector<edo::Task<int>> children;
    const unsigned count = random() % 6;
    for (unsigned i = 0; i < count; ++i) {
        children.push_back(grow(own, std::uint32_t(random()), depth - 1));
    }
    const std::vector<int> sizes = co_await edo::fork_join_all(std::move(children));
    int sum = 1;
    for (const int size : sizes) {
        sum += size;
    }
    co_return sum;
}

/// The same with another way to wait around it.
edo::Task<int> open_select(std::uint32_t seed, int depth) {
    auto chosen = co_await edo::select(open_fork(seed, depth), yield_times(seed % 9));
    co_return chosen.index() == 0 ? 1 : 0;
}

edo::Task<int> grow(Ground& ground, std::uint32_t seed, int depth) {
    const Stands stands(ground);
    std::minstd_rand random(seed);
    random.discard(3);
    if (random() % 4 == 0) {
        co_await yield_times(unsigned(random() % 3));
    }
    if (random() % 40 == 0) {
        throw std::runtime_error("child");
    }
    if (depth > 0) {
        if (random() % 6 == 0) {
            co_return co_await open_select(std::uint32_t(random()), depth);
        }
        co_return co_await open_fork(std::uint32_t(random()), depth);
    }
    if (random() % 50 == 0) {
        Event never;
        co_await never;
    }
    co_return 1;
}

edo::Task<void> plant_and_fell(std::uint32_t seed) {
    std::minstd_rand random(seed);
    std::vector<edo::JoinHandle<int>> trees;
    for (int i = 0; i < 4; ++i) {
        trees.push_back(edo::spawn(open_fork(std::uint32_t(random()), 5)));
    }
    for (auto& tree : trees) {
        co_await yield_times(unsigned(random() % 20));
        tree.abort();
        const auto ended = co_await tree;
        static_cast<void>(ended);  // a value, an exception, or cancelled
    }
}

BOOST_AUTO_TEST_SUITE(fork_join_cancel)

BOOST_AUTO_TEST_CASE(an_aborted_parent_takes_its_children_with_it) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            for (unsigned round = 0; round < 100; ++round) {
                Event open;
                auto handle = edo::spawn(nested(open, int(round % 4)));
                co_await open;
                co_await yield_times(round % 7);
                handle.abort();
                const auto result = co_await handle;
                BOOST_TEST(result.error().is_cancelled());
            }
        }());
    });
}

BOOST_AUTO_TEST_CASE(a_tree_is_felled_between_two_of_its_turns) {
    struct Tree {
        static edo::Task<void> grow(Ground& ground, int depth) {
            const Stands stands(ground);
            if (depth > 0) {
                Ground own;
                co_await edo::fork_join(grow(own, depth - 1), grow(own, depth - 1),
                                        grow(own, depth - 1));
            }
        }
        static edo::Task<void> plant() {
            Ground ground;
            co_await grow(ground, 14);
        }
    };
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            for (unsigned round = 1; round < 10; ++round) {
                auto handle = edo::spawn(Tree::plant());
                co_await yield_times(round * 3);
                handle.abort();
                const auto result = co_await handle;
                BOOST_TEST(result.error().is_cancelled());
                const auto chosen = co_await edo::select(Tree::plant(), yield_times(round));
                BOOST_TEST(chosen.index() == 1U);
            }
        }());
    });
}

BOOST_AUTO_TEST_CASE(a_dropped_wait_takes_its_children_with_it) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            for (unsigned round = 0; round < 100; ++round) {
                Event open;
                const auto until = [](Event& o, unsigned times) -> edo::Task<void> {
                    co_await o;
                    co_await yield_times(times);
                };
                co_await edo::select(nested(open, int(round % 4)), until(open, round % 7));
            }
        }());
    });
}

BOOST_AUTO_TEST_CASE(everything_is_destroyed_at_any_suspension) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto subject = []() -> edo::Task<void> {
            const auto inner = []() -> edo::Task<void> {
                co_await edo::fork_join(yield_times(2), yield_times(3), yield_times(1));
            };
            co_await edo::fork_join(inner(), yield_times(4), inner());
        };
        const auto driven = runtime.block_on(edo::test::drive(subject));
        BOOST_TEST(driven.suspensions > 1U);
    });
}

BOOST_AUTO_TEST_CASE(a_runtime_that_ends_takes_all_children_with_it) {
    for (int round = 0; round < 30; ++round) {
        const edo::test::LeakGuard guard;
        for (const auto& kind : edo::test::flavors()) {
            edo::Runtime runtime = kind.builder.build();
            Event open;
            edo::Handle handle = runtime.handle();
            handle.spawn(nested(open, 3)).detach();
            runtime.block_on([](Event& o, unsigned times) -> edo::Task<void> {
                co_await o;
                co_await yield_times(times);
            }(open, unsigned(round) % 5));
        }
    }
}

BOOST_AUTO_TEST_CASE(random_trees_are_felled_at_random_moments) {
    const std::uint32_t seed = std::random_device()();
    BOOST_TEST_MESSAGE("seed " << seed);
    std::minstd_rand random(seed);
    for (const auto& kind : edo::test::flavors()) {
        const edo::test::LeakGuard guard;
        edo::Builder builder = kind.builder;
        builder.on_unhandled_exception([](std::uint64_t, std::exception_ptr) {});
        edo::Runtime runtime = builder.build();
        const auto end = std::chrono::steady_clock::now() + 400ms;
        while (std::chrono::steady_clock::now() < end) {
            runtime.block_on(plant_and_fell(std::uint32_t(random())));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
