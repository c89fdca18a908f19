// SPDX-License-Identifier: MIT
#include "edo/runtime/core/frame_pool.hpp"

#include "edo/runtime/core/frame_depot.hpp"
#include "edo/runtime/core/sanitizers.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

namespace edo::detail {

namespace {

using frame_depot::batch_of;
using frame_depot::kClasses;

/// Free blocks of one class, in two chains: with one full and one empty the thread can allocate a
/// batch or free one before it needs the depot. Written by the thread alone; atomic for the reader
/// in `live_frames`.
struct FreeList {
    FreeBlock* head = nullptr;
    std::atomic<std::uint32_t> room = 0;  // a batch less the blocks in `head`; 0 unless open
    std::atomic<FreeBlock*> full_batch = nullptr;  // a whole batch, or none

    void add_room(std::uint32_t change) noexcept {
        room.store(room.load(std::memory_order_relaxed) + change, std::memory_order_relaxed);
    }
};

/// The cache of one thread. Constant-initialised and trivially destructible, so that it can be used
/// by frames that are freed while the thread's other thread-local objects are being destroyed.
struct Cache {
    std::array<FreeList, kClasses> lists;
    enum class State : std::uint8_t { Unregistered, Open, Closed } state = State::Unregistered;

    [[nodiscard]] std::int64_t kept() const noexcept {
        std::int64_t sum = 0;
        for (std::size_t i = 1; i < kClasses; ++i) {
            const FreeList& list = lists[i];
            sum += batch_of(i) - list.room.load(std::memory_order_relaxed);
            sum += list.full_batch.load(std::memory_order_relaxed) != nullptr ? batch_of(i) : 0;
        }
        return sum;
    }
};

/// The caches of all threads. Never destroyed.
struct Registry {
    std::mutex lock;
    std::vector<Cache*> caches;
    std::atomic<std::int64_t> on_heap{0};  // blocks too large for the pool, or not to be recycled

    static Registry& instance() {
        static auto* const registry = new Registry;
        return *registry;
    }
};

thread_local constinit Cache tls_cache{};

/// Registers the thread's cache, and empties it when the thread ends; frames that are freed after
/// that go to the depot directly.
struct CacheKeeper {
    CacheKeeper() {
        Registry& registry = Registry::instance();
        const std::lock_guard guard(registry.lock);
        registry.caches.push_back(&tls_cache);
        for (std::size_t i = 1; i < kClasses; ++i) {
            tls_cache.lists[i].room.store(batch_of(i), std::memory_order_relaxed);
        }
        tls_cache.state = Cache::State::Open;
    }
    CacheKeeper(const CacheKeeper&) = delete;
    CacheKeeper& operator=(const CacheKeeper&) = delete;
    ~CacheKeeper() {
        Registry& registry = Registry::instance();
        const std::lock_guard guard(registry.lock);
        std::erase(registry.caches, &tls_cache);
        tls_cache.state = Cache::State::Closed;
        for (std::size_t i = 1; i < kClasses; ++i) {
            FreeList& list = tls_cache.lists[i];
            frame_depot::give_back(std::exchange(list.head, nullptr), i);
            frame_depot::give_back(list.full_batch.exchange(nullptr, std::memory_order_relaxed), i);
            list.room.store(0, std::memory_order_relaxed);
        }
    }
    void touch() const noexcept {}
};

thread_local CacheKeeper tls_keeper;

/// Opens the cache of a thread that never used it; false when it is closed for good.
bool open_cache() {
    if (tls_cache.state == Cache::State::Unregistered) {
        tls_keeper.touch();  // constructs it
    }
    return tls_cache.state == Cache::State::Open;
}

void* allocate_from_heap(std::size_t size) {
    void* const block = ::operator new(size);
    Registry::instance().on_heap.fetch_add(1, std::memory_order_relaxed);
    return block;
}

void free_to_heap(void* block) noexcept {
    // Release: whoever sees that no frame is left is ordered after what they did.
    Registry::instance().on_heap.fetch_sub(1, std::memory_order_release);
    ::operator delete(block);
}

/// The list is empty.
[[gnu::noinline]] void* allocate_slowly(std::size_t size_class) {
    if constexpr (kSanitized) {
        return allocate_from_heap(size_of_class(size_class));
    }
    if (!open_cache()) {
        return frame_depot::fetch_one(size_class);
    }
    FreeList& list = tls_cache.lists[size_class];
    const std::uint32_t batch = batch_of(size_class);
    std::uint32_t count = 0;
    FreeBlock* block = list.full_batch.load(std::memory_order_relaxed);
    if (block != nullptr) {
        list.full_batch.store(nullptr, std::memory_order_relaxed);
        count = batch;
    } else {
        block = frame_depot::fetch(size_class, count);
    }
    list.head = block->next;
    list.room.store(batch - count + 1, std::memory_order_relaxed);
    return block;
}

/// The list is full.
[[gnu::noinline]] void free_slowly(void* block, std::size_t size_class) noexcept {
    if constexpr (kSanitized) {
        return free_to_heap(block);
    }
    auto* const free_block = ::new (block) FreeBlock{nullptr};
    if (!open_cache()) {
        return frame_depot::give_back(free_block, size_class);
    }
    FreeList& list = tls_cache.lists[size_class];
    if (list.room.load(std::memory_order_relaxed) == 0) {  // it was open before
        if (FreeBlock* const batch = list.full_batch.load(std::memory_order_relaxed)) {
            frame_depot::give_back_batch(*batch, size_class);
        }
        list.full_batch.store(list.head, std::memory_order_relaxed);
        list.head = nullptr;
        list.room.store(batch_of(size_class), std::memory_order_relaxed);
    }
    free_block->next = list.head;
    list.head = free_block;
    list.add_room(-1U);
}

}  // namespace

void* allocate_pooled(std::size_t size_class) {
    FreeList& list = tls_cache.lists[size_class];
    FreeBlock* const block = list.head;
    if (block == nullptr) [[unlikely]] {
        return allocate_slowly(size_class);
    }
    list.head = block->next;
    list.add_room(1);
    return block;
}

void free_pooled(void* block, std::size_t size_class) noexcept {
    FreeList& list = tls_cache.lists[size_class];
    if (list.room.load(std::memory_order_relaxed) == 0) [[unlikely]] {
        return free_slowly(block, size_class);
    }
    list.head = ::new (block) FreeBlock{list.head};
    list.add_room(-1U);
}

void* allocate_large(std::size_t size) {
    return allocate_from_heap(size);
}

void free_large(void* block) noexcept {
    free_to_heap(block);
}

std::int64_t live_frames() noexcept {
    Registry& registry = Registry::instance();
    const std::lock_guard guard(registry.lock);
    std::int64_t sum = registry.on_heap.load(std::memory_order_acquire) + frame_depot::fetched();
    for (const Cache* const one : registry.caches) {
        sum -= one->kept();
    }
    return sum;
}

}  // namespace edo::detail
