// SPDX-License-Identifier: MIT
// A channel for one value: sending, receiving, closing and going away at the same time.
#include "values.hpp"
#include <edo/runtime/sync/oneshot.hpp>

#include <optional>

namespace edo::model {
namespace {

namespace oneshot = sync::oneshot;

using Sender = oneshot::Sender<Value>;
using Receiver = oneshot::Receiver<Value>;

Task<int> receive(Receiver receiver) {
    auto received = co_await receiver;
    co_return received ? **received : -1;
}

Task<bool> wait_for_the_end(Sender sender) {
    co_await sender.closed();
    co_return sender.is_closed();
}

/// Destroyed before the threads end, so that both ends go at the same time.
template <class End>
void drop(std::optional<End>& end) {
    end.reset();
}

void send_against_receive() {
    Owner owner(1);
    auto [sender, receiver] = oneshot::channel<Value>();
    Spawned task(owner, receive(std::move(receiver)));
    run_threads([&] { owner.work(); },
                [&, s = std::move(sender)]() mutable {
                    expect(std::move(s).send(std::make_unique<int>(7)).has_value(),
                           "that it sends");
                });
    expect(task.value() == 7, "that the value arrives");
}

void send_against_abort() {
    Owner owner(1);
    auto [sender, receiver] = oneshot::channel<Value>();
    Spawned task(owner, receive(std::move(receiver)));
    run_threads([&] { owner.work(); },
                [&, s = std::move(sender)]() mutable {
                    static_cast<void>(std::move(s).send(std::make_unique<int>(7)));
                },
                [&] { task.abort(); });
    expect(task.outcome() == detail::Outcome::Cancelled || task.value() == 7, "the outcome");
}

void drop_against_receive() {
    Owner owner(1);
    auto [sender, receiver] = oneshot::channel<Value>();
    Spawned task(owner, receive(std::move(receiver)));
    std::optional<Sender> dropped(std::move(sender));
    run_threads([&] { owner.work(); }, [&] { drop(dropped); });
    expect(task.value() == -1, "that the receiver learns of it");
}

void both_ends_go() {
    auto [sender, receiver] = oneshot::channel<Value>();
    std::optional<Sender> tx(std::move(sender));
    std::optional<Receiver> rx(std::move(receiver));
    run_threads([&] { static_cast<void>(std::move(*tx).send(std::make_unique<int>(7))); },
                [&] { drop(rx); });
}

void receiver_looks() {
    auto [sender, receiver] = oneshot::channel<Value>();
    run_threads(
        [s = std::move(sender)]() mutable {
            static_cast<void>(std::move(s).send(std::make_unique<int>(7)));
        },
        [r = std::move(receiver)]() mutable {
            auto got = r.try_recv();
            if (got) {
                expect(**got == 7, "that the value is whole");
            } else if (got.error() == oneshot::TryRecvError::Empty) {
                r.close();
                auto late = r.try_recv();
                expect(!late || **late == 7, "that the value is whole");
            }
        });
}

void end_of_the_receiver() {
    Owner owner(1);
    auto [sender, receiver] = oneshot::channel<Value>();
    Spawned task(owner, wait_for_the_end(std::move(sender)));
    std::optional<Receiver> dropped(std::move(receiver));
    run_threads([&] { owner.work(); }, [&] { drop(dropped); });
    expect(task.value(), "that the sender learns of it");
}

void close_against_a_waiting_sender() {
    Owner owner(1);
    auto [sender, receiver] = oneshot::channel<Value>();
    Spawned task(owner, wait_for_the_end(std::move(sender)));
    std::optional<Receiver> closes(std::move(receiver));
    run_threads([&] { owner.work(); }, [&] { closes->close(); });
    expect(task.value(), "that the sender learns of it");
}

void both_wait() {
    Owner owner(2, Owner::Queue::Ordered);
    auto [sender, receiver] = oneshot::channel<Value>();
    Spawned waits(owner, wait_for_the_end(std::move(sender)));
    Spawned receives(owner, receive(std::move(receiver)));
    run_threads([&] { owner.work(); }, [&] { owner.work(); }, [&] { receives.abort(); });
    expect(waits.value(), "that the sender learns of it");
}

constexpr const char* kSuite = "oneshot";
const Check kSend(kSuite, "a_value_that_is_sent_is_received", &send_against_receive);
const Check kAbort(kSuite, "a_value_that_nobody_takes_is_destroyed_once", &send_against_abort);
const Check kDrop(kSuite, "a_receiver_learns_that_the_sender_is_gone", &drop_against_receive);
const Check kEnds(kSuite, "the_channel_is_freed_once", &both_ends_go);
const Check kLook(kSuite, "a_receiver_that_looks_sees_a_whole_value", &receiver_looks);
const Check kEnd(kSuite, "a_sender_learns_that_the_receiver_is_gone", &end_of_the_receiver);
const Check kClose(kSuite, "a_sender_learns_that_the_receiver_is_closed",
                   &close_against_a_waiting_sender);
const Check kBoth(kSuite, "both_ends_may_wait", &both_wait);

const Control kSend1(kSend, "found_without_the_order_of_publish", "OneshotCore::publish(",
                     "word_.compare_exchange_weak");
const Control kSend2(kSend, "found_without_the_release_of_add", "OneshotCore::add(",
                     "word_.compare_exchange_weak");
const Control kLook1(kLook, "found_without_the_acquire_of_has", "OneshotCore::has", "word_.load");
const Control kClose1(kClose, "found_without_the_order_of_close", "OneshotCore::close(",
                      "word_.fetch_or");
const Control kEnds1(kEnds, "found_without_the_order_of_drop_receiver",
                     "OneshotCore::drop_receiver", "word_.fetch_or");
const Control kDrop1(kDrop, "found_without_the_order_of_drop_sender", "OneshotCore::drop_sender",
                     "word_.fetch_or");

}  // namespace
}  // namespace edo::model
