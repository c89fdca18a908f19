// SPDX-License-Identifier: MIT
// What senders and receivers offer beside sending and receiving.
#include "channels/seed.hpp"
#include "channels/values.hpp"
#include "support/flavors.hpp"
#include "support/stepped_task.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/sync/mpsc.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
namespace mpsc = edo::sync::mpsc;
using edo::Task;
using edo::test::for_each_flavor;
using edo::test::Fragile;
using edo::test::LeakGuard;
using edo::test::must;
using edo::test::SteppedTask;

namespace {

Task<std::optional<int>> receive_one(mpsc::Receiver<int>& receiver) {
    co_return co_await receiver.recv();
}

Task<void> send_range(mpsc::Sender<int> sender, int first, int last) {
    for (int i = first; i < last; ++i) {
        const auto sent = co_await sender.send(i);
        must(sent.has_value());
    }
}

BOOST_AUTO_TEST_SUITE(mpsc_ends)

BOOST_AUTO_TEST_CASE(recv_many_takes_what_is_there) {
    const LeakGuard guard;
    edo::block_on([]() -> Task<void> {
        auto [sender, receiver] = mpsc::channel<int>(8);
        for (int i = 0; i < 5; ++i) {
            BOOST_TEST(sender.try_send(i).has_value());
        }
        std::vector<int> buffer{-1};
        std::size_t count = co_await receiver.recv_many(buffer, 3);
        BOOST_TEST(count == 3U);
        BOOST_TEST(sender.capacity() == 6U);
        count = co_await receiver.recv_many(buffer, 3);
        BOOST_TEST(count == 2U);
        const std::vector<int> expected{-1, 0, 1, 2, 3, 4};
        BOOST_TEST(buffer == expected, boost::test_tools::per_element());
        count = co_await receiver.recv_many(buffer, 0);
        BOOST_TEST(count == 0U);
        {
            const auto dropped = std::move(sender);
        }
        count = co_await receiver.recv_many(buffer, 3);  // the buffer is not empty
        BOOST_TEST(count == 0U);
    }());
}

BOOST_AUTO_TEST_CASE(recv_many_waits_for_the_first_value) {
    const LeakGuard guard;
    auto [sender, receiver] = mpsc::channel<int>(8);
    std::vector<int> buffer;
    SteppedTask<std::size_t> receiving(
        [](mpsc::Receiver<int>& from, std::vector<int>& into) -> Task<std::size_t> {
            co_return co_await from.recv_many(into, 8);
        }(receiver, buffer));
    receiving.turn();
    BOOST_TEST(!receiving.is_woken());
    BOOST_TEST(sender.try_send(1).has_value());
    BOOST_TEST(sender.try_send(2).has_value());
    BOOST_TEST(receiving.run());
    BOOST_TEST(receiving.take() == 2U);
    BOOST_TEST(buffer.size() == 2U);
}

BOOST_AUTO_TEST_CASE(only_one_coroutine_may_receive) {
    const LeakGuard guard;
    edo::block_on([]() -> Task<void> {
        auto [sender, receiver] = mpsc::channel<int>(1);
        bool thrown = false;
        try {
            co_await edo::join(receiver.recv(), receiver.recv());
        } catch (const edo::UsageError&) {
            thrown = true;
        }
        BOOST_TEST(thrown);
        BOOST_TEST(sender.try_send(1).has_value());
        const auto value = co_await receiver.recv();
        BOOST_TEST(value.value() == 1);
    }());
}

BOOST_AUTO_TEST_CASE(the_length_counts_what_is_queued) {
    const LeakGuard guard;
    auto [sender, receiver] = mpsc::channel<int>(40);
    BOOST_TEST(receiver.is_empty());
    for (int round = 0; round < 5; ++round) {
        for (unsigned i = 0; i < 33; ++i) {
            BOOST_TEST(receiver.len() == i);
            BOOST_TEST(sender.try_send(int(i)).has_value());
            BOOST_TEST(!receiver.is_empty());
            BOOST_TEST(sender.capacity() == 39 - i);
        }
        for (unsigned i = 33; i > 0; --i) {
            BOOST_TEST(receiver.len() == i);
            BOOST_TEST(receiver.try_recv().has_value());
        }
        BOOST_TEST(receiver.is_empty());
    }
    BOOST_TEST(sender.max_capacity() == 40U);
}

BOOST_AUTO_TEST_CASE(weak_senders_keep_no_channel_open) {
    const LeakGuard guard;
    auto [sender, receiver] = mpsc::channel<int>(1);
    mpsc::WeakSender<int> weak = sender.downgrade();
    const mpsc::WeakSender<int> copy = weak;
    BOOST_TEST(receiver.sender_weak_count() == 2U);
    BOOST_TEST(weak.weak_count() == 2U);
    BOOST_TEST(copy.strong_count() == 1U);
    {
        const auto strong = weak.upgrade();
        BOOST_REQUIRE(strong.has_value());
        BOOST_TEST(strong->same_channel(sender));
        BOOST_TEST(receiver.sender_strong_count() == 2U);
    }
    {
        const auto dropped = std::move(sender);
    }
    BOOST_TEST(!weak.upgrade().has_value());
    BOOST_TEST((receiver.try_recv().error() == mpsc::TryRecvError::Disconnected));
}

BOOST_AUTO_TEST_CASE(closed_waits_for_the_receiver) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            auto [sender, receiver] = mpsc::channel<int>(1);
            const auto drop_later = [](mpsc::Receiver<int> /*owned*/) -> Task<void> {
                co_await edo::yield_now();
            };
            edo::spawn(drop_later(std::move(receiver))).detach();
            co_await edo::join(sender.closed(), sender.closed());
            co_await sender.closed();
            BOOST_TEST(sender.is_closed());
        }());
    });
}

