// SPDX-License-Identifier: MIT
#include "channels/seed.hpp"
#include "channels/values.hpp"
#include "support/cancel_driver.hpp"
#include "support/flavors.hpp"
#include "support/stepped_task.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/sync/broadcast.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace broadcast = edo::sync::broadcast;
using edo::Task;
using edo::test::CancelScenario;
using edo::test::Counted;
using edo::test::drive;
using edo::test::for_each_flavor;
using edo::test::Fragile;
using edo::test::LeakGuard;
using edo::test::must;
using edo::test::SteppedTask;

namespace {

using IntResult = edo::Result<int, broadcast::RecvError>;

Task<IntResult> receive_one(broadcast::Receiver<int>& receiver) {
    co_return co_await receiver.recv();
}

Task<void> wait_closed(broadcast::Sender<int>& sender) {
    co_await sender.closed();
}

BOOST_AUTO_TEST_SUITE(broadcast_channel)

BOOST_AUTO_TEST_CASE(every_receiver_gets_every_value) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            auto [sender, receiver] = broadcast::channel<std::string>(4);
            broadcast::Receiver<std::string> other = sender.subscribe();
            const auto sent = sender.send("hello");
            BOOST_TEST(sent.value() == 2U);
            const auto one = co_await receiver.recv();
            const auto two = co_await other.recv();
            BOOST_TEST(one.value() == "hello");
            BOOST_TEST(two.value() == "hello");
        }());
    });
}

BOOST_AUTO_TEST_CASE(sending_wakes_all_that_wait) {
    const LeakGuard guard;
    auto [sender, receiver] = broadcast::channel<int>(1);
    broadcast::Receiver<int> other = sender.subscribe();
    SteppedTask<IntResult> one(receive_one(receiver));
    SteppedTask<IntResult> two(receive_one(other));
    one.turn();
    two.turn();
    BOOST_TEST(!one.is_woken());
    BOOST_TEST(sender.send(1).value() == 2U);
    BOOST_TEST(one.run());
    BOOST_TEST(two.run());
    BOOST_TEST(one.take().value() == 1);
    BOOST_TEST(two.take().value() == 1);
}

BOOST_AUTO_TEST_CASE(a_new_receiver_sees_later_values_only) {
    const LeakGuard guard;
    auto [sender, receiver] = broadcast::channel<int>(4);
    BOOST_TEST(sender.send(1).has_value());
    broadcast::Receiver<int> late = sender.subscribe();
    broadcast::Receiver<int> again = receiver.resubscribe();
    BOOST_TEST(late.try_recv().error().is_empty());
    BOOST_TEST(again.try_recv().error().is_empty());
    BOOST_TEST(sender.send(2).has_value());
    BOOST_TEST(receiver.try_recv().value() == 1);
    BOOST_TEST(receiver.try_recv().value() == 2);
    BOOST_TEST(late.try_recv().value() == 2);
    BOOST_TEST(again.try_recv().value() == 2);
}

BOOST_AUTO_TEST_CASE(the_capacity_is_rounded_up_and_lag_is_counted_on_it) {
    const LeakGuard guard;
    auto [sender, receiver] = broadcast::channel<int>(3);  // holds four
    for (int i = 0; i < 4; ++i) {
        BOOST_TEST(sender.send(i).has_value());
    }
    BOOST_TEST(receiver.try_recv().value() == 0);
    for (int i = 4; i < 10; ++i) {
        BOOST_TEST(sender.send(i).has_value());
    }
    BOOST_TEST(receiver.len() == 9U);
    const auto lagged = receiver.try_recv();
    BOOST_REQUIRE(!lagged.has_value());
    BOOST_TEST(lagged.error().is_lagged());
    BOOST_TEST(lagged.error().missed() == 5U);
    for (int i = 6; i < 10; ++i) {
        BOOST_TEST(receiver.try_recv().value() == i);
    }
    BOOST_TEST(receiver.try_recv().error().is_empty());
}

BOOST_AUTO_TEST_CASE(a_lag_is_no_end) {
    const LeakGuard guard;
    auto [sender, receiver] = broadcast::channel<int>(2);
    for (int i = 0; i < 5; ++i) {
        BOOST_TEST(sender.send(i).has_value());
    }
    {
        const auto dropped = std::move(sender);
    }
    SteppedTask<IntResult> lagging(receive_one(receiver));
    lagging.turn();
    const IntResult lag = lagging.take();
    BOOST_TEST(lag.error().is_lagged());
    BOOST_TEST(lag.error().missed() == 3U);
    BOOST_TEST(receiver.try_recv().value() == 3);
    BOOST_TEST(receiver.try_recv().value() == 4);
    BOOST_TEST(receiver.try_recv().error().is_closed());
    SteppedTask<IntResult> ended(receive_one(receiver));
    ended.turn();
    BOOST_TEST(ended.take().error().is_closed());
    BOOST_TEST(receiver.is_closed());
}

