// SPDX-License-Identifier: MIT
// A channel without a limit: linked blocks of 32 slots.
//
// `word_` holds the last block, the number of its slots that are taken, and the closed flag. A
// sender takes a slot with one compare-and-swap. Who takes the last slot of a block swaps in a new
// block with the same step, so nobody ever waits for it; the link from the old block follows before
// that last slot is published, which is when the receiver needs it.
//
// A sender touches a block only between its claim and its `publish`, and the receiver gives a block
// away only after all its slots were published. So no block is used after that. One is kept for
// the next sender that needs one.
#pragma once

#include "edo/runtime/sync/mpsc_core.hpp"

#include <cstddef>
#include <cstdint>

namespace edo::detail {

class MpscUnboundedCore : public MpscCore {
public:
    // ---- for senders ----

    /// Takes a slot. Null when the channel is closed.
    /// @throws std::bad_alloc
    [[nodiscard]] MpscSlot* try_claim() {
        std::uint64_t word = word_.load(std::memory_order_relaxed);
        while ((word & kClosed) == 0 && index(word) < kLastIndex) {
            // Acquire pairs with the release of whoever put the block here: its slots are empty.
            if (word_.compare_exchange_weak(word, word + kNext, std::memory_order_acquire,
                                            std::memory_order_relaxed)) {
                return &slot_at(block(word), index(word));
            }
        }
        return claim_last(word);
    }

    // ---- for the receiver ----

    /// The next value, if it is there.
    [[nodiscard]] MpscSlot* front() noexcept {
        for (;;) {
            MpscSlot& slot = slot_at(*head_, head_index_);
            const std::uint32_t state = slot.load();
            if (state != MpscSlot::kVoid) {
                return state == MpscSlot::kFull ? &slot : nullptr;
            }
            advance();
        }
    }
    /// Gives back the slot of `front()`, emptied.
    void advance() noexcept {
        slot_at(*head_, head_index_).clear();
        if (++head_index_ == kSlots) {
            next_block();
        }
    }
    void release_received(std::size_t /*count*/) const noexcept {}
    [[nodiscard]] bool is_ready() noexcept { return front() != nullptr || has_ended(); }
    /// No value will come any more.
    [[nodiscard]] bool has_ended() const noexcept {
        return word_.load(std::memory_order_seq_cst) == (position(*head_, head_index_) | kClosed);
    }
    /// Slots taken and not yet received, published or not.
    [[nodiscard]] std::size_t size() const noexcept;

    // ---- for both ----

    /// Wakes whom it concerns.
    void close() noexcept;

protected:
    explicit MpscUnboundedCore(std::size_t slot_bytes);
    ~MpscUnboundedCore();

private:
    static constexpr unsigned kSlots = 32;
    static constexpr unsigned kLastIndex = kSlots - 1;
    static constexpr std::uint64_t kNext = 2;
    static constexpr std::uint64_t kLast = kLastIndex * kNext;
    static constexpr std::size_t kHeader = 16;     // before the slots
    static constexpr std::size_t kAlignment = 64;  // leaves six bits for the index and the flag

    struct Block {
        explicit Block(void* allocated) noexcept : memory(allocated) {}
        std::atomic<Block*> next{nullptr};
        void* const memory;  // as it was allocated
    };

    [[nodiscard]] static std::uint64_t position(const Block& block, unsigned index) noexcept {
        return reinterpret_cast<std::uintptr_t>(&block) | (index * kNext);
    }
    [[nodiscard]] static unsigned index(std::uint64_t word) noexcept {
        return unsigned(word & kLast) / kNext;
    }
    [[nodiscard]] static Block& block(std::uint64_t word) noexcept {
        return *reinterpret_cast<Block*>(std::uintptr_t(word) & ~std::uintptr_t{kAlignment - 1});
    }
    [[nodiscard]] MpscSlot& slot_at(Block& block, unsigned index) const noexcept {
        return *reinterpret_cast<MpscSlot*>(reinterpret_cast<std::byte*>(&block) + kHeader +
                                            index * slot_bytes_);
    }

    [[nodiscard]] MpscSlot* claim_last(std::uint64_t word);
    void next_block() noexcept;
    [[nodiscard]] Block* make_block();
    void keep_block(Block* block) noexcept;
    void free_block(Block* block) const noexcept;
    [[nodiscard]] std::size_t block_bytes() const noexcept {
        return kHeader + kSlots * slot_bytes_ + kAlignment;  // enough to align it
    }

    const std::size_t slot_bytes_;
    std::atomic<Block*> spare_{nullptr};

    // The receiver's.
    alignas(64) Block* head_;
    unsigned head_index_ = 0;
};

}  // namespace edo::detail
