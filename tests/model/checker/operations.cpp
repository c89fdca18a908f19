// SPDX-License-Identifier: MIT
// What the engine does for each access of the code under test.
#include "checker/engine.hpp"

#include <algorithm>

namespace edo::model {

/// Before each atomic operation: others may run, the memory is looked at, the order may be
/// weakened. Returns whether it was.
bool Engine::begin(Operation operation, const void* address, unsigned size, Order& order,
                   bool write, const void* pc) {
    point(address);
    const auto at = reinterpret_cast<std::uintptr_t>(address);
    const bool atomic = std::none_of(plain_.begin(), plain_.end(), [at](const Range& range) {
        return at - range.begin < range.size;
    });
    access({at, size, write, atomic, pc});
    if (sites_.at(pc, operation, order).weakened) {
        order = lowered(order, sites_.most());
        return true;
    }
    return false;
}

std::uint64_t Engine::load(const void* address, unsigned size, Order order, const void* pc) {
    const bool weakened = begin(Operation::Load, address, size, order, false, pc);
    const Outcome out = memory_.load(thread_, address, size, order);
    add_event({thread_, Trace::What::Operation, Operation::Load, order, weakened, size, out.behind,
               address, out.value, 0, pc});
    return out.value;
}

void Engine::store(void* address, unsigned size, std::uint64_t value, Order order, const void* pc) {
    const bool weakened = begin(Operation::Store, address, size, order, true, pc);
    const Outcome out = memory_.store(thread_, address, size, value, order);
    add_event({thread_, Trace::What::Operation, Operation::Store, order, weakened, size, 0, address,
               value, 0, pc});
    changed(out.changed);
}

std::uint64_t Engine::compare_and_swap(void* address, unsigned size, std::uint64_t expected,
                                       std::uint64_t desired, Order success, Order failure,
                                       const void* pc) {
    const Order strongest = std::max(success, failure);
    Order order = strongest;
    const bool weakened = begin(Operation::CompareAndSwap, address, size, order, true, pc);
    if (weakened) {
        success = lowered(success, sites_.most());
        failure = lowered(failure, sites_.most());
    }
    const Outcome out =
        memory_.compare_and_swap(thread_, address, size, expected, desired, success, failure);
    add_event({thread_, out.swapped ? Trace::What::Swapped : Trace::What::NotSwapped,
               Operation::CompareAndSwap, out.swapped ? success : failure, weakened, size,
               out.behind, address, out.value, desired, pc});
    changed(out.changed);
    return out.value;
}

void Engine::fence(Order order, const void* pc) {
    if (order == Order::SeqCst) {
        point(nullptr);  // the order of fences matters
    }
    const bool weakened = sites_.at(pc, Operation::Fence, order).weakened;
    add_event({.thread = thread_,
               .operation = Operation::Fence,
               .order = order,
               .weakened = weakened,
               .pc = pc});
    if (!weakened) {
        memory_.fence(thread_, order);
    }
}

void Engine::fence_all(const void* pc) {
    point(nullptr);
    const bool weakened = sites_.at(pc, Operation::Fence, Order::SeqCst).weakened;
    add_event({.thread = thread_,
               .operation = Operation::Fence,
               .order = Order::SeqCst,
               .weakened = weakened,
               .pc = pc});
    if (!weakened) {
        memory_.fence_all(count_);
    }
}

// ---- plain memory ------------------------------------------------------------------------------

void Engine::check_heap(const Access& access) {
    if (!heap_.owns(reinterpret_cast<const void*>(access.address)) ||
        heap_.state(access.address, access.size) == Heap::State::Live) {
        return;
    }
    const Heap::Block* const block = heap_.find(access.address);
    if (block == nullptr || block->freed_at == nullptr) {
        fail("an access outside of all blocks of memory, at " + place_of(access.pc));
    }
    fail(std::string(access.write ? "a write to" : "a read of") + " freed memory, at " +
         place_of(access.pc) + "; allocated at " + place_of(block->allocated_at) + ", freed at " +
         place_of(block->freed_at));
}

void Engine::access(const Access& access) {
    if (access.size == 0) {
        return;
    }
    check_heap(access);
    if (access.write && !access.atomic && shadow_.near_atomic(access.address, access.size)) {
        memory_.forget(access.address, access.size);
    }
    if (const Shadow::Race* const race = shadow_.access(thread_, memory_.clock(thread_), access)) {
        const auto kind = [](bool write, bool atomic) {
            return std::string(atomic ? "atomic " : "plain ") + (write ? "write" : "read");
        };
        fail("a data race: the " + kind(access.write, access.atomic) + " at " +
             place_of(access.pc) + " and the " + kind(race->write, race->atomic) + " of thread " +
             std::to_string(race->thread) + " at " + place_of(race->pc));
    }
}

void* Engine::allocate(std::size_t size, std::size_t alignment, const void* pc) {
    void* const block = heap_.allocate(size, alignment, pc);
    add_event({.thread = thread_,
               .what = Trace::What::Allocated,
               .address = block,
               .value = size,
               .pc = pc});
    return block;
}

bool Engine::free(void* block, const void* pc) {
    if (!heap_.owns(block)) {
        return false;
    }
    add_event({.thread = thread_, .what = Trace::What::Freed, .address = block, .pc = pc});
    Heap::Block* const found = heap_.block_at(block);
    if (found == nullptr) {
        const Heap::Block* const freed = heap_.find(reinterpret_cast<std::uintptr_t>(block));
        fail("a block is freed twice, or never was one" +
             (freed != nullptr ? "; first freed at " + place_of(freed->freed_at) : std::string()));
    }
    // All accesses to the block come before this, or race with it.
    access({found->begin, found->size, true, false, pc});
    heap_.free(*found, pc);
    return true;
}

std::size_t Engine::size_of(void* block) noexcept {
    const Heap::Block* const found = heap_.block_at(block);
    return found != nullptr ? found->size : 0;
}

}  // namespace edo::model