BOOST_AUTO_TEST_CASE(send_timeout_gives_up_and_gives_back) {
    const LeakGuard guard;
    edo::Runtime runtime = edo::Builder::current_thread().start_paused().build();
    runtime.block_on([]() -> Task<void> {
        auto [sender, receiver] = mpsc::channel<std::string>(1);
        const auto in_time = co_await sender.send_timeout("one", 10ms);
        BOOST_TEST(in_time.has_value());
        auto late = co_await sender.send_timeout("two", 10ms);
        BOOST_TEST(late.error().is_timeout());
        BOOST_TEST(late.error().value == "two");
        receiver.close();
        auto closed = co_await sender.send_timeout("three", 10ms);
        BOOST_TEST(closed.error().is_closed());
        BOOST_TEST(closed.error().value == "three");
    }());
}

BOOST_AUTO_TEST_CASE(plain_threads_can_send_and_receive) {
    for_each_flavor([](edo::Runtime& runtime) {
        auto [sender, receiver] = mpsc::channel<int>(2);
        std::thread thread(
            [](mpsc::Sender<int> to) {
                for (int i = 0; i < 100; ++i) {
                    static_cast<void>(to.blocking_send(i));
                }
            },
            std::move(sender));
        const int sum = runtime.block_on([](mpsc::Receiver<int> from) -> Task<int> {
            int total = 0;
            while (const auto value = co_await from.recv()) {
                total += *value;
            }
            co_return total;
        }(std::move(receiver)));
        thread.join();
        BOOST_TEST(sum == 4950);

        auto [to_thread, from_task] = mpsc::channel<int>(2);
        int received = 0;
        std::thread other(
            [&received](mpsc::Receiver<int> from) {
                std::vector<int> rest;
                received = from.blocking_recv().value_or(-1000);
                while (from.blocking_recv_many(rest, 10) > 0) {
                }
                received += int(rest.size());
            },
            std::move(from_task));
        runtime.block_on(send_range(std::move(to_thread), 7, 20));
        other.join();
        BOOST_TEST(received == 7 + 12);
    });
}

BOOST_AUTO_TEST_CASE(a_task_must_not_block) {
    const LeakGuard guard;
    edo::block_on([]() -> Task<void> {
        auto [sender, receiver] = mpsc::channel<int>(1);
        BOOST_CHECK_THROW(static_cast<void>(sender.blocking_send(1)), edo::UsageError);
        BOOST_CHECK_THROW(static_cast<void>(receiver.blocking_recv()), edo::UsageError);
        co_return;
    }());
}