BOOST_AUTO_TEST_CASE(a_capacity_of_zero_is_misuse) {
    BOOST_CHECK_THROW(static_cast<void>(broadcast::channel<int>(0)), edo::UsageError);
    BOOST_CHECK_THROW(broadcast::Sender<int>(std::size_t{1} << 40), edo::UsageError);
}

BOOST_AUTO_TEST_CASE(sending_without_receivers_gives_the_value_back) {
    const LeakGuard guard;
    broadcast::Sender<std::string> sender(2);
    auto refused = sender.send("nobody");
    BOOST_REQUIRE(!refused.has_value());
    BOOST_TEST(refused.error().value == "nobody");
    BOOST_TEST(sender.is_empty());
    auto receiver = sender.subscribe();
    BOOST_TEST(receiver.try_recv().error().is_empty());
    BOOST_TEST(sender.send("somebody").has_value());
    BOOST_TEST(receiver.try_recv().value() == "somebody");
}

BOOST_AUTO_TEST_CASE(the_last_receiver_takes_the_value_out) {
    const LeakGuard guard;
    std::atomic<int> alive = 0;
    auto [sender, receiver] = broadcast::channel<Counted>(4);
    broadcast::Receiver<Counted> other = sender.subscribe();
    BOOST_TEST(sender.send(Counted(alive, 5)).has_value());
    BOOST_TEST(alive == 1);
    {
        const auto copy = receiver.try_recv();
        BOOST_TEST(alive == 2);
        const auto last = other.try_recv();
        BOOST_TEST(alive == 2);
        BOOST_TEST(last.value().number == 5);
    }
    BOOST_TEST(alive == 0);
    BOOST_TEST(sender.is_empty());
}

BOOST_AUTO_TEST_CASE(small_values_that_all_have_seen_do_not_count) {
    const LeakGuard guard;
    auto [sender, receiver] = broadcast::channel<int>(4);
    std::optional<broadcast::Receiver<int>> slow(sender.subscribe());
    for (int i = 0; i < 6; ++i) {
        BOOST_TEST(sender.send(i).value() == 2U);
    }
    BOOST_TEST(receiver.try_recv().error().missed() == 2U);
    BOOST_TEST(receiver.try_recv().value() == 2);
    BOOST_TEST(sender.len() == 4U);
    slow.reset();
    BOOST_TEST(sender.len() == 3U);
    BOOST_TEST(receiver.try_recv().value() == 3);
    BOOST_TEST(receiver.try_recv().value() == 4);
    BOOST_TEST(sender.len() == 1U);
    BOOST_TEST(receiver.try_recv().value() == 5);
    BOOST_TEST(receiver.try_recv().error().is_empty());
    BOOST_TEST(sender.is_empty());
}

BOOST_AUTO_TEST_CASE(a_dropped_receiver_frees_what_only_it_had_not_seen) {
    const LeakGuard guard;
    std::atomic<int> alive = 0;
    auto [sender, receiver] = broadcast::channel<Counted>(4);
    std::optional<broadcast::Receiver<Counted>> slow(sender.subscribe());
    for (int i = 0; i < 6; ++i) {
        BOOST_TEST(sender.send(Counted(alive, i)).has_value());
    }
    BOOST_TEST(alive == 4);
    BOOST_TEST(receiver.try_recv().error().missed() == 2U);
    BOOST_TEST(receiver.try_recv().value().number == 2);
    BOOST_TEST(receiver.try_recv().value().number == 3);
    BOOST_TEST(alive == 4);
    BOOST_TEST(sender.len() == 4U);
    slow.reset();
    BOOST_TEST(alive == 2);
    BOOST_TEST(sender.len() == 2U);
    BOOST_TEST(receiver.try_recv().value().number == 4);
    BOOST_TEST(sender.len() == 1U);
    {
        const auto dropped = std::move(receiver);
    }
    BOOST_TEST(alive == 0);
    BOOST_TEST(sender.is_empty());
}

