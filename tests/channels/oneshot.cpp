// SPDX-License-Identifier: MIT
#include "channels/seed.hpp"
#include "channels/values.hpp"
#include "support/cancel_driver.hpp"
#include "support/flavors.hpp"
#include "support/stepped_task.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/sync/oneshot.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

using namespace std::chrono_literals;
namespace oneshot = edo::sync::oneshot;
using edo::Task;
using edo::test::Counted;
using edo::test::drive;
using edo::test::for_each_flavor;
using edo::test::Fragile;
using edo::test::LeakGuard;
using edo::test::must;
using edo::test::SteppedTask;

namespace {

template <class T>
Task<edo::Result<T, oneshot::RecvError>> receive(oneshot::Receiver<T>& receiver) {
    co_return co_await receiver;
}

Task<void> wait_closed(oneshot::Sender<int>& sender) {
    co_await sender.closed();
}

template <class T>
Task<void> send_one(oneshot::Sender<T> sender, T value) {
    const auto sent = std::move(sender).send(std::move(value));
    must(sent.has_value());
    co_return;
}

BOOST_AUTO_TEST_SUITE(oneshot_channel)

BOOST_AUTO_TEST_CASE(a_value_goes_from_one_task_to_another) {
    for_each_flavor([](edo::Runtime& runtime) {
        const int got = runtime.block_on([]() -> Task<int> {
            auto [sender, receiver] = oneshot::channel<int>();
            edo::spawn(send_one(std::move(sender), 42)).detach();
            const auto result = co_await receiver;
            co_return result.value();
        }());
        BOOST_TEST(got == 42);
    });
}

BOOST_AUTO_TEST_CASE(a_value_sent_before_the_wait_is_received_without_suspension) {
    const LeakGuard guard;
    auto [sender, receiver] = oneshot::channel<std::unique_ptr<int>>();
    BOOST_TEST(receiver.is_empty());
    BOOST_TEST(std::move(sender).send(std::make_unique<int>(7)).has_value());
    BOOST_TEST(!receiver.is_empty());
    BOOST_TEST(!receiver.is_terminated());
    SteppedTask<edo::Result<std::unique_ptr<int>, oneshot::RecvError>> task(receive(receiver));
    task.turn();
    BOOST_REQUIRE(task.is_finished());
    BOOST_TEST(**task.take() == 7);
    BOOST_TEST(receiver.is_terminated());
    BOOST_TEST(receiver.is_empty());
}

BOOST_AUTO_TEST_CASE(sending_wakes_the_receiver_once) {
    const LeakGuard guard;
    auto [sender, receiver] = oneshot::channel<int>();
    SteppedTask<edo::Result<int, oneshot::RecvError>> task(receive(receiver));
    task.turn();
    BOOST_TEST(!task.is_woken());
    BOOST_TEST(std::move(sender).send(1).has_value());
    BOOST_TEST(task.is_woken());
    BOOST_TEST(task.run());
    BOOST_TEST(task.take().value() == 1);
}

BOOST_AUTO_TEST_CASE(a_dropped_sender_ends_the_wait_with_an_error) {
    const LeakGuard guard;
    auto [sender, receiver] = oneshot::channel<int>();
    SteppedTask<edo::Result<int, oneshot::RecvError>> task(receive(receiver));
    task.turn();
    {
        const auto dropped = std::move(sender);
    }
    BOOST_TEST(task.is_woken());
    BOOST_TEST(task.run());
    BOOST_TEST(!task.take().has_value());
    BOOST_TEST(receiver.is_terminated());
}

BOOST_AUTO_TEST_CASE(a_dropped_receiver_gives_the_value_back) {
    const LeakGuard guard;
    std::optional<oneshot::Sender<std::string>> kept;
    {
        auto [sender, receiver] = oneshot::channel<std::string>();
        kept.emplace(std::move(sender));
        BOOST_TEST(!kept->is_closed());
    }
    BOOST_TEST(kept->is_closed());
    const auto sent = std::move(*kept).send("still here");
    BOOST_REQUIRE(!sent.has_value());
    BOOST_TEST(sent.error().value == "still here");
    BOOST_CHECK_THROW(static_cast<void>(std::move(*kept).send("again")), edo::UsageError);
}

BOOST_AUTO_TEST_CASE(a_value_that_is_never_received_is_destroyed) {
    const LeakGuard guard;
    std::atomic<int> alive = 0;
    {
        auto [sender, receiver] = oneshot::channel<Counted>();
        BOOST_TEST(std::move(sender).send(Counted(alive)).has_value());
        BOOST_TEST(alive == 1);
    }
    BOOST_TEST(alive == 0);
}

BOOST_AUTO_TEST_CASE(close_prevents_sending_and_wakes_both_ends) {
    const LeakGuard guard;
    auto [sender, receiver] = oneshot::channel<int>();
    SteppedTask<edo::Result<int, oneshot::RecvError>> receiving(receive(receiver));
    SteppedTask<void> watching(wait_closed(sender));
    receiving.turn();
    watching.turn();
    BOOST_TEST(!receiving.is_woken());
    BOOST_TEST(!watching.is_woken());
    receiver.close();
    receiver.close();
    BOOST_TEST(watching.run());
    BOOST_TEST(sender.is_closed());
    const auto sent = std::move(sender).send(5);
    BOOST_REQUIRE(!sent.has_value());
    BOOST_TEST(sent.error().value == 5);
    BOOST_TEST(receiving.run());
    BOOST_TEST(!receiving.take().has_value());
}

BOOST_AUTO_TEST_CASE(a_value_sent_before_close_is_still_received) {
    const LeakGuard guard;
    auto [sender, receiver] = oneshot::channel<int>();
    BOOST_TEST(std::move(sender).send(5).has_value());
    receiver.close();
    BOOST_TEST(receiver.try_recv().value() == 5);
}

BOOST_AUTO_TEST_CASE(try_recv_tells_empty_from_closed) {
    const LeakGuard guard;
    auto [sender, receiver] = oneshot::channel<int>();
    BOOST_TEST((receiver.try_recv().error() == oneshot::TryRecvError::Empty));
    BOOST_TEST(!receiver.is_terminated());
    BOOST_TEST(std::move(sender).send(3).has_value());
    BOOST_TEST(receiver.try_recv().value() == 3);
    BOOST_TEST((receiver.try_recv().error() == oneshot::TryRecvError::Closed));
    BOOST_TEST(receiver.is_terminated());

    auto [dropped, waiting] = oneshot::channel<int>();
    {
        const auto gone = std::move(dropped);
    }
    BOOST_TEST((waiting.try_recv().error() == oneshot::TryRecvError::Closed));
    BOOST_TEST(waiting.is_terminated());

    auto [open, closed] = oneshot::channel<int>();
    closed.close();
    BOOST_TEST((closed.try_recv().error() == oneshot::TryRecvError::Closed));
    BOOST_TEST(!std::move(open).send(1).has_value());
}

BOOST_AUTO_TEST_CASE(closed_waits_until_the_receiver_is_dropped) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            auto [sender, receiver] = oneshot::channel<int>();
            const auto drop_later = [](oneshot::Receiver<int> /*owned*/) -> Task<void> {
                co_await edo::yield_now();
            };
            edo::spawn(drop_later(std::move(receiver))).detach();
            co_await sender.closed();
            BOOST_TEST(sender.is_closed());
            co_await sender.closed();  // and at once from then on
        }());
    });
}

