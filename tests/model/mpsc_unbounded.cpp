// SPDX-License-Identifier: MIT
// Channels with many senders and one receiver, without a limit.
#include "values.hpp"
#include <edo/runtime/sync/mpsc_unbounded.hpp>

#include <optional>

namespace edo::model {
namespace {

namespace mpsc = sync::mpsc;

using UnboundedSender = mpsc::UnboundedSender<Value>;
using UnboundedReceiver = mpsc::UnboundedReceiver<Value>;

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

/// The receiver has done with a block at the moment when a sender needs one.
void block_is_used_again() {
    auto [sender, receiver] = mpsc::unbounded_channel<Value>();
    for (int i = 0; i < 63; ++i) {
        expect(sender.send(value(1)).has_value(), "that it sends");
        if (i < 31) {
            expect(receiver.try_recv().has_value(), "that it is there");
        }
    }
    int sum = 0;
    const auto take = [&sum, &r = receiver] {
        auto received = r.try_recv();
        sum += received ? **received : 0;
    };
    run_threads(
        [&, &s = sender] {
            static_cast<void>(s.send(value(1)));
            static_cast<void>(s.send(value(1)));
        },
        [&] {
            take();
            take();
        });
    for (int i = 0; i < 40; ++i) {
        take();
    }
    expect(sum == 34, "that all arrives");
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

constexpr const char* kSuite = "mpsc_unbounded";
const Check kFree(kSuite, "an_unbounded_receiver_misses_no_value", &unbounded_one_sender);
const Check kFree2(kSuite, "unbounded_values_of_two_senders_arrive_before_the_end", &unbounded);
const Check kBlock(kSuite, "two_senders_need_the_next_block", &next_block, {.stale_reads = 1});
const Check kAgain(kSuite, "a_block_is_used_again", &block_is_used_again);
const Check kCount(kSuite, "a_receiver_counts_values_across_blocks", &count_across_blocks);
const Check kGoes(kSuite, "an_unbounded_receiver_goes", &unbounded_receiver_goes);

const Control kBlock1(kBlock, "found_without_the_release_of_a_block", "claim_last",
                      "compare_exchange_weak");

}  // namespace
}  // namespace edo::model