BOOST_AUTO_TEST_CASE(a_sender_without_receivers_starts_closed) {
    const LeakGuard guard;
    broadcast::Sender<int> sender(2);
    SteppedTask<void> at_once(wait_closed(sender));
    at_once.turn();
    BOOST_TEST(at_once.is_finished());
    std::optional<broadcast::Receiver<int>> receiver(sender.subscribe());
    SteppedTask<void> waiting(wait_closed(sender));
    waiting.turn();
    BOOST_TEST(!waiting.is_finished());
    BOOST_TEST(sender.receiver_count() == 1U);
    receiver.reset();
    BOOST_TEST(waiting.run());
}

BOOST_AUTO_TEST_CASE(the_last_sender_wakes_all_receivers) {
    const LeakGuard guard;
    auto [sender, receiver] = broadcast::channel<int>(2);
    broadcast::Receiver<int> other = sender.subscribe();
    std::optional<broadcast::Sender<int>> copy(sender);
    const broadcast::WeakSender<int> weak = sender.downgrade();
    BOOST_TEST(receiver.sender_strong_count() == 2U);
    BOOST_TEST(receiver.sender_weak_count() == 1U);
    BOOST_TEST(weak.strong_count() == 2U);
    BOOST_TEST(weak.weak_count() == 1U);
    SteppedTask<IntResult> one(receive_one(receiver));
    SteppedTask<IntResult> two(receive_one(other));
    one.turn();
    two.turn();
    {
        const auto dropped = std::move(sender);
    }
    BOOST_TEST(!one.is_woken());
    BOOST_TEST(weak.upgrade().has_value());
    copy.reset();
    BOOST_TEST(one.run());
    BOOST_TEST(two.run());
    BOOST_TEST(one.take().error().is_closed());
    BOOST_TEST(two.take().error().is_closed());
    BOOST_TEST(!weak.upgrade().has_value());
}

BOOST_AUTO_TEST_CASE(a_plain_thread_can_receive) {
    for_each_flavor([](edo::Runtime& runtime) {
        auto [sender, receiver] = broadcast::channel<int>(2);
        std::atomic<int> sum = 0;
        std::thread thread(
            [&sum](broadcast::Receiver<int> from) {
                for (auto value = from.blocking_recv(); value || value.error().is_lagged();
                     value = from.blocking_recv()) {
                    sum += value ? *value : int(value.error().missed());
                }
            },
            std::move(receiver));
        runtime.block_on([](broadcast::Sender<int> to) -> Task<void> {
            for (int i = 0; i < 10; ++i) {
                BOOST_TEST(to.send(1).has_value());
                co_await edo::yield_now();
            }
        }(std::move(sender)));
        thread.join();
        BOOST_TEST(sum == 10);
    });
}

BOOST_AUTO_TEST_CASE(each_value_wakes_each_receiver_once) {
    const LeakGuard guard;
    constexpr int kReceivers = 100;  // more than are woken in one go
    broadcast::Sender<int> sender(4);
    std::vector<std::unique_ptr<broadcast::Receiver<int>>> receivers;
    std::vector<std::unique_ptr<SteppedTask<int>>> tasks;
    const auto count = [](broadcast::Receiver<int>& from) -> Task<int> {
        int received = 0;
        for (bool open = true; open;) {
            const auto value = co_await from.recv();
            open = value.has_value();
            received += open ? 1 : 0;
        }
        co_return received;
    };
    for (int i = 0; i < kReceivers; ++i) {
        receivers.push_back(std::make_unique<broadcast::Receiver<int>>(sender.subscribe()));
        tasks.push_back(std::make_unique<SteppedTask<int>>(count(*receivers.back())));
        tasks.back()->turn();
    }
    for (int round = 0; round < 10; ++round) {
        BOOST_TEST(sender.send(round).value() == std::size_t(kReceivers));
        for (const auto& task : tasks) {
            BOOST_TEST(task->is_woken());
            task->turn();  // one turn each, and all wait again
            BOOST_TEST(!task->is_woken());
        }
    }
    {
        const auto last = std::move(sender);
    }
    for (const auto& task : tasks) {
        BOOST_TEST(task->run());
        BOOST_TEST(task->take() == 10);
    }
}

