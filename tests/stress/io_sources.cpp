// SPDX-License-Identifier: MIT
// Descriptors that several tasks use at once, and that are closed and opened again all the time.
#include "stress/stress.hpp"
#include "support/flavors.hpp"

#include <atomic>

using edo::detail::Random;
using edo::test::Event;
using edo::test::for_each_flavor_and_reactor;
using edo::test::ForeignWakers;
using edo::test::random_of;
using edo::test::ReadByte;
using edo::test::SocketPair;
using edo::test::StressGuard;
using edo::test::WriteByte;
using std::chrono::microseconds;

namespace {

edo::Task<void> join_all_of(std::vector<edo::JoinHandle<void>>& tasks) {
    for (auto& task : tasks) {
        co_await task;
    }
}

edo::Task<void> reads_to_the_end(std::shared_ptr<SocketPair> pair, std::atomic<int>& bytes) {
    for (;;) {
        const bool read = co_await ReadByte(*pair->b);
        if (!read) {
            break;
        }
        ++bytes;
    }
}

edo::Task<void> writes(std::shared_ptr<SocketPair> pair, int bytes, Random random) {
    for (int i = 0; i < bytes; ++i) {
        const bool written = co_await WriteByte(*pair->a);
        edo::test::must(written);
        if (random.below(3) == 0) {
            co_await edo::yield_now();
        }
    }
}

/// Opens a pair, moves bytes through it with several readers, closes it: again and again, so that
/// sources are recycled while events for their previous descriptors are on their way.
edo::Task<void> recycles(Random random, std::atomic<int>& lost) {
    for (int i = 0; i < edo::test::rounds(1000); ++i) {
        auto pair = std::make_shared<SocketPair>();
        std::atomic<int> received{0};
        const int sent = int(random.below(20));
        std::vector<edo::JoinHandle<void>> readers;
        for (std::uint32_t n = 1 + random.below(2); n > 0; --n) {
            readers.push_back(edo::spawn(reads_to_the_end(pair, received)));
        }
        co_await edo::spawn(writes(pair, sent, Random(random.next())));
        pair->a.reset();
        co_await join_all_of(readers);
        lost += received == sent ? 0 : 1;
    }
}

BOOST_AUTO_TEST_SUITE(io)

BOOST_AUTO_TEST_CASE(sources_are_recycled_while_stale_events_arrive) {
    const StressGuard guard("sources_are_recycled");
    for_each_flavor_and_reactor([](edo::Runtime& runtime) {
        std::atomic<int> lost{0};
        std::vector<edo::JoinHandle<void>> all;
        for (unsigned i = 0; i < 8; ++i) {
            all.push_back(runtime.spawn(recycles(random_of(i), lost)));
        }
        runtime.block_on(join_all_of(all));
        BOOST_TEST(lost == 0);
    });
}

edo::Task<void> fills(std::shared_ptr<SocketPair> pair, std::atomic<long>& written) {
    for (;;) {
        const bool ok = co_await WriteByte(*pair->a);
        if (!ok) {
            break;
        }
        ++written;
    }
}

edo::Task<void> reads_one(std::shared_ptr<SocketPair> pair, std::atomic<int>& bytes) {
    const bool read = co_await ReadByte(*pair->a);
    bytes += read ? 1 : 0;
}

/// A reader and a writer wait for the first time at the same moment, and register the descriptor.
edo::Task<void> first_waits(std::atomic<int>& bytes) {
    for (int i = 0; i < edo::test::rounds(300); ++i) {
        auto pair = std::make_shared<SocketPair>();
        std::atomic<long> written{0};
        std::vector<edo::JoinHandle<void>> tasks;
        tasks.push_back(edo::spawn(reads_one(pair, bytes)));
        tasks.push_back(edo::spawn(reads_one(pair, bytes)));
        auto filler = edo::spawn(fills(pair, written));
        co_await edo::yield_now();
        const bool first = co_await WriteByte(*pair->b);
        const bool second = co_await WriteByte(*pair->b);
        edo::test::must(first && second);
        co_await join_all_of(tasks);
        filler.abort();
        co_await filler;
    }
}

BOOST_AUTO_TEST_CASE(a_reader_and_a_writer_may_register_a_descriptor_at_the_same_time) {
    const StressGuard guard("a_reader_and_a_writer_may_register");
    for_each_flavor_and_reactor([](edo::Runtime& runtime) {
        std::atomic<int> bytes{0};
        std::vector<edo::JoinHandle<void>> all;
        for (unsigned i = 0; i < 4; ++i) {
            all.push_back(runtime.spawn(first_waits(bytes)));
        }
        runtime.block_on(join_all_of(all));
        BOOST_TEST(bytes == 4 * 2 * edo::test::rounds(300));
    });
}

edo::Task<bool> reads(edo::detail::IoSource& source) {
    const bool read = co_await ReadByte(source);
    co_return read;
}

constexpr int kBytes = edo::test::rounds(2000);

/// Reads that lose against foreign wakes and timers; no byte is lost with them.
edo::Task<void> reads_with_interruptions(Random random, ForeignWakers& wakers,
                                         std::atomic<int>& bytes) {
    auto pair = std::make_shared<SocketPair>();
    auto writer = edo::spawn([](std::shared_ptr<SocketPair> p, Random r) -> edo::Task<void> {
        for (int i = 0; i < kBytes; ++i) {
            const bool written = co_await WriteByte(*p->a);
            edo::test::must(written);
            if (r.below(4) == 0) {
                co_await edo::sleep(microseconds(r.below(500)));
            }
        }
    }(pair, Random(random.next())));
    for (int received = 0; received < kBytes;) {
        const std::shared_ptr<Event> event = wakers.soon();
        auto winner = co_await edo::select(reads(*pair->b), *event);
        if (winner.index() == 0) {
            ++received;
            ++bytes;
        }
    }
    co_await writer;
}

BOOST_AUTO_TEST_CASE(cancelled_reads_lose_no_byte) {
    const StressGuard guard("cancelled_reads_lose_no_byte");
    for_each_flavor_and_reactor([](edo::Runtime& runtime) {
        ForeignWakers wakers(2);
        std::atomic<int> bytes{0};
        std::vector<edo::JoinHandle<void>> all;
        for (unsigned i = 0; i < 8; ++i) {
            all.push_back(runtime.spawn(reads_with_interruptions(random_of(i), wakers, bytes)));
        }
        runtime.block_on(join_all_of(all));
        BOOST_TEST(bytes == 8 * kBytes);
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