BOOST_AUTO_TEST_CASE(moved_from_ends_say_so) {
    const LeakGuard guard;
    auto [sender, receiver] = mpsc::channel<int>(1);
    const mpsc::Sender<int> kept = std::move(sender);
    BOOST_CHECK_THROW(static_cast<void>(sender.try_send(1)), edo::UsageError);
    BOOST_CHECK_THROW(static_cast<void>(mpsc::Sender<int>(sender)), edo::UsageError);
    const mpsc::Receiver<int> other = std::move(receiver);
    BOOST_CHECK_THROW(static_cast<void>(receiver.try_recv()), edo::UsageError);
}

BOOST_AUTO_TEST_CASE(operations_that_are_ready_charge_the_budget) {
    const LeakGuard guard;
    SteppedTask<int> task([]() -> Task<int> {
        auto [sender, receiver] = mpsc::channel<int>(4);
        int sum = 0;
        for (int i = 0; i < 1000; ++i) {
            const auto sent = co_await sender.send(1);
            const auto got = co_await receiver.recv();
            sum += sent.has_value() ? got.value() : 0;
        }
        co_return sum;
    }());
    int turns = 0;
    while (task.is_woken()) {
        task.turn();
        ++turns;
    }
    BOOST_TEST(task.take() == 1000);
    BOOST_TEST(turns > 12);
}

BOOST_AUTO_TEST_CASE(values_that_break_do_not_corrupt_the_channel) {
    const LeakGuard guard;
    auto [sender, receiver] = mpsc::channel<Fragile>(2);
    // One move is that into the channel, the next that out of it.
    BOOST_CHECK_THROW(static_cast<void>(sender.try_send(Fragile(1, 0))), std::runtime_error);
    BOOST_TEST(sender.try_send(Fragile(2, 1)).has_value());
    BOOST_TEST((sender.try_send(Fragile(3, 5)).error().is_full()));  // the broken one has a place
    BOOST_CHECK_THROW(static_cast<void>(receiver.try_recv()), std::runtime_error);
    BOOST_TEST(sender.capacity() == 2U);
    BOOST_TEST((receiver.try_recv().error() == mpsc::TryRecvError::Empty));
    BOOST_TEST(sender.try_send(Fragile(4, 9)).has_value());
    BOOST_TEST(receiver.try_recv().value().number == 4);
    BOOST_TEST(sender.capacity() == 2U);
}

BOOST_AUTO_TEST_CASE(a_value_that_breaks_on_its_way_into_a_buffer_is_lost_alone) {
    const LeakGuard guard;
    edo::block_on([]() -> Task<void> {
        auto [sender, receiver] = mpsc::channel<Fragile>(4);
        BOOST_TEST(sender.try_send(Fragile(1, 9)).has_value());
        BOOST_TEST(sender.try_send(Fragile(2, 1)).has_value());
        BOOST_TEST(sender.try_send(Fragile(3, 9)).has_value());
        std::vector<Fragile> buffer;
        buffer.reserve(4);
        bool thrown = false;
        try {
            static_cast<void>(co_await receiver.recv_many(buffer, 4));
        } catch (const std::runtime_error&) {
            thrown = true;
        }
        BOOST_TEST(thrown);
        BOOST_TEST(buffer.size() == 1U);
        BOOST_TEST(sender.capacity() == 3U);
        const std::size_t rest = co_await receiver.recv_many(buffer, 4);
        BOOST_TEST(rest == 1U);
        BOOST_TEST(buffer.back().number == 3);
    }());
}

BOOST_AUTO_TEST_CASE(a_channel_connects_two_runtimes_that_come_and_go) {
    const LeakGuard guard;
    auto [sender, receiver] = mpsc::channel<int>(1);
    {
        edo::Runtime one = edo::Builder::multi_thread(2).build();
        edo::Runtime two = edo::Builder::current_thread().build();
        edo::JoinHandle<void> sending = one.spawn(send_range(sender, 0, 50));
        for (int i = 0; i < 40; ++i) {
            BOOST_TEST(two.block_on(receive_one(receiver)).value() == i);
        }
    }  // the sending task is destroyed where it waits
    int next = 40;
    while (const auto value = receiver.try_recv()) {
        BOOST_TEST(*value == next);
        ++next;
    }
    BOOST_TEST(sender.try_send(7).has_value());
    BOOST_TEST(receiver.try_recv().value() == 7);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
