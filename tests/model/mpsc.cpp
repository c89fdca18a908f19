// SPDX-License-Identifier: MIT
// Channels with many senders, one receiver and a limit.
#include "values.hpp"
#include <edo/runtime/sync/mpsc.hpp>

#include <optional>

namespace edo::model {
namespace {

namespace mpsc = sync::mpsc;

using Sender = mpsc::Sender<Value>;
using Receiver = mpsc::Receiver<Value>;

Task<bool> send_two(Sender sender) {
    auto first = co_await sender.send(value(1));
    auto second = co_await sender.send(value(2));
    co_return first.has_value() && second.has_value();
}

Task<bool> send_one(Sender sender, int number) {
    auto sent = co_await sender.send(value(number));
    co_return sent.has_value();
}

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
    Owner owner(2, Owner::Queue::Ordered);
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

Task<int> close_and_sum(Receiver receiver) {
    receiver.close();
    int sum = 0;
    for (;;) {
        auto received = co_await receiver.recv();
        if (!received) {
            co_return sum;
        }
        sum += **received;
    }
}

/// The receiver waits for those who have reserved a place.
void permit_is_given_back() {
    Owner owner(1);
    auto [sender, receiver] = mpsc::channel<Value>(1);
    std::optional permit(std::move(*sender.try_reserve()));
    Spawned task(owner, close_and_sum(std::move(receiver)));
    run_threads([&] { owner.work(); }, [&] { permit.reset(); });
    expect(task.value() == 0, "that the receiver learns of the end");
}

void permit_is_used() {
    Owner owner(1);
    auto [sender, receiver] = mpsc::channel<Value>(1);
    std::optional permit(std::move(*sender.try_reserve()));
    Spawned task(owner, close_and_sum(std::move(receiver)));
    run_threads([&] { owner.work(); },
                [&] {
                    std::move(*permit).send(value(7));
                    permit.reset();
                });
    expect(task.value() == 7, "that what was sent arrives");
}

/// The receiver hands its permit to the one who waits; the place that it has emptied may go to the
/// one who has reserved a permit before.
void place_goes_to_another() {
    Owner owner(1);
    auto [sender, receiver] = mpsc::channel<Value>(2);
    expect(sender.try_send(value(1)).has_value(), "that there is room");
    std::optional permit(std::move(*sender.try_reserve()));
    std::optional<Sender> other(sender);
    Spawned task(owner, send_one(std::move(sender), 2));
    std::optional<Receiver> rx(std::move(receiver));
    run_threads([&] { owner.work(); },
                [&] {
                    std::move(*permit).send(value(4));
                    permit.reset();
                    other.reset();
                },
                [&] {
                    auto first = rx->try_recv();
                    expect(first.has_value() && **first == 1, "that the first one comes first");
                });
    expect(task.value(), "that it was sent");
    rx.reset();
}

constexpr const char* kSuite = "mpsc";
const Check kOne(kSuite, "a_receiver_misses_no_value", &one_sender);
const Check kTwo(kSuite, "values_of_two_senders_arrive_before_the_end", &two_senders);
const Check kRoom(kSuite, "a_sender_waits_for_room", &sender_waits_for_room);
const Check kAborted(kSuite, "a_sender_that_waits_is_aborted", &sender_that_waits_is_aborted,
                     {.executions = 40000});
const Check kCloses(kSuite, "a_sender_that_waits_learns_that_the_receiver_is_gone",
                    &receiver_closes);
const Check kPermit(kSuite, "a_closed_receiver_learns_that_a_place_is_given_back",
                    &permit_is_given_back);
const Check kPermit2(kSuite, "a_closed_receiver_gets_what_a_place_was_reserved_for",
                     &permit_is_used);

const Check kOtherPlace(kSuite, "a_place_goes_to_another_than_the_permit", &place_goes_to_another);
const Control kOtherPlace1(kOtherPlace, "found_without_the_order_of_claim",
                           "MpscBoundedCore::claim", "fetch_add");

const Control kOne1(kOne, "found_without_the_order_of_publish", "MpscCore::publish", "exchange(");
const Control kOne2(kOne, "found_without_the_order_of_wake", "LeafSlot::wake", "leaf_.load");
const Control kOne3(kOne, "found_without_the_order_of_set", "LeafSlot::set",
                    "compare_exchange_strong");
const Control kOne4(kOne, "found_without_the_order_of_the_look_at_a_slot", "MpscSlot::load",
                    ".load(");
const Control kOne5(kOne, "found_without_the_acquire_of_the_waker", "LeafSlot::wake",
                    "leaf_.exchange");
const Control kRoom1(kRoom, "found_without_the_release_of_a_place", "MpscBoundedCore::put_back",
                     "fetch_add");
const Control kPermit1(kPermit, "found_without_the_order_of_release", "MpscBoundedCore::release(",
                       "fetch_add");

}  // namespace
}  // namespace edo::model
