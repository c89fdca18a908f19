// SPDX-License-Identifier: MIT
// Random trees of scopes, cancelled at random moments from the inside and from the outside.
#include "support/event.hpp"
#include "support/flavors.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/scope.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <memory>
#include <random>
#include <stdexcept>

using edo::test::Event;

namespace {

/// What the children of one scope borrow.
struct Ground {
    Ground() = default;
    Ground(const Ground&) = delete;
    Ground& operator=(const Ground&) = delete;
    ~Ground() {
        if (*users != 0) {
            std::abort();
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

edo::Task<void> yield_times(unsigned times) {
    for (unsigned i = 0; i < times; ++i) {
        co_await edo::yield_now();
    }
}

edo::Task<void> grow(Ground& ground, std::uint32_t seed, int depth);

edo::Task<void> open_scope(std::uint32_t seed, int depth) {
    Ground own;
    const auto body = [&own, seed, depth](edo::Scope& scope) -> edo::Task<void> {
        std::minstd_rand random(seed);
        const unsigned children = random() % 5;
        for (unsigned i = 0; i < children; ++i) {
            scope.spawn(grow(own, std::uint32_t(random()), depth - 1));
            if (random() % 3 == 0) {
                co_await edo::yield_now();
            }
        }
        if (random() % 8 == 0) {
            scope.cancel();
        }
        if (random() % 10 == 0) {
            throw std::runtime_error("body");
        }
    };
    co_await edo::scope(body);
}

/// One child: does something for a while, perhaps for ever, perhaps with scopes of its own.
edo::Task<void> grow(Ground& ground, std::uint32_t seed, int depth) {
    const Stands stands(ground);
    std::minstd_rand random(seed);
    co_await yield_times(random() % 4);
    switch (random() % (depth > 0 ? 8 : 4)) {
        case 0: {
            Event never;
            co_await never;
            break;
        }
        case 1:
            co_await edo::sleep(std::chrono::milliseconds(random() % 3));
            break;
        case 2:
            if (random() % 4 == 0) {
                throw std::runtime_error("child");
            }
            break;
        case 3:
            break;
        case 4: {
            const auto first = co_await edo::select(open_scope(std::uint32_t(random()), depth),
                                                    yield_times(random() % 6));
            static_cast<void>(first);
            break;
        }
        default:
            co_await open_scope(std::uint32_t(random()), depth);
    }
}

edo::Task<void> try_tree(std::uint32_t seed) {
    try {
        const auto first = co_await edo::select(open_scope(seed, 4), yield_times(5 + seed % 40));
        static_cast<void>(first);
    } catch (const std::runtime_error&) {
        static_cast<void>(seed);  // as good as any other end
    }
}

BOOST_AUTO_TEST_SUITE(scope_stress)

BOOST_AUTO_TEST_CASE(random_trees_of_scopes_end_before_what_they_borrow) {
    const std::uint32_t seed = std::random_device()();
    BOOST_TEST_MESSAGE("seed " << seed);
    edo::test::for_each_flavor([seed](edo::Builder builder) {
        builder.on_unhandled_exception([](std::uint64_t, const std::exception_ptr&) {});
        edo::Runtime runtime = builder.build();
        runtime.block_on([](std::uint32_t first_seed) -> edo::Task<void> {
            std::minstd_rand random(first_seed);
            for (int round = 0; round < 100; ++round) {
                edo::JoinHandle<void> aborted = edo::spawn(try_tree(std::uint32_t(random())));
                edo::JoinHandle<void> left = edo::spawn(try_tree(std::uint32_t(random())));
                co_await yield_times(random() % 30);
                aborted.abort();
                static_cast<void>(co_await aborted);
                const edo::JoinResult<void> result = co_await left;
                BOOST_TEST(result.has_value());
            }
        }(seed));
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
