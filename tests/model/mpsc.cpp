// SPDX-License-Identifier: MIT
// Channels with many senders and one receiver.
#include "edo_model.hpp"
#include <edo/runtime/sync/mpsc.hpp>
#include <edo/runtime/sync/mpsc_unbounded.hpp>

#include <memory>
#include <optional>

namespace edo::model {
namespace {

namespace mpsc = sync::mpsc;

using Value = std::unique_ptr<int>;
using Sender = mpsc::Sender<Value>;
using Receiver = mpsc::Receiver<Value>;
using UnboundedSender = mpsc::UnboundedSender<Value>;
using UnboundedReceiver = mpsc::UnboundedReceiver<Value>;

Value value(int number) {
    return std::make_unique<int>(number);
}

/// The sum of all until the end.
template <class From>
Task<int> sum_of_all(From receiver) {
    int sum = 0;
    for (;;) {
        auto received = co_await receiver.recv();
        if (!received) {
            co_return sum;
        }
        sum += **received;
    }
}

/// The sum of so many; then the receiver goes.
template <class From>
Task<int> sum_of(From receiver, int count) {
    int sum = 0;
    for (int i = 0; i < count; ++i) {
        auto received = co_await receiver.recv();
        sum += received ? **received : -100;
    }
    co_return sum;
}

Task<bool> send_two(Sender sender) {
    auto first = co_await sender.send(value(1));
    auto second = co_await sender.send(value(2));
    co_return first.has_value() && second.has_value();
}

Task<bool> send_one(Sender sender, int number) {
    auto sent = co_await sender.send(value(number));
    co_return sent.has_value();
}

// ---- bounded -----------------------------------------------------------------------------------

void two_senders() {
    Owner owner(1);
    auto [first, receiver] = mpsc::channel<Value>(4);
    std::optional<Sender> a(std::move(first));
    std::optional<Sender> b(*a);
    Spawned task(owner, sum_of_all(std::move(receiver)));
    run_threads([&] { owner.work(); },
                [&] {
                    static_cast<void>(a->try_send(value(1)));
                    a.reset();
                },
                [&] {
                    static_cast<void>(b->try_send(value(2)));
                    b.reset();
                });
    expect(task.value() == 3, "that all arrives before the end");
}

void one_sender() {
    Owner owner(1);
    auto [sender, receiver] = mpsc::channel<Value>(2);
    std::optional<Sender> a(std::move(sender));
    Spawned task(owner, sum_of(std::move(receiver), 2));
    run_threads([&] { owner.work(); },
                [&] {
                    static_cast<void>(a->try_send(value(1)));
                    static_cast<void>(a->try_send(value(2)));
                });
    expect(task.value() == 3, "that no wake-up is lost");
}

/// The place of the first value is used again for the second.
void sender_waits_for_room() {
    Owner owner(2);
    auto [sender, receiver] = mpsc::channel<Value>(1);
    Spawned sends(owner, send_two(std::move(sender)));
    Spawned receives(owner, sum_of_all(std::move(receiver)));
    run_threads([&] { owner.work(); }, [&] { owner.work(); });
    expect(sends.value() && receives.value() == 3, "that both arrive");
}

void sender_that_waits_is_aborted() {
    Owner owner(2);
    auto [sender, receiver] = mpsc::channel<Value>(1);
    std::optional<Sender> other(sender);
    expect(other->try_send(value(1)).has_value(), "that there is room");
    Spawned first(owner, send_one(std::move(sender), 2));
    Spawned second(owner, send_one(*other, 4));
    std::optional<Receiver> rx(std::move(receiver));
    run_threads([&] { owner.work(); }, [&] { first.abort(); },
                [&] {
                    static_cast<void>(rx->try_recv());
                    static_cast<void>(rx->try_recv());
                    rx.reset();
                    other.reset();
                });
    expect(second.is_finished(), "that no permit is lost with who waited for it");
}

void receiver_closes() {
    Owner owner(1);
    auto [sender, receiver] = mpsc::channel<Value>(1);
    expect(sender.try_send(value(1)).has_value(), "that there is room");
    Spawned task(owner, send_one(std::move(sender), 2));
    std::optional<Receiver> rx(std::move(receiver));
    run_threads([&] { owner.work(); }, [&] { rx.reset(); });
    expect(task.is_finished(), "that the sender learns of it");
}

// ---- unbounded ---------------------------------------------------------------------------------

/// `used` places of the first block are taken and given back before.
void unbounded_senders(int used) {
    Owner owner(1);
    auto [sender, receiver] = mpsc::unbounded_channel<Value>();
    for (int i = 0; i < used; ++i) {
        expect(sender.send(value(0)).has_value(), "that it sends");
        expect(receiver.try_recv().has_value(), "that it is there");
    }
    std::optional<UnboundedSender> a(std::move(sender));
    std::optional<UnboundedSender> b(*a);
    Spawned task(owner, sum_of_all(std::move(receiver)));
    run_threads([&] { owner.work(); },
                [&] {
                    static_cast<void>(a->send(value(1)));
                    a.reset();
                },
                [&] {
                    static_cast<void>(b->send(value(2)));
                    b.reset();
                });
    expect(task.value() == 3, "that all arrives before the end");
}

void unbounded() {
    unbounded_senders(0);
}
void next_block() {
    unbounded_senders(31);
}

/// The receiver walks along blocks that senders have just made.
void count_across_blocks() {
    auto [sender, receiver] = mpsc::unbounded_channel<Value>();
    for (int i = 0; i < 31; ++i) {
        expect(sender.send(value(0)).has_value(), "that it sends");
    }
    run_threads(
        [&, &s = sender] {
            static_cast<void>(s.send(value(1)));
            static_cast<void>(s.send(value(2)));
        },
        [&, &r = receiver] {
            const std::size_t count = r.len();
            expect(count >= 31 && count <= 33, "that the count is one of some moment");
        });
}

void unbounded_one_sender() {
    Owner owner(1);
    auto [sender, receiver] = mpsc::unbounded_channel<Value>();
    Spawned task(owner, sum_of(std::move(receiver), 2));
    run_threads([&] { owner.work(); },
                [&, &s = sender] {
                    static_cast<void>(s.send(value(1)));
                    static_cast<void>(s.send(value(2)));
                });
    expect(task.value() == 3, "that no wake-up is lost");
}

void unbounded_receiver_goes() {
    auto [sender, receiver] = mpsc::unbounded_channel<Value>();
    std::optional<UnboundedSender> tx(std::move(sender));
    std::optional<UnboundedReceiver> rx(std::move(receiver));
    run_threads(
        [&] {
            static_cast<void>(tx->send(value(1)));
            static_cast<void>(tx->send(value(2)));
            tx.reset();
        },
        [&] { rx.reset(); });
}

constexpr const char* kSuite = "mpsc";
const Check kOne(kSuite, "a_receiver_misses_no_value", &one_sender);
const Check kTwo(kSuite, "values_of_two_senders_arrive_before_the_end", &two_senders);
const Check kRoom(kSuite, "a_sender_waits_for_room", &sender_waits_for_room);
const Check kAborted(kSuite, "a_sender_that_waits_is_aborted", &sender_that_waits_is_aborted,
                     {.executions = 40000});
const Check kCloses(kSuite, "a_sender_that_waits_learns_that_the_receiver_is_gone",
                    &receiver_closes);
const Check kFree(kSuite, "an_unbounded_receiver_misses_no_value", &unbounded_one_sender);
const Check kFree2(kSuite, "unbounded_values_of_two_senders_arrive_before_the_end", &unbounded);
const Check kBlock(kSuite, "two_senders_need_the_next_block", &next_block, {.stale_reads = 1});
const Check kCount(kSuite, "a_receiver_counts_values_across_blocks", &count_across_blocks);
const Check kGoes(kSuite, "an_unbounded_receiver_goes", &unbounded_receiver_goes);

const Control kOne1(kOne, "found_without_the_order_of_publish", "MpscCore::publish", "exchange(");
const Control kOne2(kOne, "found_without_the_order_of_wake", "LeafSlot::wake", "leaf_.load");
const Control kOne3(kOne, "found_without_the_order_of_set", "LeafSlot::set",
                    "compare_exchange_strong");
const Control kOne4(kOne, "found_without_the_order_of_the_look_at_a_slot", "MpscSlot::load",
                    ".load(");
const Control kOne5(kOne, "found_without_the_acquire_of_the_waker", "LeafSlot::wake",
                    "leaf_.exchange");
const Control kRoom1(kRoom, "found_without_the_release_of_a_place", "release_received",
                     "fetch_add");
const Control kBlock1(kBlock, "found_without_the_release_of_a_block", "claim_last",
                      "compare_exchange_weak");
const Control kBlock2(kCount, "found_without_the_release_of_the_link", "claim_last", "next.store");

}  // namespace
}  // namespace edo::model