BOOST_AUTO_TEST_CASE(a_receiver_that_lost_a_select_can_be_awaited_again) {
    const LeakGuard guard;
    edo::Runtime runtime = edo::Builder::current_thread().start_paused().build();
    runtime.block_on([]() -> Task<void> {
        auto [sender, receiver] = oneshot::channel<int>();
        auto first = co_await edo::select(receiver, edo::sleep(1ms));
        BOOST_TEST(first.index() == 1U);
        const auto sent = std::move(sender).send(9);
        BOOST_TEST(sent.has_value());
        auto second = co_await edo::select(edo::biased, receiver, edo::sleep(1ms));
        BOOST_TEST(second.get<0>().value() == 9);
    }());
}

BOOST_AUTO_TEST_CASE(a_terminated_receiver_cannot_be_awaited) {
    const LeakGuard guard;
    edo::block_on([]() -> Task<void> {
        auto [sender, receiver] = oneshot::channel<int>();
        const auto sent = std::move(sender).send(1);
        const auto first = co_await receiver;
        BOOST_TEST((sent.has_value() && first.has_value()));
        bool thrown = false;
        try {
            [[maybe_unused]] const auto second = co_await receiver;
        } catch (const edo::UsageError&) {
            thrown = true;
        }
        BOOST_TEST(thrown);
    }());
}

BOOST_AUTO_TEST_CASE(only_one_coroutine_may_wait_for_an_end) {
    const LeakGuard guard;
    edo::block_on([]() -> Task<void> {
        auto [sender, receiver] = oneshot::channel<int>();
        bool thrown = false;
        try {
            co_await edo::join(receiver, receiver);
        } catch (const edo::UsageError&) {
            thrown = true;
        }
        BOOST_TEST(thrown);
        const auto sent = std::move(sender).send(1);
        const auto value = co_await receiver;  // usable as before
        BOOST_TEST((sent.has_value() && value.has_value()));
    }());
}

