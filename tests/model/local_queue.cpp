// SPDX-License-Identifier: MIT
// The ring of a worker: its owner pushes and pops, others steal.
#include "checker/model.hpp"
#include <edo/runtime/scheduler/local_queue.hpp>

#include <array>
#include <memory>
#include <vector>

namespace edo::model {
namespace {

using detail::LocalQueue;
using detail::Runnable;

class NoOwner final : public detail::TaskOwner {
    void schedule(detail::TaskCore& /*task*/) noexcept override {}
    void forget(detail::TaskCore& /*task*/) noexcept override {}
};

/// A task that is only queued. `payload` is written before it is pushed, and read and written by
/// whoever gets it: two who get the same one race, and so does one who does not see the push.
class Item final : public detail::TaskCore {
public:
    explicit Item(NoOwner& owner) noexcept : TaskCore(owner) {}
    unsigned payload = 0;

private:
    detail::Outcome collect() noexcept override { return detail::Outcome::Value; }
    void cancel() noexcept override {}
    [[nodiscard]] bool is_gone() const noexcept override { return false; }
    void destroy() noexcept override {}
    [[nodiscard]] std::exception_ptr stored_exception() const noexcept override { return nullptr; }
    [[nodiscard]] detail::Leaf& choose(const detail::ReadyList& ready) const noexcept override {
        return *ready.front();
    }
};

struct Fixture {
    explicit Fixture(unsigned count) {
        for (unsigned i = 0; i < count; ++i) {
            items.push_back(std::make_unique<Item>(owner));
        }
    }
    void push(unsigned i) {
        ++items[i]->payload;
        expect(queue.push(*items[i]), "that there is room");
    }
    /// A slot is read only by who has claimed it, and written only when that is over.
    static void check_slots(const LocalQueue& queue) {
        constexpr std::size_t kRing = LocalQueue::kCapacity * sizeof(void*);
        constexpr std::size_t kBehind = 56;  // the ring is the last member, before the padding
        static_assert(sizeof(LocalQueue) == 72 + kRing + kBehind);
        treat_as_plain(reinterpret_cast<const std::byte*>(&queue) + 72, kRing);
    }
    static unsigned use(detail::TaskCore* task) {
        if (task == nullptr) {
            return 0;
        }
        ++static_cast<Item*>(task)->payload;
        return 1;
    }
    /// Takes what is left, after all threads have ended.
    void drain() {
        while (use(queue.pop().task()) != 0) {
        }
        while (use(other.pop().task()) != 0) {
        }
        for (const auto& item : items) {
            expect(item->payload == 2, "that each task is pushed once and taken once");
        }
    }

