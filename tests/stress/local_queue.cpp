// SPDX-License-Identifier: MIT
// The run queue and the run slot of a worker: what is put in comes out exactly once.
#include "stress/stress.hpp"
#include <edo/runtime/scheduler/local_queue.hpp>
#include <edo/runtime/scheduler/run_slot.hpp>
#include <edo/runtime/task/task_cell.hpp>

#include <atomic>

using edo::detail::LocalQueue;
using edo::detail::Random;
using edo::detail::RunSlot;
using edo::detail::TaskCore;
using edo::test::random_of;
using edo::test::StressGuard;

namespace {

class NoOwner final : public edo::detail::TaskOwner {
public:
    void schedule(TaskCore& /*task*/) noexcept override {}
    void forget(TaskCore& /*task*/) noexcept override {}

    static NoOwner& instance() noexcept {
        static NoOwner owner;
        return owner;
    }
};

/// Stands for a task; it is counted instead of run.
class Item final : public edo::detail::TaskCell<void> {
public:
    Item() noexcept : TaskCell<void>(NoOwner::instance()) {}
    ~Item() override = default;

    void take() noexcept { taken_.fetch_add(1, std::memory_order_relaxed); }
    [[nodiscard]] int times_taken() const noexcept { return taken_.load(); }
    void reset() noexcept { taken_.store(0); }

private:
    std::atomic<int> taken_{0};
};

void take_chain(TaskCore* task) {
    while (task != nullptr) {
        TaskCore* const next = task->queue_next;
        static_cast<Item*>(task)->take();
        task = next;
    }
}

/// Steals into a queue of its own, and sometimes one task alone, until told to stop.
void steal_until(LocalQueue& victim, const std::atomic<bool>& over, Random random) {
    LocalQueue own(false);
    while (!over.load(std::memory_order_relaxed)) {
        TaskCore* const task =
            random.below(4) == 0 ? victim.steal_one().task() : victim.steal_into(own).task();
        if (task == nullptr) {
            std::this_thread::yield();
            continue;
        }
        static_cast<Item*>(task)->take();
        while (TaskCore* const more = own.pop().task()) {
            static_cast<Item*>(more)->take();
        }
    }
}

/// Pushes all items, in bursts; takes halves of the full queue out; pops now and then.
void push_all(LocalQueue& queue, std::vector<Item>& items, Random& random) {
    for (Item& item : items) {
        while (!queue.push(item)) {
            TaskCore* last = nullptr;
            std::uint32_t count = 0;
            take_chain(queue.take_half(last, count));
        }
        if (random.below(8) == 0) {
            for (std::uint32_t n = random.below(12); n > 0; --n) {
                if (TaskCore* const task = queue.pop().task()) {
                    static_cast<Item*>(task)->take();
                }
            }
        }
    }
    while (TaskCore* const task = queue.pop().task()) {
        static_cast<Item*>(task)->take();
    }
}

BOOST_AUTO_TEST_SUITE(queues)

BOOST_AUTO_TEST_CASE(each_task_leaves_the_local_queue_exactly_once) {
    const StressGuard guard("each_task_leaves_the_local_queue_exactly_once");
    std::vector<Item> items(20000);
    for (int round = 0; round < edo::test::rounds(400); ++round) {
        Random random = random_of(unsigned(round));
        LocalQueue queue(false);
        std::atomic<bool> over = false;
        std::vector<std::thread> thieves;
        for (unsigned i = 0; i < 3; ++i) {
            thieves.emplace_back(steal_until, std::ref(queue), std::cref(over),
                                 Random(random.next()));
        }
        push_all(queue, items, random);
        over = true;
        for (std::thread& thief : thieves) {
            thief.join();
        }
        std::size_t wrong = 0;
        for (Item& item : items) {
            wrong += item.times_taken() == 1 ? 0 : 1;
            item.reset();
        }
        BOOST_TEST(wrong == 0U, "round " << round << ": " << wrong << " tasks lost or taken twice");
    }
}

/// Between a push that found the queue full and `take_half`, thieves may have made room.
BOOST_AUTO_TEST_CASE(half_is_taken_only_out_of_a_queue_that_is_still_full) {
    std::vector<Item> items(LocalQueue::kCapacity + 1);
    LocalQueue queue(false);
    for (std::size_t i = 0; i < LocalQueue::kCapacity; ++i) {
        BOOST_REQUIRE(queue.push(items[i]));
    }
    BOOST_TEST(!queue.push(items.back()));
    for (int i = 0; i < 2; ++i) {
        LocalQueue thief(false);
        take_chain(queue.steal_into(thief).task());
        while (TaskCore* const task = thief.pop().task()) {
            static_cast<Item*>(task)->take();
        }
    }
    TaskCore* last = nullptr;
    std::uint32_t count = 0;
    BOOST_TEST(queue.take_half(last, count) == nullptr);
    BOOST_TEST(queue.push(items.back()));
    while (TaskCore* const task = queue.pop().task()) {
        static_cast<Item*>(task)->take();
    }
    for (const Item& item : items) {
        BOOST_TEST(item.times_taken() == 1);
    }
}

BOOST_AUTO_TEST_CASE(each_task_leaves_the_run_slot_exactly_once) {
    const StressGuard guard("each_task_leaves_the_run_slot_exactly_once");
    if (!RunSlot::can_be_stolen_from()) {
        return;
    }
    std::vector<Item> items(2000000);
    RunSlot slot(false);
    std::atomic<bool> over = false;
    const auto steal = [&slot, &over] {
        while (!over.load(std::memory_order_relaxed)) {
            if (TaskCore* const task = slot.steal().task()) {
                static_cast<Item*>(task)->take();
            }
            std::this_thread::sleep_for(std::chrono::microseconds(20));
        }
    };
    std::thread first(steal);
    std::thread second(steal);
    Random random = random_of(0);
    for (Item& item : items) {
        TaskCore* before = slot.exchange(item).task();
        if (before == nullptr && random.below(2) == 0) {
            before = slot.take().task();
        }
        if (before != nullptr) {
            static_cast<Item*>(before)->take();
        }
    }
    if (TaskCore* const last = slot.take().task()) {
        static_cast<Item*>(last)->take();
    }
    over = true;
    first.join();
    second.join();
    std::size_t wrong = 0;
    for (const Item& item : items) {
        wrong += item.times_taken() == 1 ? 0 : 1;
    }
    BOOST_TEST(wrong == 0U, wrong << " tasks lost or taken twice");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