BOOST_AUTO_TEST_CASE(ready_receivers_charge_the_budget) {
    const LeakGuard guard;
    SteppedTask<int> task([]() -> Task<int> {
        int sum = 0;
        for (int i = 0; i < 1000; ++i) {
            auto [sender, receiver] = oneshot::channel<int>();
            [[maybe_unused]] const auto sent = std::move(sender).send(1);
            const auto got = co_await receiver;
            sum += got.value();
        }
        co_return sum;
    }());
    int turns = 0;
    while (task.is_woken()) {
        task.turn();
        ++turns;
    }
    BOOST_REQUIRE(task.is_finished());
    BOOST_TEST(task.take() == 1000);
    BOOST_TEST(turns > 5);
}

BOOST_AUTO_TEST_CASE(a_plain_thread_can_receive) {
    for_each_flavor([](edo::Runtime& runtime) {
        auto [sender, receiver] = oneshot::channel<int>();
        int got = 0;
        std::thread thread([&end = receiver, &got] { got = end.blocking_recv().value(); });
        runtime.block_on(send_one(std::move(sender), 11));
        thread.join();
        BOOST_TEST(got == 11);
    });
}

BOOST_AUTO_TEST_CASE(a_task_must_not_block_in_blocking_recv) {
    const LeakGuard guard;
    edo::block_on([]() -> Task<void> {
        auto [sender, receiver] = oneshot::channel<int>();
        BOOST_CHECK_THROW(static_cast<void>(receiver.blocking_recv()), edo::UsageError);
        co_return;
    }());
}

BOOST_AUTO_TEST_CASE(a_channel_connects_two_runtimes) {
    const LeakGuard guard;
    edo::Runtime one = edo::Builder::multi_thread(1).build();
    edo::Runtime two = edo::Builder::current_thread().build();
    auto [sender, receiver] = oneshot::channel<int>();
    edo::JoinHandle<void> sending = one.spawn(send_one(std::move(sender), 4));
    const auto got = two.block_on(receive(receiver));
    BOOST_TEST(got.value() == 4);
    one.block_on([](edo::JoinHandle<void> handle) -> Task<void> {
        const auto joined = co_await handle;
        BOOST_TEST(joined.has_value());
    }(std::move(sending)));
}

BOOST_AUTO_TEST_CASE(a_value_that_breaks_leaves_the_channel_usable) {
    const LeakGuard guard;
    {
        auto [sender, receiver] = oneshot::channel<Fragile>();
        // One move into the parameter is elided; the one into the channel breaks.
        BOOST_CHECK_THROW(static_cast<void>(std::move(sender).send(Fragile(1, 0))),
                          std::runtime_error);
        BOOST_TEST((receiver.try_recv().error() == oneshot::TryRecvError::Closed));
    }
    {
        auto [sender, receiver] = oneshot::channel<Fragile>();
        BOOST_TEST(std::move(sender).send(Fragile(1, 1)).has_value());
        BOOST_CHECK_THROW(static_cast<void>(receiver.try_recv()), std::runtime_error);
        BOOST_TEST(receiver.is_terminated());
    }
}

class Receiving : public edo::test::CancelScenario {
public:
    Task<void> subject() override {
        const auto got = co_await ends_.second;
        BOOST_TEST(got.value() == 6);
        received_ = true;
    }
    void suspended(std::size_t /*n*/) override {
        const auto sent = std::move(ends_.first).send(6);
        BOOST_TEST(sent.has_value());
        sent_ = true;
    }
    Task<void> check(bool completed) override {
        BOOST_TEST(completed == received_);
        if (!completed) {  // nothing was taken
            if (!sent_) {
                suspended(0);
            }
            const auto got = co_await ends_.second;
            BOOST_TEST(got.value() == 6);
        }
    }

private:
    std::pair<oneshot::Sender<int>, oneshot::Receiver<int>> ends_ = oneshot::channel<int>();
    bool sent_ = false;
    bool received_ = false;
};

BOOST_AUTO_TEST_CASE(receiving_is_cancel_safe_at_every_suspension) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(drive<Receiving>());
        BOOST_TEST(driven.suspensions == 1U);
    });
}

class WaitingForClosed : public edo::test::CancelScenario {
public:
    Task<void> subject() override { co_await sender_.closed(); }
    void suspended(std::size_t /*n*/) override { receiver_.close(); }
    Task<void> check(bool /*completed*/) override {
        receiver_.close();
        co_await sender_.closed();
        BOOST_TEST(!std::move(sender_).send(1).has_value());
    }

private:
    std::pair<oneshot::Sender<int>, oneshot::Receiver<int>> ends_ = oneshot::channel<int>();
    oneshot::Sender<int>& sender_ = ends_.first;
    oneshot::Receiver<int>& receiver_ = ends_.second;
};

BOOST_AUTO_TEST_CASE(waiting_for_closed_is_cancel_safe_at_every_suspension) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(drive<WaitingForClosed>());
        BOOST_TEST(driven.suspensions == 1U);
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
