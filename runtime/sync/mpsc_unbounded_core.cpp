// SPDX-License-Identifier: MIT
#include "edo/runtime/sync/mpsc_unbounded_core.hpp"

#include "edo/runtime/core/frame_pool.hpp"

#include <cstring>
#include <memory>
#include <new>
#include <utility>

namespace edo::detail {

MpscUnboundedCore::MpscUnboundedCore(std::size_t slot_bytes)
    : MpscCore(0), slot_bytes_(slot_bytes), head_(make_block()) {
    word_.store(position(*head_, 0), std::memory_order_relaxed);
}

MpscUnboundedCore::~MpscUnboundedCore() {
    if (Block* const spare = spare_.load(std::memory_order_relaxed)) {
        free_block(spare);
    }
    free_block(head_);  // drained: it is the last one
}

/// For a word that was seen with the last slot of its block free, or closed.
MpscSlot* MpscUnboundedCore::claim_last(std::uint64_t word) {
    Block* fresh = nullptr;
    MpscSlot* slot = nullptr;
    while (slot == nullptr && (word & kClosed) == 0) {
        const bool last = index(word) == kLastIndex;
        if (last && fresh == nullptr) {
            fresh = make_block();
        }
        // Acquire as in `try_claim`; release publishes the new block.
        if (word_.compare_exchange_weak(word, last ? position(*fresh, 0) : word + kNext,
                                        std::memory_order_acq_rel, std::memory_order_relaxed)) {
            slot = &slot_at(block(word), index(word));
            if (last) {
                block(word).next.store(std::exchange(fresh, nullptr), std::memory_order_release);
            }
        }
    }
    if (fresh != nullptr) {
        keep_block(fresh);
    }
    return slot;
}

void MpscUnboundedCore::next_block() noexcept {
    Block* const done = head_;
    // Stored before the last slot was published.
    head_ = done->next.load(std::memory_order_acquire);
    head_index_ = 0;
    done->next.store(nullptr, std::memory_order_relaxed);
    keep_block(done);
}

MpscUnboundedCore::Block* MpscUnboundedCore::make_block() {
    // Acquire pairs with `keep_block`.
    if (Block* const spare = spare_.exchange(nullptr, std::memory_order_acquire)) {
        return spare;
    }
    void* const memory = allocate_frame(block_bytes());
    const auto address = reinterpret_cast<std::uintptr_t>(memory);
    auto* const place = static_cast<std::byte*>(memory) + (-address & (kAlignment - 1));
    std::memset(place + kHeader, 0, kSlots * slot_bytes_);  // makes empty slots
    return ::new (place) Block(memory);
}

/// Keeps an empty block for later, if there is room.
void MpscUnboundedCore::keep_block(Block* block) noexcept {
    Block* expected = nullptr;
    if (!spare_.compare_exchange_strong(expected, block, std::memory_order_release,
                                        std::memory_order_relaxed)) {
        free_block(block);
    }
}

void MpscUnboundedCore::free_block(Block* block) const noexcept {
    void* const memory = block->memory;
    std::destroy_at(block);
    free_frame(memory, block_bytes());
}

std::size_t MpscUnboundedCore::size() const noexcept {
    const std::uint64_t word = word_.load(std::memory_order_acquire);
    std::size_t blocks = 0;
    for (Block* at = head_; at != &block(word); ++blocks) {
        Block* next = at->next.load(std::memory_order_acquire);
        for (unsigned round = 0; next == nullptr; ++round) {
            spin_wait(round);  // whoever took the block's last slot is about to link the next one
            next = at->next.load(std::memory_order_acquire);
        }
        at = next;
    }
    return blocks * kSlots + index(word) - head_index_;
}

void MpscUnboundedCore::close() noexcept {
    // Sequentially consistent for `LeafSlot`.
    word_.fetch_or(kClosed, std::memory_order_seq_cst);
    receiver_.wake();
    closed_.wake_all();
}

}  // namespace edo::detail
