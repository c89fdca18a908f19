// SPDX-License-Identifier: MIT
// The memory model: which stores an atomic load may read, and what the reader learns.
//
// An operational form of the C++20 model. Each location keeps all its stores in modification order,
// which here is the order of execution. A thread has a view, the oldest store of each location that
// it may still read; a release store carries the view and the clock of its thread, and an acquire
// load that reads it joins them into its own. Sequentially consistent operations and fences share
// one more view: an operation raises it and respects it at its own location; a fence exchanges it
// with the thread's in both directions (the rules 1 to 4 of [atomics.order] p4).
//
// Not modelled: loads that read from stores executed later (load buffering), and stores that enter
// the modification order before one already executed (2+2W).
#pragma once

#include "checker/choices.hpp"
#include "checker/clocks.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <unordered_map>
#include <vector>

namespace edo::model {

/// The values of `__ATOMIC_RELAXED` and so on, as the compiler passes them.
enum class Order : int { Relaxed, Consume, Acquire, Release, AcqRel, SeqCst };

[[nodiscard]] inline bool acquires(Order order) noexcept {
    return order != Order::Relaxed && order != Order::Release;
}
[[nodiscard]] inline bool releases(Order order) noexcept {
    return order == Order::Release || order == Order::AcqRel || order == Order::SeqCst;
}

/// What an operation has read, for the trace.
struct Outcome {
    std::uint64_t value = 0;   ///< what was read
    std::uint32_t behind = 0;  ///< how many newer stores there were
    bool swapped = false;      ///< of a compare-and-swap
    bool changed = false;      ///< memory has another value now
};

class Memory {
public:
    explicit Memory(Choices& choices) noexcept : choices_(choices) {}

    void reset();
    void start_thread(unsigned thread, unsigned parent);
    void join_thread(unsigned thread, unsigned ended);

    Outcome load(unsigned thread, const void* address, unsigned size, Order order);
    Outcome store(unsigned thread, void* address, unsigned size, std::uint64_t value, Order order);
    /// `change` maps the old value to the new one.
    template <class Change>
    Outcome update(unsigned thread, void* address, unsigned size, Order order, Change change) {
        Location& at = location(address, size);
        Outcome outcome;
        outcome.value = at.last().value;
        const std::uint64_t next = cut(change(outcome.value), size);
        outcome.changed = next != outcome.value;
        swap_in(thread, at, next, order);
        return outcome;
    }
    Outcome compare_and_swap(unsigned thread, void* address, unsigned size, std::uint64_t expected,
                             std::uint64_t desired, Order success, Order failure);
    void fence(unsigned thread, Order order);
    /// Every thread executes a sequentially consistent fence.
    void fence_all(unsigned threads);

    /// A thread that waits by looking again and again sees what is new at last: whatever it has
    /// looked at since the call before, it will find up to date.
    void refresh(unsigned thread);

    /// A lock: who acquires gets what those who released before knew.
    void release_to(unsigned thread, Knowledge& lock);
    void acquire_from(unsigned thread, const Knowledge& lock);

    /// Plain code writes there: an atomic in this place begins anew.
    void forget(std::uintptr_t begin, std::size_t size);

    [[nodiscard]] const VectorClock& clock(unsigned thread) const noexcept {
        return threads_[thread].now.clock;
    }

private:
    struct Store {
        std::uint64_t value = 0;
        Knowledge released;  // what an acquire gets
    };
    struct Location {
        std::uintptr_t address = 0;
        std::uint32_t id = 0;
        unsigned size = 0;
        std::uint32_t count = 0;
        std::vector<Store> stores;  // `count` of them; the rest is kept for its memory

        [[nodiscard]] Store& last() noexcept { return stores[count - 1]; }
        Store& append() {
            if (count == stores.size()) {
                stores.emplace_back();
            }
            Store& store = stores[count++];
            store.released.clear();
            return store;
        }
    };
    struct Thread {
        Knowledge now;
        Knowledge acquirable;  // read by relaxed loads: an acquire fence takes it
        Knowledge released;    // at the last release fence: relaxed stores carry it
        std::vector<std::uint32_t> looked_at;
    };

    Location& location(const void* address, unsigned size);
    Location& make_location(std::uintptr_t address, unsigned size);
    [[nodiscard]] std::uint32_t oldest_readable(unsigned thread, const Location& at,
                                                Order order) const noexcept;
    void read(unsigned thread, Location& at, std::uint32_t index, Order order);
    void swap_in(unsigned thread, Location& at, std::uint64_t value, Order order);
    void write(unsigned thread, Location& at, std::uint64_t value, Order order, Store& store);
    void exchange_with_all(Thread& thread);
    static std::uint64_t cut(std::uint64_t value, unsigned size) noexcept {
        return size == 8 ? value : value & ((std::uint64_t{1} << (size * 8)) - 1);
    }

    Choices& choices_;
    std::deque<Location> locations_;  // the first `used_` of them
    std::uint32_t used_ = 0;
    std::unordered_map<std::uintptr_t, std::uint32_t> by_address_;
    Thread threads_[kMaxThreads];
    View total_;  // of sequentially consistent operations
};

}  // namespace edo::model
