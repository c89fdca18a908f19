// SPDX-License-Identifier: MIT
#include "edo/runtime/time/delay_heap.hpp"

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/errors.hpp"
#include "edo/runtime/scheduler/spawn_core.hpp"

#include <algorithm>
#include <utility>

namespace edo::detail {

// ---- the wait
// ------------------------------------------------------------------------------------

bool DelayWait::await_ready() {
    if (heap_.waiter_ != nullptr) {
        throw UsageError("edo: another branch waits for this DelayQueue already; let only one do");
    }
    charged_ = spend_budget();
    return charged_ && (heap_.empty() || heap_.first_deadline() <= now());
}

void DelayWait::await_suspend(TaskHandle task) {
    handle_ = task.handle();
    heap_.waiter_ = this;
    if (charged_ || (!heap_.empty() && heap_.first_deadline() > now())) {
        arm();
    } else {
        timer_.emplace(Instant::min());
        timer_->bind(handle_);
        timer_->wake_next_turn();
    }
}

void DelayWait::arm() noexcept {
    // An empty queue is something to tell at once.
    timer_.emplace(heap_.empty() ? Instant::min() : heap_.first_deadline());
    timer_->bind(handle_);
    arm_timer(*timer_);
}

void DelayWait::rearm() noexcept {
    const Instant deadline = heap_.empty() ? Instant::min() : heap_.first_deadline();
    if (deadline != timer_->deadline()) {
        arm();  // disarms the old timer first, wherever it is
    }
}

void DelayWait::stop() noexcept {
    if (heap_.waiter_ == this) {
        heap_.waiter_ = nullptr;
    }
}

void DelayWait::finish() {
    stop();
    if (timer_ && timer_->was_shut_down()) {
        throw UsageError(
            "edo: DelayQueue needs a runtime: this thread is inside none, or it has been "
            "shut down");
    }
}

// ---- the heap
// ------------------------------------------------------------------------------------

DelayHeap::DelayHeap(DelayHeap&& other) noexcept {
    *this = std::move(other);
}

DelayHeap& DelayHeap::operator=(DelayHeap&& other) noexcept {
    slots_ = std::exchange(other.slots_, {});
    heap_ = std::exchange(other.heap_, {});
    free_ = std::exchange(other.free_, kNone);
    first_generation_ = other.first_generation_;
    next_order_ = other.next_order_;
    return *this;
}

void DelayHeap::check_may_change() const {
    if (waiter_ != nullptr && &waiter_->timer_->task() != context().task) {
        throw UsageError(
            "edo: this DelayQueue is waited for in another task; send what is to be inserted or "
            "changed to that task, or keep the queue behind an edo::sync::Mutex");
    }
}

DelayKey DelayHeap::insert(Instant deadline) {
    if (heap_.size() == heap_.capacity()) {
        heap_.reserve(std::max<std::size_t>(2 * heap_.size(), 16));  // what may throw comes first
    }
    if (free_ == kNone) {
        if (slots_.size() == kNone) {
            throw std::length_error("edo: a DelayQueue holds too many entries");
        }
        slots_.emplace_back();
        slots_.back().place = kNone;
        slots_.back().generation = first_generation_;
        free_ = Index(slots_.size() - 1);
    }
    const Index index = free_;
    Slot& slot = slots_[index];
    free_ = slot.place;
    slot.deadline = deadline;
    slot.order = next_order_++;
    ++slot.generation;
    heap_.push_back(index);
    put(heap_.size() - 1, index);
    sift_up(heap_.size() - 1);
    changed();
    return key_of(index);
}

std::size_t DelayHeap::remove(DelayKey key) noexcept {
    take_out(key.slot_);
    changed();
    return key.slot_;
}

/// Removes a slot from the heap and makes it free.
void DelayHeap::take_out(Index index) noexcept {
    const std::size_t place = slots_[index].place;
    const Index last = heap_.back();
    heap_.pop_back();
    if (last != index) {
        put(place, last);
        sift_up(place);
        sift_down(slots_[last].place);
    }
    ++slots_[index].generation;
    slots_[index].place = free_;
    free_ = index;
}

void DelayHeap::reset(DelayKey key, Instant deadline) noexcept {
    Slot& slot = slots_[key.slot_];
    slot.deadline = deadline;
    slot.order = next_order_++;
    sift_up(slot.place);
    sift_down(slot.place);
    changed();
}

void DelayHeap::clear() noexcept {
    for (const Index index : heap_) {
        ++slots_[index].generation;
        slots_[index].place = free_;
        free_ = index;
    }
    heap_.clear();
    changed();
}

void DelayHeap::reserve(std::size_t count) {
    slots_.reserve(count);
    heap_.reserve(count);
}

std::size_t DelayHeap::shrink_to_fit() {
    while (!slots_.empty() && slots_.back().generation % 2 == 0) {
        first_generation_ = std::max(first_generation_, slots_.back().generation);
        slots_.pop_back();
    }
    free_ = kNone;
    for (std::size_t i = slots_.size(); i-- > 0;) {
        if (slots_[i].generation % 2 == 0) {
            slots_[i].place = free_;
            free_ = Index(i);
        }
    }
    slots_.shrink_to_fit();
    heap_.shrink_to_fit();
    return slots_.size();
}

bool DelayHeap::contains(DelayKey key) const noexcept {
    return key.slot_ < slots_.size() && slots_[key.slot_].generation == key.generation_ &&
           key.generation_ % 2 == 1;
}

void DelayHeap::check_contains(DelayKey key) const {
    if (!contains(key)) {
        throw UsageError(
            "edo: the DelayQueue has no entry with this key; it has expired or was removed");
    }
}

bool DelayHeap::goes_before(Index a, Index b) const noexcept {
    const Slot& x = slots_[a];
    const Slot& y = slots_[b];
    return x.deadline != y.deadline ? x.deadline < y.deadline : x.order < y.order;
}

void DelayHeap::put(std::size_t place, Index slot) noexcept {
    heap_[place] = slot;
    slots_[slot].place = Index(place);
}

void DelayHeap::sift_up(std::size_t place) noexcept {
    const Index slot = heap_[place];
    while (place > 0) {
        const std::size_t parent = (place - 1) / 2;
        if (!goes_before(slot, heap_[parent])) {
            break;
        }
        put(place, heap_[parent]);
        place = parent;
    }
    put(place, slot);
}

void DelayHeap::sift_down(std::size_t place) noexcept {
    const Index slot = heap_[place];
    for (;;) {
        std::size_t child = 2 * place + 1;
        if (child >= heap_.size()) {
            break;
        }
        if (child + 1 < heap_.size() && goes_before(heap_[child + 1], heap_[child])) {
            ++child;
        }
        if (!goes_before(heap_[child], slot)) {
            break;
        }
        put(place, heap_[child]);
        place = child;
    }
    put(place, slot);
}

void DelayHeap::changed() noexcept {
    if (waiter_ != nullptr) {
        waiter_->rearm();
    }
}

}  // namespace edo::detail