BOOST_AUTO_TEST_CASE(a_copy_that_breaks_can_be_made_again) {
    const LeakGuard guard;
    auto [sender, receiver] = broadcast::channel<Fragile>(1);
    broadcast::Receiver<Fragile> other = sender.subscribe();
    BOOST_TEST(sender.send(Fragile(1, 1)).has_value());  // one move, into the channel
    BOOST_CHECK_THROW(static_cast<void>(receiver.try_recv()), std::runtime_error);
    BOOST_CHECK_THROW(static_cast<void>(receiver.try_recv()), std::runtime_error);
    BOOST_TEST(receiver.len() == 1U);
    // What cannot be moved aside stays; nothing is sent.
    BOOST_CHECK_THROW(static_cast<void>(sender.send(Fragile(2, 9))), std::runtime_error);
    BOOST_TEST(receiver.len() == 1U);
}

BOOST_AUTO_TEST_CASE(a_value_that_breaks_on_its_way_in_costs_one_old_value) {
    const LeakGuard guard;
    auto [sender, receiver] = broadcast::channel<Fragile>(1);
    BOOST_TEST(sender.send(Fragile(1, 9)).has_value());
    BOOST_CHECK_THROW(static_cast<void>(sender.send(Fragile(2, 0))), std::runtime_error);
    BOOST_TEST(receiver.try_recv().error().missed() == 1U);
    BOOST_TEST(receiver.try_recv().error().is_empty());
    BOOST_TEST(sender.send(Fragile(3, 9)).has_value());
    BOOST_TEST(receiver.try_recv().value().number == 3);
}

BOOST_AUTO_TEST_CASE(values_that_are_there_charge_the_budget) {
    const LeakGuard guard;
    SteppedTask<void> task([]() -> Task<void> {
        auto [sender, receiver] = broadcast::channel<int>(1);
        for (int i = 0; i < 1000; ++i) {
            BOOST_TEST(sender.send(i).has_value());
            const auto got = co_await receiver.recv();
            BOOST_TEST(got.value() == i);
        }
    }());
    int turns = 0;
    while (task.is_woken()) {
        task.turn();
        ++turns;
    }
    task.take();
    BOOST_TEST(turns >= 7);
}

BOOST_AUTO_TEST_CASE(moved_from_ends_say_so) {
    auto [sender, receiver] = broadcast::channel<int>(1);
    const auto kept_sender = std::move(sender);
    const auto kept_receiver = std::move(receiver);
    BOOST_CHECK_THROW(static_cast<void>(sender.send(1)), edo::UsageError);
    BOOST_CHECK_THROW(static_cast<void>(receiver.try_recv()), edo::UsageError);
}

class Receiving : public CancelScenario {
public:
    Task<void> subject() override {
        for (int i = 0; i < 3; ++i) {
            const auto value = co_await receiver_.recv();
            BOOST_TEST(value.value() == received_);
            ++received_;
        }
    }
    void suspended(std::size_t /*n*/) override { BOOST_TEST(sender_.send(sent_++).has_value()); }
    Task<void> check(bool /*completed*/) override {
        suspended(0);
        while (received_ < sent_) {
            const auto value = co_await receiver_.recv();
            BOOST_TEST(value.value() == received_);
            ++received_;
        }
        BOOST_TEST(sender_.is_empty());
    }

private:
    std::pair<broadcast::Sender<int>, broadcast::Receiver<int>> ends_ = broadcast::channel<int>(4);
    broadcast::Sender<int>& sender_ = ends_.first;
    broadcast::Receiver<int>& receiver_ = ends_.second;
    int sent_ = 0;
    int received_ = 0;
};

class WaitingForClosed : public CancelScenario {
public:
    Task<void> subject() override { co_await sender_.closed(); }
    void suspended(std::size_t /*n*/) override { receiver_.reset(); }
    Task<void> check(bool /*completed*/) override {
        receiver_.reset();
        co_await sender_.closed();
    }

private:
    broadcast::Sender<int> sender_ = broadcast::Sender<int>(1);
    std::optional<broadcast::Receiver<int>> receiver_ = sender_.subscribe();
};

BOOST_AUTO_TEST_CASE(waiting_is_cancel_safe_at_every_suspension) {
    for_each_flavor([](edo::Runtime& runtime) {
        BOOST_TEST(runtime.block_on(drive<Receiving>()).suspensions == 3U);
        BOOST_TEST(runtime.block_on(drive<WaitingForClosed>()).suspensions == 1U);
    });
}

/// Its copies must not overlap: a counter that is not atomic tells, and the thread sanitizer.
class CountsCopies {
public:
    CountsCopies(unsigned sender, int number)
        : sender(sender), number(number), copies_(std::make_shared<int>(0)) {}
    CountsCopies(const CountsCopies& other)
        : sender(other.sender), number(other.number), copies_(other.copies_) {
        ++*copies_;
    }
    CountsCopies(CountsCopies&&) noexcept = default;
    CountsCopies& operator=(CountsCopies&&) noexcept = default;
    CountsCopies& operator=(const CountsCopies&) = delete;
    ~CountsCopies() = default;

