// SPDX-License-Identifier: MIT
// Runtimes that end at a random moment, while everything that a runtime can do goes on in them.
#include "stress/stress.hpp"
#include "support/flavors.hpp"

#include <atomic>

using edo::detail::Random;
using edo::test::Event;
using edo::test::flavors_and_reactors;
using edo::test::ForeignWakers;
using edo::test::LeakGuard;
using edo::test::random_of;
using edo::test::ReadByte;
using edo::test::RuntimeKind;
using edo::test::SocketPair;
using edo::test::StressGuard;
using edo::test::WriteByte;
using std::chrono::microseconds;
using std::chrono::milliseconds;

namespace {

constexpr unsigned kRounds = 500;

/// Keeps the number of tasks within bounds.
struct Load {
    explicit Load(ForeignWakers& foreign) : wakers(foreign) {}
    ForeignWakers& wakers;
    std::atomic<int> spawned{0};
    std::atomic<bool> over{false};
};
using LoadPtr = std::shared_ptr<Load>;

edo::Task<int> tiny(unsigned yields) {
    for (unsigned i = 0; i < yields; ++i) {
        co_await edo::yield_now();
    }
    co_return 1;
}

edo::Task<void> awaits_foreign_wakes(LoadPtr load) {
    for (;;) {
        const std::shared_ptr<Event> event = load->wakers.soon();
        co_await *event;
        co_await edo::yield_now();  // events charge no budget
    }
}

edo::Task<void> ticks(Random random) {
    for (;;) {
        co_await edo::sleep(microseconds(random.below(3000)));
    }
}

edo::Task<void> times_out(LoadPtr load, Random random) {
    for (;;) {
        const std::shared_ptr<Event> event = load->wakers.soon();
        const auto result = co_await edo::timeout(microseconds(random.below(1500)), *event);
        static_cast<void>(result.has_value());
        co_await edo::yield_now();
    }
}

edo::Task<void> echoes(std::shared_ptr<SocketPair> pair) {
    for (;;) {
        const bool read = co_await ReadByte(*pair->b);
        const bool written = co_await WriteByte(*pair->b);
        if (!read || !written) {
            break;
        }
    }
}

edo::Task<void> sends(std::shared_ptr<SocketPair> pair) {
    for (;;) {
        const bool written = co_await WriteByte(*pair->a);
        const bool read = co_await ReadByte(*pair->a);
        if (!read || !written) {
            break;
        }
    }
}

edo::Task<void> blocks(Random random) {
    for (;;) {
        const unsigned time = random.below(500);
        auto job = edo::spawn_blocking([time] { std::this_thread::sleep_for(microseconds(time)); });
        co_await job;
    }
}

/// Spawns tasks that spawn tasks; joins some, aborts some, forgets others.
edo::Task<void> spawns(LoadPtr load, Random random, unsigned depth) {
    std::vector<edo::JoinHandle<int>> kept;
    while (!load->over) {
        auto handle = edo::spawn(tiny(random.below(4)));
        switch (random.below(4)) {
            case 0:
                co_await handle;
                break;
            case 1:
                handle.abort();
                break;
            case 2:
                kept.push_back(std::move(handle));
                break;
            default:
                handle.detach();
                break;
        }
        if (depth > 0 && load->spawned.fetch_add(1) < 40) {
            edo::spawn(spawns(load, Random(random.next()), depth - 1)).detach();
        }
        if (kept.size() > 8) {
            for (auto& one : kept) {
                co_await one;
            }
            kept.clear();
        }
        co_await edo::yield_now();
    }
}

void start_load(edo::Runtime& runtime, const LoadPtr& load, Random& random) {
    runtime.spawn(spawns(load, Random(random.next()), 3)).detach();
    for (int i = 0; i < 3; ++i) {
        auto pair = std::make_shared<SocketPair>();
        runtime.spawn(echoes(pair)).detach();
        runtime.spawn(sends(pair)).detach();
        runtime.spawn(ticks(Random(random.next()))).detach();
        runtime.spawn(awaits_foreign_wakes(load)).detach();
        runtime.spawn(times_out(load, Random(random.next()))).detach();
    }
    runtime.spawn(blocks(Random(random.next()))).detach();
}

edo::Task<void> sleeps(microseconds time) {
    co_await edo::sleep(time);
}

/// Lets the runtime run for a moment, then ends it in one of the possible ways.
void run_and_drop(edo::Runtime runtime, Random& random) {
    const microseconds time(random.below(3000));
    if (runtime.handle().flavor() == edo::Flavor::CurrentThread || random.below(2) == 0) {
        runtime.block_on(sleeps(time));
    } else {
        std::this_thread::sleep_for(time);
    }
    switch (random.below(4)) {
        case 0:
            runtime.shutdown_background();
            break;
        case 1:
            runtime.shutdown_timeout(milliseconds(random.below(3)));
            break;
        default:
            break;  // the destructor
    }
}

BOOST_AUTO_TEST_SUITE(drop)

BOOST_AUTO_TEST_CASE(runtimes_end_cleanly_at_any_moment_under_load) {
    const StressGuard guard("runtimes_end_cleanly_at_any_moment_under_load");
    const LeakGuard leaks;
    ForeignWakers wakers(2);
    const std::vector<RuntimeKind> kinds = flavors_and_reactors();
    for (unsigned round = 0; round < kRounds; ++round) {
        BOOST_TEST_CONTEXT("round " << round) {
            Random random = random_of(round);
            const auto load = std::make_shared<Load>(wakers);
            edo::Builder builder = kinds[round % kinds.size()].builder;
            edo::Runtime runtime = builder.seed(random.next()).build();
            start_load(runtime, load, random);
            run_and_drop(std::move(runtime), random);
            load->over = true;
        }
    }
}

BOOST_AUTO_TEST_CASE(a_thousand_runtimes_leave_no_thread_and_no_descriptor) {
    const StressGuard guard("a_thousand_runtimes_leave_no_thread_and_no_descriptor");
    const std::size_t threads = edo::test::count_threads();
    {
        const LeakGuard leaks;
        const std::vector<RuntimeKind> kinds = flavors_and_reactors();
        for (unsigned round = 0; round < 1000; ++round) {
            const edo::Runtime runtime = kinds[round % kinds.size()].builder.build();
        }
    }
    BOOST_TEST(edo::test::threads_fall_to(threads));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
