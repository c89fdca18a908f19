// SPDX-License-Identifier: MIT
// A worker computes until others have done what is queued, armed and registered with it. If nobody
// helps, it waits for ever.
#include "stress/stress.hpp"
#include "support/flavors.hpp"

#include <atomic>
#include <sys/socket.h>

using edo::detail::Random;
using edo::test::Event;
using edo::test::LeakGuard;
using edo::test::random_of;
using edo::test::ReadByte;
using edo::test::SocketPair;
using edo::test::StressGuard;
using std::chrono::microseconds;
using std::chrono::milliseconds;

namespace {

struct Round {
    Round() = default;
    SocketPair pair;
    std::atomic<int> left{0};
    Event over;
};
using RoundPtr = std::shared_ptr<Round>;

edo::Task<void> counts(RoundPtr round) {
    --round->left;
    co_return;
}

edo::Task<void> waits_for_timer(RoundPtr round, milliseconds time) {
    co_await edo::sleep(time);
    --round->left;
}

edo::Task<void> waits_for_byte(RoundPtr round) {
    const bool read = co_await ReadByte(*round->pair.a);
    edo::test::must(read);
    --round->left;
}

/// Leaves work behind on this worker in all the places where work can be, and blocks the worker.
edo::Task<void> strands(RoundPtr round, Random random) {
    const int spawned = int(random.below(5));
    round->left = spawned + 2;
    edo::spawn(waits_for_timer(round, milliseconds(random.below(3)))).detach();
    edo::spawn(waits_for_byte(round)).detach();
    for (std::uint32_t n = random.below(3); n > 0; --n) {
        co_await edo::yield_now();
    }
    for (int i = 0; i < spawned; ++i) {
        edo::spawn(counts(round)).detach();
    }
    if (random.below(2) == 0) {
        std::this_thread::sleep_for(microseconds(random.below(500)));
    }
    edo::test::must(::send(round->pair.b->descriptor(), "x", 1, 0) == 1);
    while (round->left != 0) {
        std::this_thread::yield();
    }
    round->over.set();
}

BOOST_AUTO_TEST_SUITE(stuck)

BOOST_AUTO_TEST_CASE(what_waits_behind_a_stuck_worker_is_done_by_others) {
    const StressGuard guard("what_waits_behind_a_stuck_worker_is_done_by_others");
    const LeakGuard leaks;
    for (const unsigned workers : {2U, 4U}) {
        for (const edo::ReactorKind reactor : {edo::ReactorKind::Epoll, edo::ReactorKind::Asio}) {
            edo::Runtime runtime = edo::Builder::multi_thread(workers).reactor(reactor).build();
            for (int i = 0; i < edo::test::rounds(240); ++i) {
                Random random = random_of(unsigned(i));
                const auto round = std::make_shared<Round>();
                runtime.spawn(strands(round, Random(random.next()))).detach();
                round->over.wait();
                // Sometimes long enough for the watching worker to fall asleep, too.
                std::this_thread::sleep_for(microseconds(random.below(12) * random.below(1200)));
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