    unsigned sender;
    int number;

private:
    std::shared_ptr<int> copies_;
};

/// Copied without a lock.
struct Small {
    Small(unsigned from, int count) : sender(from), number(count), same(count) {}

    unsigned sender;
    int number;
    std::uint64_t between = 0;
    int same;
};

bool is_whole(const CountsCopies& /*value*/) {
    return true;  // it is what the slot's lock is for
}
bool is_whole(const Small& value) {
    return value.same == value.number;
}

constexpr unsigned kSenders = 4;

template <class Value>
Task<void> send_all(broadcast::Sender<Value> sender, unsigned me, int count) {
    edo::detail::Random random = edo::test::channel_random(me);
    for (int i = 0; i < count; ++i) {
        static_cast<void>(sender.send(Value(me, i)));
        if (random.below(4) == 0) {
            co_await edo::yield_now();
        }
    }
}

/// What is received and what is missed must be all that was sent, in order.
template <class Value>
Task<void> receive_all(broadcast::Receiver<Value> receiver, std::uint64_t total,
                       std::uint64_t part) {
    edo::detail::Random random = edo::test::channel_random(part);
    std::vector<int> last(kSenders, -1);
    std::uint64_t count = 0;
    const auto add = [&](const auto& result) {
        if (result) {
            must(is_whole(*result));
            must(result->number > last[result->sender]);
            last[result->sender] = result->number;
            ++count;
        } else {
            count += result.error().missed();
        }
        return result || result.error().is_lagged();
    };
    for (bool open = true; open;) {
        if (random.below(3) == 0) {  // cancelled, unless it is quick
            auto first = co_await edo::select(receiver.recv(), edo::yield_now());
            if (auto* const result = first.template get_if<0>()) {
                open = add(*result);
            }
        } else {
            const auto result = co_await receiver.recv();
            open = add(result);
        }
    }
    must(count == total);
}

/// Comes and goes.
template <class Value>
Task<void> visit(broadcast::Sender<Value> sender, int count, std::uint64_t part) {
    edo::detail::Random random = edo::test::channel_random(part);
    for (int i = 0; i < count / 8; ++i) {
        broadcast::Receiver<Value> receiver = sender.subscribe();
        for (std::uint32_t n = random.below(4); n > 0; --n) {
            static_cast<void>(receiver.try_recv());
            co_await edo::yield_now();
        }
    }
}

template <class Value>
void send_among_threads() {
    BOOST_TEST_MESSAGE("EDO_STRESS_SEED=" << edo::test::channel_seed());
    BOOST_TEST_CONTEXT("EDO_STRESS_SEED=" << edo::test::channel_seed()) {
        const LeakGuard guard;
        const int count = edo::test::scaled(2000);
        edo::Runtime runtime = edo::Builder::multi_thread(8).build();
        for (const std::size_t capacity : {1U, 16U, 1024U}) {
            auto [sender, receiver] = broadcast::channel<Value>(capacity);
            std::vector<edo::JoinHandle<void>> tasks;
            for (unsigned i = 0; i < 6; ++i) {
                tasks.push_back(runtime.spawn(receive_all<Value>(
                    receiver.resubscribe(), std::uint64_t(count) * kSenders, 50 + i)));
            }
            {
                const auto dropped = std::move(receiver);
            }
            for (unsigned i = 0; i < kSenders; ++i) {
                tasks.push_back(runtime.spawn(send_all<Value>(sender, i, count)));
                tasks.push_back(runtime.spawn(visit<Value>(sender, count, 90 + i)));
            }
            {
                const auto dropped = std::move(sender);
            }
            runtime.block_on([](std::vector<edo::JoinHandle<void>> handles) -> Task<void> {
                for (edo::JoinHandle<void>& handle : handles) {
                    const auto joined = co_await handle;
                    BOOST_TEST(joined.has_value());
                }
            }(std::move(tasks)));
        }
    }
}

BOOST_AUTO_TEST_CASE(eight_threads_miss_nothing_that_is_not_counted) {
    send_among_threads<CountsCopies>();
}

BOOST_AUTO_TEST_CASE(eight_threads_miss_no_small_value_that_is_not_counted) {
    send_among_threads<Small>();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