    NoOwner owner;
    std::vector<std::unique_ptr<Item>> items;
    LocalQueue queue{false};
    LocalQueue other{false};  // a thief's
};

void push_against_steal_one() {
    Fixture f(2);
    run_threads(
        [&] {
            f.push(0);
            f.push(1);
        },
        [&] {
            f.use(f.queue.steal_one().task());
            f.use(f.queue.steal_one().task());
        });
    f.drain();
}

void pop_against_two_thieves() {
    Fixture f(3);
    f.push(0);
    f.push(1);
    run_threads(
        [&] {
            f.use(f.queue.pop().task());
            f.push(2);
            f.use(f.queue.pop().task());
        },
        [&] { f.use(f.queue.steal_into(f.other).task()); },
        [&] { f.use(f.queue.steal_one().task()); });
    f.drain();
}

/// A thief that sees what was popped sees at least that it was pushed.
void push_and_pop_against_a_thief() {
    Fixture f(2);
    run_threads(
        [&] {
            f.push(0);
            f.use(f.queue.pop().task());
            f.push(1);
            f.use(f.queue.pop().task());
        },
        [&] { f.use(f.queue.steal_one().task()); });
    f.drain();
}

void steal_half() {
    Fixture f(4);
    f.push(0);
    f.push(1);
    f.push(2);
    run_threads(
        [&] {
            f.push(3);
            f.use(f.queue.pop().task());
        },
        [&] {
            f.use(f.queue.steal_into(f.other).task());
            f.use(f.other.pop().task());
        });
    f.drain();
}

/// The thief's own ring is stolen from while it moves tasks there.
void steal_from_a_thief() {
    Fixture f(3);
    f.push(0);
    f.push(1);
    f.push(2);
    run_threads([&] { f.use(f.queue.steal_into(f.other).task()); },
                [&] { f.use(f.other.steal_one().task()); });
    f.drain();
}

/// The ring is full. A slot is used again as soon as a thief has done with it, and not before.
void reuse_of_a_slot() {
    Fixture f(LocalQueue::kCapacity + 2);
    for (unsigned i = 0; i < LocalQueue::kCapacity; ++i) {
        f.push(i);
    }
    Fixture::check_slots(f.queue);
    run_threads(
        [&] {
            for (unsigned i = 0; i < 2; ++i) {
                Item& more = *f.items[LocalQueue::kCapacity + i];
                more.payload = 1;
                if (!f.queue.push(more)) {
                    Fixture::use(&more);
                }
            }
        },
        [&] { f.use(f.queue.steal_one().task()); });
    f.drain();
}

/// The same for the ring of a thief, into which it moves tasks while others steal from it.
void reuse_of_a_slot_of_a_thief() {
    constexpr unsigned kInOther = LocalQueue::kCapacity / 2 + 2;
    Fixture f(LocalQueue::kCapacity + kInOther);
    for (unsigned i = 0; i < LocalQueue::kCapacity; ++i) {
        f.push(i);
    }
    for (unsigned i = 0; i < kInOther; ++i) {
        Item& more = *f.items[LocalQueue::kCapacity + i];
        more.payload = 1;
        expect(f.other.push(more), "that there is room");
    }
    Fixture::check_slots(f.other);
    run_threads([&] { f.use(f.queue.steal_into(f.other).task()); },
                [&] {
                    f.use(f.other.steal_one().task());
                    f.use(f.other.steal_one().task());
                });
    f.drain();
}

void overflow_against_a_thief() {
    Fixture f(LocalQueue::kCapacity);
    for (unsigned i = 0; i < LocalQueue::kCapacity; ++i) {
        f.push(i);
    }
    run_threads(
        [&] {
            std::array<Runnable, LocalQueue::kOverflow> taken;
            if (f.queue.overflow(taken)) {
                for (const Runnable one : taken) {
                    f.use(one.task());
                }
            }
        },
        [&] { f.use(f.queue.steal_one().task()); });
    f.drain();
}

constexpr const char* kSuite = "local_queue";
const Check kPush(kSuite, "a_task_is_seen_as_it_was_pushed", &push_against_steal_one);
const Check kPop(kSuite, "each_task_is_taken_once_by_owner_or_thieves", &pop_against_two_thieves);
const Check kHalf(kSuite, "half_of_the_tasks_move_to_the_thief", &steal_half);
const Check kThief(kSuite, "what_was_stolen_can_be_stolen_again", &steal_from_a_thief);
const Check kReuse(kSuite, "a_slot_is_reused_only_after_the_thief_has_read_it", &reuse_of_a_slot);
const Check kEmptied(kSuite, "a_thief_sees_no_more_popped_than_pushed",
                     &push_and_pop_against_a_thief);
const Check kReuseOther(kSuite, "a_thief_reuses_a_slot_only_after_it_was_read",
                        &reuse_of_a_slot_of_a_thief);
const Check kHalfOut(kSuite, "a_full_ring_gives_tasks_away_beside_a_thief",
                     &overflow_against_a_thief);

const Control kPush1(kPush, "found_without_the_release_of_push", "LocalQueue::push(",
                     "tail_.store");
const Control kPush2(kPush, "found_without_the_acquire_of_claim", "LocalQueue::claim",
                     "tail_.load");
const Control kReuse1(kReuse, "found_without_the_release_of_end_claim", "LocalQueue::end_claim",
                      "compare_exchange_weak");
const Control kReuse2(kReuse, "found_without_the_acquire_of_push", "LocalQueue::push(",
                      "head_.load");
const Control kEmptied1(kEmptied, "found_without_the_release_of_pop", "LocalQueue::pop(",
                        "head_.compare_exchange_weak");
const Control kEmptied2(kEmptied, "found_without_the_acquire_of_the_head", "LocalQueue::claim",
                        "head_.load");
const Control kReuse3(kReuseOther, "found_without_the_acquire_of_steal_into",
                      "LocalQueue::steal_into", "head_.load");
const Control kThief1(kThief, "found_without_the_release_of_the_thief", "LocalQueue::steal_into",
                      "tail_.store");

}  // namespace
}  // namespace edo::model
