// SPDX-License-Identifier: MIT
#include "edo/runtime/core/frame_depot.hpp"

#include "edo/runtime/core/slab.hpp"

#include <array>
#include <mutex>
#include <new>

namespace edo::detail::frame_depot {

namespace {

/// At the beginning of its memory; the blocks follow. Guarded by the lock of its class.
struct alignas(64) Slab {
    Slab* next = nullptr;  // of those with a block to give
    Slab* prev = nullptr;
    FreeBlock* free = nullptr;         // blocks that came back
    std::uint32_t used = 0;            // blocks that are out
    std::uint32_t cut = sizeof(Slab);  // from here on nothing was ever given out
};

Slab& slab_of(FreeBlock& block) noexcept {
    const auto address = reinterpret_cast<std::uintptr_t>(&block);
    return *reinterpret_cast<Slab*>(address & ~std::uintptr_t{kSlabBytes - 1});
}

class Depot {
public:
    FreeBlock* fetch(std::size_t bytes, std::uint32_t most, std::uint32_t& count) {
        std::unique_lock guard(lock_);
        if (batch_count_ > 0 && most > 1) {
            fetched_ += most;
            count = most;
            return batches_[--batch_count_];
        }
        if (slabs_ == nullptr) {
            guard.unlock();
            auto* const slab = ::new (allocate_slab()) Slab;
            guard.lock();
            link(*slab);
        }
        Slab& slab = *slabs_;
        FreeBlock* chain = nullptr;
        FreeBlock** end = &chain;  // blocks of a new slab are given out in the order of addresses
        for (count = 0; count < most; ++count) {
            FreeBlock* const block = take(slab, bytes);
            if (block == nullptr) {
                break;
            }
            *end = block;
            end = &block->next;
        }
        *end = nullptr;
        if (is_empty(slab, bytes)) {
            unlink(slab);
        }
        fetched_ += count;
        return chain;
    }

    void give_back_batch(FreeBlock& chain, std::size_t bytes, std::uint32_t size) noexcept {
        {
            const std::lock_guard guard(lock_);
            if (batch_count_ < kMostBatches) {
                fetched_ -= size;
                batches_[batch_count_++] = &chain;
                return;
            }
        }
        give_back(&chain, bytes);
    }

    void give_back(FreeBlock* chain, std::size_t bytes) noexcept {
        const std::lock_guard guard(lock_);
        while (chain != nullptr) {
            FreeBlock& block = *chain;
            chain = block.next;
            put(block, bytes);
            --fetched_;
        }
    }

    std::int64_t fetched() noexcept {
        const std::lock_guard guard(lock_);
        return fetched_;
    }

private:
    static bool is_empty(const Slab& slab, std::size_t bytes) noexcept {
        return slab.free == nullptr && slab.cut + bytes > kSlabBytes;
    }

    static FreeBlock* take(Slab& slab, std::size_t bytes) noexcept {
        FreeBlock* block = slab.free;
        if (block != nullptr) {
            slab.free = block->next;
        } else if (slab.cut + bytes <= kSlabBytes) {
            block = ::new (reinterpret_cast<std::byte*>(&slab) + slab.cut) FreeBlock;
            slab.cut += std::uint32_t(bytes);
        } else {
            return nullptr;
        }
        ++slab.used;
        return block;
    }

    void put(FreeBlock& block, std::size_t bytes) noexcept {
        Slab& slab = slab_of(block);
        const bool was_empty = is_empty(slab, bytes);
        block.next = slab.free;
        slab.free = &block;
        if (was_empty) {
            link(slab);
        }
        if (--slab.used == 0) {
            unlink(slab);
            free_slab(&slab);
        }
    }

    void link(Slab& slab) noexcept {
        slab.prev = nullptr;
        slab.next = slabs_;
        if (slabs_ != nullptr) {
            slabs_->prev = &slab;
        }
        slabs_ = &slab;
    }
    void unlink(Slab& slab) noexcept {
        (slab.prev != nullptr ? slab.prev->next : slabs_) = slab.next;
        if (slab.next != nullptr) {
            slab.next->prev = slab.prev;
        }
    }

    static constexpr std::size_t kMostBatches = 128;

    std::mutex lock_;
    std::size_t batch_count_ = 0;
    Slab* slabs_ = nullptr;  // with a block to give
    std::int64_t fetched_ = 0;
    std::array<FreeBlock*, kMostBatches> batches_{};
};

/// Constant-initialised and never destroyed, like the slabs.
constinit std::array<Depot, kClasses> depots;

}  // namespace

FreeBlock* fetch(std::size_t size_class, std::uint32_t& count) {
    return depots[size_class].fetch(size_of_class(size_class), batch_of(size_class), count);
}

FreeBlock* fetch_one(std::size_t size_class) {
    std::uint32_t count = 0;
    return depots[size_class].fetch(size_of_class(size_class), 1, count);
}

void give_back_batch(FreeBlock& chain, std::size_t size_class) noexcept {
    depots[size_class].give_back_batch(chain, size_of_class(size_class), batch_of(size_class));
}

void give_back(FreeBlock* chain, std::size_t size_class) noexcept {
    depots[size_class].give_back(chain, size_of_class(size_class));
}

std::int64_t fetched() noexcept {
    std::int64_t sum = 0;
    for (Depot& depot : depots) {
        sum += depot.fetched();
    }
    return sum;
}

}  // namespace edo::detail::frame_depot
