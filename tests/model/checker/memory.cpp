// SPDX-License-Identifier: MIT
#include "checker/memory.hpp"

#include <cstring>

namespace edo::model {

namespace {

std::uint64_t value_in_memory(std::uintptr_t address, unsigned size) noexcept {
    std::uint64_t value = 0;
    std::memcpy(&value, reinterpret_cast<const void*>(address), size);  // little endian
    return value;
}

}  // namespace

// ---- locations ---------------------------------------------------------------------------------

void Memory::reset() {
    used_ = 0;
    by_address_.clear();
    total_.clear();
    for (Thread& thread : threads_) {
        thread.now.clear();
        thread.acquirable.clear();
        thread.released.clear();
        thread.looked_at.clear();
    }
    threads_[0].now.clock.tick(0);
}

Memory::Location& Memory::location(const void* address, unsigned size) {
    const auto key = reinterpret_cast<std::uintptr_t>(address);
    const auto found = by_address_.find(key);
    if (found != by_address_.end()) {
        Location& at = locations_[found->second];
        // Code without instrumentation may have written: its value is the first of a new history.
        if (at.size == size && at.last().value == value_in_memory(key, size)) {
            return at;
        }
        forget(key, 1);
    }
    return make_location(key, size);
}

Memory::Location& Memory::make_location(std::uintptr_t address, unsigned size) {
    if (used_ == locations_.size()) {
        locations_.emplace_back();
    }
    Location& at = locations_[used_];
    at.address = address;
    at.id = used_;
    at.size = size;
    at.count = 0;
    at.append().value = value_in_memory(address, size);
    by_address_.emplace(address, used_);
    ++used_;
    return at;
}

void Memory::forget(std::uintptr_t begin, std::size_t size) {
    if (size > 64 && by_address_.size() < size) {
        std::erase_if(by_address_, [&](const auto& entry) { return entry.first - begin < size; });
        return;
    }
    for (std::uintptr_t at = begin; at < begin + size; ++at) {
        by_address_.erase(at);
    }
}

// ---- reading and writing -----------------------------------------------------------------------

std::uint32_t Memory::oldest_readable(unsigned thread, const Location& at,
                                      Order order) const noexcept {
    const std::uint32_t own = threads_[thread].now.view.of(at.id);
    return order == Order::SeqCst ? std::max(own, total_.of(at.id)) : own;
}

void Memory::read(unsigned thread, Location& at, std::uint32_t index, Order order) {
    Thread& self = threads_[thread];
    const Knowledge& released = at.stores[index].released;
    self.now.view.raise(at.id, index);
    (acquires(order) ? self.now : self.acquirable).join(released);
    if (order == Order::SeqCst) {
        total_.raise(at.id, index);
    }
}

void Memory::write(unsigned thread, Location& at, std::uint64_t value, Order order, Store& store) {
    Thread& self = threads_[thread];
    const std::uint32_t index = at.count - 1;
    store.value = value;
    self.now.view.raise(at.id, index);
    store.released.join(releases(order) ? self.now : self.released);
    store.released.view.raise(at.id, index);
    if (order == Order::SeqCst) {
        total_.raise(at.id, index);
    }
    std::memcpy(reinterpret_cast<void*>(at.address), &value, at.size);
    self.now.clock.tick(thread);
}

Outcome Memory::load(unsigned thread, const void* address, unsigned size, Order order) {
    Location& at = location(address, size);
    const std::uint32_t oldest = oldest_readable(thread, at, order);
    Outcome outcome;
    outcome.behind = choices_.stale_read(at.count - oldest);
    const std::uint32_t index = at.count - 1 - outcome.behind;
    outcome.value = at.stores[index].value;
    read(thread, at, index, order);
    threads_[thread].looked_at.push_back(at.id);
    return outcome;
}

Outcome Memory::store(unsigned thread, void* address, unsigned size, std::uint64_t value,
                      Order order) {
    Location& at = location(address, size);
    Outcome outcome;
    outcome.value = at.last().value;
    value = cut(value, size);
    outcome.changed = value != outcome.value;
    write(thread, at, value, order, at.append());
    return outcome;
}

/// A read-modify-write reads the last store, and continues its release sequence.
void Memory::swap_in(unsigned thread, Location& at, std::uint64_t value, Order order) {
    read(thread, at, at.count - 1, order);
    Store& store = at.append();
    store.released.join(at.stores[at.count - 2].released);
    write(thread, at, value, order, store);
}

Outcome Memory::compare_and_swap(unsigned thread, void* address, unsigned size,
                                 std::uint64_t expected, std::uint64_t desired, Order success,
                                 Order failure) {
    Location& at = location(address, size);
    expected = cut(expected, size);
    const std::uint32_t oldest = oldest_readable(thread, at, failure);
    // To fail is to load: also an old value, if it differs.
    std::uint32_t others = 0;
    for (std::uint32_t i = oldest; i + 1 < at.count; ++i) {
        others += at.stores[i].value != expected ? 1 : 0;
    }
    std::uint32_t chosen = choices_.stale_read(others + 1);
    Outcome outcome;
    if (chosen == 0 && at.last().value == expected) {
        outcome.value = expected;
        outcome.swapped = true;
        outcome.changed = cut(desired, size) != expected;
        swap_in(thread, at, cut(desired, size), success);
        return outcome;
    }
    std::uint32_t index = at.count - 1;
    while (chosen > 0) {
        --index;
        chosen -= at.stores[index].value != expected ? 1 : 0;
    }
    outcome.behind = at.count - 1 - index;
    outcome.value = at.stores[index].value;
    read(thread, at, index, failure);
    threads_[thread].looked_at.push_back(at.id);
    return outcome;
}

// ---- fences, threads, locks --------------------------------------------------------------------

void Memory::exchange_with_all(Thread& thread) {
    total_.join(thread.now.view);
    thread.now.view.join(total_);
}

void Memory::fence(unsigned thread, Order order) {
    Thread& self = threads_[thread];
    if (acquires(order)) {
        self.now.join(self.acquirable);
    }
    if (order == Order::SeqCst) {
        exchange_with_all(self);
    }
    if (releases(order)) {
        self.released = self.now;
    }
    self.now.clock.tick(thread);
}

void Memory::fence_all(unsigned threads) {
    for (unsigned i = 0; i < threads; ++i) {
        fence(i, Order::SeqCst);
    }
    for (unsigned i = 0; i < threads; ++i) {  // all before it, in all threads, is seen by all
        fence(i, Order::SeqCst);
    }
}

void Memory::refresh(unsigned thread) {
    Thread& self = threads_[thread];
    for (const std::uint32_t id : self.looked_at) {
        self.now.view.raise(id, locations_[id].count - 1);
    }
    self.looked_at.clear();
}

void Memory::release_to(unsigned thread, Knowledge& lock) {
    lock.join(threads_[thread].now);
    threads_[thread].now.clock.tick(thread);
}

void Memory::acquire_from(unsigned thread, const Knowledge& lock) {
    threads_[thread].now.join(lock);
}

void Memory::start_thread(unsigned thread, unsigned parent) {
    threads_[thread].now.join(threads_[parent].now);
    threads_[thread].now.clock.tick(thread);
    threads_[parent].now.clock.tick(parent);
}

void Memory::join_thread(unsigned thread, unsigned ended) {
    threads_[thread].now.join(threads_[ended].now);
    threads_[thread].now.clock.tick(thread);
}

}  // namespace edo::model
