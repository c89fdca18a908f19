// SPDX-License-Identifier: MIT
// Both ends of many channels act at the same time, on eight workers, and in all ways.
#include "channels/seed.hpp"
#include "channels/values.hpp"
#include "support/leak_guard.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/sync/oneshot.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace oneshot = edo::sync::oneshot;
using edo::Task;
using edo::test::channel_random;
using edo::test::channel_seed;
using edo::test::Counted;
using edo::test::must;

namespace {

/// How an end of a channel ended.
enum class End { Sent, Received, Error, Unknown };

Task<End> send_somehow(oneshot::Sender<Counted> sender, std::atomic<int>& alive, int number) {
    edo::detail::Random random = channel_random(std::uint64_t(number) * 2);
    const std::uint32_t way = random.below(6);
    if (way == 0) {
        co_return End::Error;  // dropped
    }
    if (way == 1) {
        co_await edo::yield_now();
    } else if (way == 2) {  // cancelled, unless it is quick
        static_cast<void>(co_await edo::select(sender.closed(), edo::yield_now()));
    } else if (way == 3 && random.below(8) == 0) {
        auto first =
            co_await edo::select(sender.closed(), edo::sleep(std::chrono::milliseconds(1)));
        must(first.is<1>() || sender.is_closed());
    }
    auto sent = std::move(sender).send(Counted(alive, number));
    must(sent.has_value() || sent.error().value.number == number);
    co_return sent.has_value() ? End::Sent : End::Error;
}

Task<End> receive_somehow(oneshot::Receiver<Counted> receiver, int number) {
    edo::detail::Random random = channel_random(std::uint64_t(number) * 2 + 1);
    const std::uint32_t way = random.below(6);
    if (way == 0) {
        co_return End::Unknown;  // dropped
    }
    if (way == 1) {  // cancelled, unless it is quick
        auto first = co_await edo::select(receiver, edo::yield_now());
        if (auto* const result = first.get_if<0>()) {
            must(!*result || (*result)->number == number);
            co_return result->has_value() ? End::Received : End::Error;
        }
    } else if (way == 2) {
        auto now = receiver.try_recv();
        if (now) {
            must(now->number == number);
            co_return End::Received;
        }
        if (now.error() == oneshot::TryRecvError::Closed) {
            co_return End::Error;
        }
    } else if (way == 3) {
        receiver.close();
    }
    const auto result = co_await receiver;
    must(!result || result->number == number);
    co_return result.has_value() ? End::Received : End::Error;
}

BOOST_AUTO_TEST_SUITE(oneshot_stress)

BOOST_AUTO_TEST_CASE(both_ends_agree_on_what_happened) {
    BOOST_TEST_MESSAGE("EDO_STRESS_SEED=" << channel_seed());
    BOOST_TEST_CONTEXT("EDO_STRESS_SEED=" << channel_seed()) {
        const edo::test::LeakGuard guard;
        std::atomic<int> alive = 0;
        {
            edo::Runtime runtime = edo::Builder::multi_thread(8).build();
            const auto check_all = [](std::vector<edo::JoinHandle<End>> senders,
                                      std::vector<edo::JoinHandle<End>> receivers) -> Task<void> {
                for (std::size_t i = 0; i < senders.size(); ++i) {
                    const auto sent = co_await senders[i];
                    const auto received = co_await receivers[i];
                    const End end = received.value();
                    BOOST_TEST((end != End::Received || sent.value() == End::Sent));
                    BOOST_TEST((end != End::Error || sent.value() == End::Error));
                }
            };
            int number = 0;
            for (int round = 0; round < edo::test::scaled(50); ++round) {
                std::vector<edo::JoinHandle<End>> senders;
                std::vector<edo::JoinHandle<End>> receivers;
                for (int i = 0; i < 400; ++i, ++number) {
                    auto [sender, receiver] = oneshot::channel<Counted>();
                    receivers.push_back(
                        runtime.spawn(receive_somehow(std::move(receiver), number)));
                    senders.push_back(
                        runtime.spawn(send_somehow(std::move(sender), alive, number)));
                }
                runtime.block_on(check_all(std::move(senders), std::move(receivers)));
            }
        }
        BOOST_TEST(alive == 0);
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
