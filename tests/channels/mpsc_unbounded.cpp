// SPDX-License-Identifier: MIT
#include "channels/seed.hpp"
#include "channels/values.hpp"
#include "support/flavors.hpp"
#include "support/stepped_task.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/sync/mpsc.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace mpsc = edo::sync::mpsc;
using edo::Task;
using edo::test::Counted;
using edo::test::for_each_flavor;
using edo::test::Fragile;
using edo::test::LeakGuard;
using edo::test::must;
using edo::test::SteppedTask;

namespace {

Task<std::optional<int>> receive_one(mpsc::UnboundedReceiver<int>& receiver) {
    co_return co_await receiver.recv();
}

BOOST_AUTO_TEST_SUITE(mpsc_unbounded_channel)

BOOST_AUTO_TEST_CASE(values_arrive_in_order) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            auto [sender, receiver] = mpsc::unbounded_channel<int>();
            const auto send_all = [](mpsc::UnboundedSender<int> to) -> Task<void> {
                for (int i = 0; i < 1000; ++i) {
                    must(to.send(i).has_value());
                    if (i % 70 == 0) {
                        co_await edo::yield_now();
                    }
                }
            };
            edo::spawn(send_all(std::move(sender))).detach();
            int expected = 0;
            while (const std::optional<int> value = co_await receiver.recv()) {
                BOOST_TEST_REQUIRE(*value == expected);
                ++expected;
            }
            BOOST_TEST(expected == 1000);
        }());
    });
}

BOOST_AUTO_TEST_CASE(the_length_is_right_at_the_ends_of_blocks) {
    const LeakGuard guard;
    auto [sender, receiver] = mpsc::unbounded_channel<int>();
    for (unsigned round = 0; round < 40; ++round) {  // begins at each place in a block
        BOOST_TEST(receiver.is_empty());
        for (unsigned i = 0; i < 97; ++i) {
            BOOST_TEST(receiver.len() == i);
            BOOST_TEST(sender.send(int(i)).has_value());
            BOOST_TEST(!receiver.is_empty());
        }
        for (unsigned i = 97; i > 0; --i) {
            BOOST_TEST(!receiver.is_empty());
            BOOST_TEST(receiver.len() == i);
            BOOST_TEST(receiver.try_recv().value() == int(97 - i));
        }
        BOOST_TEST((receiver.try_recv().error() == mpsc::TryRecvError::Empty));
    }
}

BOOST_AUTO_TEST_CASE(a_closed_channel_drains_and_ends_at_every_length) {
    for (unsigned length = 0; length < 70; ++length) {
        const LeakGuard guard;
        auto [sender, receiver] = mpsc::unbounded_channel<std::unique_ptr<unsigned>>();
        for (unsigned i = 0; i < length; ++i) {
            BOOST_TEST(sender.send(std::make_unique<unsigned>(i)).has_value());
        }
        receiver.close();
        auto refused = sender.send(std::make_unique<unsigned>(99));
        BOOST_REQUIRE(!refused.has_value());
        BOOST_TEST(*refused.error().value == 99U);
        for (unsigned i = 0; i < length; ++i) {
            BOOST_TEST(**receiver.try_recv() == i);
        }
        BOOST_TEST((receiver.try_recv().error() == mpsc::TryRecvError::Disconnected));
        BOOST_TEST(receiver.is_empty());
    }
}

BOOST_AUTO_TEST_CASE(the_last_sender_wakes_the_receiver) {
    const LeakGuard guard;
    auto [sender, receiver] = mpsc::unbounded_channel<int>();
    std::optional<mpsc::UnboundedSender<int>> copy(sender);
    const auto weak = sender.downgrade();
    SteppedTask<std::optional<int>> receiving(receive_one(receiver));
    receiving.turn();
    {
        const auto dropped = std::move(sender);
    }
    BOOST_TEST(!receiving.is_woken());
    copy.reset();
    BOOST_TEST(receiving.run());
    BOOST_TEST(!receiving.take().has_value());
    BOOST_TEST(!weak.upgrade().has_value());
}

BOOST_AUTO_TEST_CASE(a_dropped_receiver_drops_what_is_queued) {
    const LeakGuard guard;
    std::atomic<int> alive = 0;
    auto [sender, receiver] = mpsc::unbounded_channel<Counted>();
    for (int i = 0; i < 100; ++i) {
        BOOST_TEST(sender.send(Counted(alive)).has_value());
    }
    BOOST_TEST(alive == 100);
    {
        const auto dropped = std::move(receiver);
    }
    BOOST_TEST(alive == 0);
    BOOST_TEST(!sender.send(Counted(alive)).has_value());
    BOOST_TEST(alive == 0);
}

BOOST_AUTO_TEST_CASE(recv_many_spans_blocks) {
    const LeakGuard guard;
    edo::block_on([]() -> Task<void> {
        auto [sender, receiver] = mpsc::unbounded_channel<int>();
        for (int i = 0; i < 100; ++i) {
            BOOST_TEST(sender.send(i).has_value());
        }
        std::vector<int> buffer;
        const std::size_t some = co_await receiver.recv_many(buffer, 90);
        const std::size_t rest = co_await receiver.recv_many(buffer, 90);
        BOOST_TEST(some == 90U);
        BOOST_TEST(rest == 10U);
        for (int i = 0; i < 100; ++i) {
            BOOST_TEST(buffer[std::size_t(i)] == i);
        }
    }());
}

BOOST_AUTO_TEST_CASE(values_that_break_do_not_corrupt_the_channel) {
    const LeakGuard guard;
    auto [sender, receiver] = mpsc::unbounded_channel<Fragile>();
    for (int i = 0; i < 100; ++i) {  // also the last one of a block
        BOOST_CHECK_THROW(static_cast<void>(sender.send(Fragile(i, 0))), std::runtime_error);
        BOOST_TEST(sender.send(Fragile(i, 1)).has_value());
        BOOST_TEST(sender.send(Fragile(i, 9)).has_value());
        BOOST_CHECK_THROW(static_cast<void>(receiver.try_recv()), std::runtime_error);
        BOOST_TEST(receiver.try_recv().value().number == i);
        BOOST_TEST((receiver.try_recv().error() == mpsc::TryRecvError::Empty));
    }
}

BOOST_AUTO_TEST_CASE(plain_threads_can_receive) {
    const LeakGuard guard;
    auto [sender, receiver] = mpsc::unbounded_channel<std::string>();
    std::thread thread(
        [](mpsc::UnboundedSender<std::string> to) { static_cast<void>(to.send("hello")); },
        std::move(sender));
    BOOST_TEST(receiver.blocking_recv().value() == "hello");
    BOOST_TEST(!receiver.blocking_recv().has_value());
    thread.join();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
