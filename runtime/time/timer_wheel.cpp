// SPDX-License-Identifier: MIT
#include "edo/runtime/time/timer_wheel.hpp"

#include <algorithm>
#include <bit>

namespace edo::detail {

namespace {
constexpr Duration kTick = std::chrono::milliseconds(1);
}

TimerWheel::Tick TimerWheel::tick_at_or_after(Instant instant) const noexcept {
    if (instant <= start_) {
        return 0;  // the difference may be too large for a duration
    }
    return Tick((instant - start_ - Duration(1)) / kTick) + 1;
}

TimerWheel::Tick TimerWheel::tick_at_or_before(Instant instant) const noexcept {
    const Duration since = instant - start_;
    return since <= Duration::zero() ? 0 : Tick(since / kTick);
}

Instant TimerWheel::instant_of(Tick tick) const noexcept {
    return start_ + kTick * static_cast<std::int64_t>(tick);
}

bool TimerWheel::insert(TimerLeaf& leaf) noexcept {
    const Tick tick = tick_at_or_after(leaf.deadline_);
    if (tick <= elapsed_) {
        return false;
    }
    ++size_;
    link(leaf, tick);
    return true;
}

void TimerWheel::link(TimerLeaf& leaf, Tick tick) noexcept {
    // The highest bit in which the deadline differs from now selects the level; beyond the horizon
    // a timer waits in the last slot and is looked at again from there.
    const Tick at = std::min(tick, elapsed_ + kReach);
    const Tick differs = std::min((elapsed_ ^ at) | (kSlots - 1), kHorizon - 1);
    const unsigned level = (63U - unsigned(std::countl_zero(differs))) / kSlotBits;
    const unsigned index = unsigned(at >> (level * kSlotBits)) % kSlots;
    leaf.slot_ = std::uint16_t(level * kSlots + index);
    slots_[leaf.slot_].push_back(leaf);
    occupied_[level] |= std::uint64_t{1} << index;
}

void TimerWheel::remove(TimerLeaf& leaf) noexcept {
    LeafList& slot = slots_[leaf.slot_];
    slot.remove(leaf);
    if (slot.empty()) {
        occupied_[leaf.slot_ / kSlots] &= ~(std::uint64_t{1} << (leaf.slot_ % kSlots));
    }
    --size_;
}

std::optional<TimerWheel::Event> TimerWheel::next_slot() const noexcept {
    std::optional<Event> first;
    for (unsigned level = 0; level < kLevels; ++level) {
        if (occupied_[level] == 0) {
            continue;
        }
        const unsigned shift = level * kSlotBits;
        const unsigned now_index = unsigned(elapsed_ >> shift) % kSlots;
        const unsigned ahead =
            unsigned(std::countr_zero(std::rotr(occupied_[level], int(now_index))));
        const unsigned index = (now_index + ahead) % kSlots;
        const Tick rotation = Tick{1} << (shift + kSlotBits);
        Tick tick = (elapsed_ & ~(rotation - 1)) + (Tick{index} << shift);
        if (index < now_index) {
            tick +=
                rotation;  // only on the top level does a slot behind now belong to the next turn
        }
        tick = std::max(tick, elapsed_);
        // A higher slot that has been reached is emptied first: some of its timers may be on a
        // lower level already, and others, still in it, due before those.
        if (!first || tick <= first->tick) {
            first = Event{level * kSlots + index, tick};
        }
    }
    return first;
}

TimerLeaf* TimerWheel::pop_expired(Tick now) noexcept {
    for (;;) {
        const std::optional<Event> event = next_slot();
        if (!event || event->tick > now) {
            elapsed_ = std::max(elapsed_, now);
            return nullptr;
        }
        elapsed_ = event->tick;
        auto& leaf = static_cast<TimerLeaf&>(*slots_[event->slot].front());
        remove(leaf);
        const Tick tick = tick_at_or_after(leaf.deadline_);
        if (tick <= elapsed_) {
            return &leaf;
        }
        ++size_;
        link(leaf, tick);  // one level down
    }
}

TimerLeaf* TimerWheel::pop_any() noexcept {
    const std::optional<Event> event = next_slot();
    if (!event) {
        return nullptr;
    }
    auto& leaf = static_cast<TimerLeaf&>(*slots_[event->slot].front());
    remove(leaf);
    return &leaf;
}

std::optional<TimerWheel::Tick> TimerWheel::next_event() const noexcept {
    const std::optional<Event> event = next_slot();
    return event ? std::optional<Tick>(event->tick) : std::nullopt;
}

}  // namespace edo::detail
