// SPDX-License-Identifier: MIT
#include "edo/runtime/core/frame_pool.hpp"

#include "edo/runtime/core/sanitizers.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <new>
#include <vector>

namespace edo::detail {

namespace {

constexpr std::size_t kClasses = 1024 / kGranularity;

constexpr std::size_t size_of_class(std::size_t index) noexcept {
    return index * kGranularity + kHeader;
}
static_assert(size_of_class(class_of(88)) == 88 && size_of_class(class_of(89)) == 104);
static_assert(class_of(kLargestPooled) == kClasses - 1);
// A thread keeps at most this much free memory a class; a burst of tasks is given back.
constexpr std::size_t kMaxCachedBytes = 256 * 1024;

struct FreeBlock {
    FreeBlock* next;
};

struct FreeList {
    FreeBlock* head = nullptr;
    std::uint32_t room = 0;  // blocks that may still be kept; 0 before the thread is registered
};

/// The cache of one thread. Constant-initialised and trivially destructible, so that it can be used
/// by frames that are freed while the thread's other thread-local objects are being destroyed.
struct Cache {
    std::array<FreeList, kClasses> lists;
    // Blocks allocated minus blocks freed by this thread. Only this thread writes it; atomic for
    // the reader in `live_frames`.
    std::atomic<std::int64_t> live{0};
    enum class State : std::uint8_t { Unregistered, Open, Closed } state = State::Unregistered;

    void count(std::int64_t change) noexcept {
        live.store(live.load(std::memory_order_relaxed) + change, std::memory_order_relaxed);
    }
};

/// All caches, and what threads that have ended left behind. Never destroyed.
struct Registry {
    std::mutex lock;
    std::vector<Cache*> caches;
    std::int64_t ended = 0;

    static Registry& instance() {
        static auto* const registry = new Registry;
        return *registry;
    }
};

thread_local constinit Cache tls_cache{};

/// Registers the thread's cache, and empties it when the thread ends; frames that are freed after
/// that go to the heap directly.
struct CacheKeeper {
    CacheKeeper() {
        Registry& registry = Registry::instance();
        {
            const std::lock_guard guard(registry.lock);
            registry.caches.push_back(&tls_cache);
        }
        tls_cache.state = Cache::State::Open;
        for (std::size_t i = 0; i < kClasses && !kSanitized; ++i) {
            tls_cache.lists[i].room = std::uint32_t(kMaxCachedBytes / size_of_class(i));
        }
    }
    CacheKeeper(const CacheKeeper&) = delete;
    CacheKeeper& operator=(const CacheKeeper&) = delete;
    ~CacheKeeper() {
        Registry& registry = Registry::instance();
        {
            const std::lock_guard guard(registry.lock);
            std::erase(registry.caches, &tls_cache);
            registry.ended += tls_cache.live.load(std::memory_order_relaxed);
        }
        tls_cache.state = Cache::State::Closed;
        for (FreeList& list : tls_cache.lists) {
            while (FreeBlock* const block = list.head) {
                list.head = block->next;
                ::operator delete(block);
            }
            list.room = 0;
        }
    }
    void touch() const noexcept {}
};

thread_local CacheKeeper tls_keeper;

/// Counts a block, on a thread whose cache may not be open yet, or not any more.
void count_anywhere(std::int64_t change) noexcept {
    if (tls_cache.state == Cache::State::Unregistered) {
        tls_keeper.touch();  // constructs it
    }
    if (tls_cache.state == Cache::State::Closed) {
        Registry& registry = Registry::instance();
        const std::lock_guard guard(registry.lock);
        registry.ended += change;
    } else {
        tls_cache.count(change);
    }
}

[[gnu::noinline]] void* allocate_from_heap(std::size_t size) {
    void* const block = ::operator new(size);
    count_anywhere(1);
    return block;
}

[[gnu::noinline]] void free_to_heap(void* block) noexcept {
    count_anywhere(-1);
    ::operator delete(block);
}

}  // namespace

void* allocate_pooled(std::size_t size_class) {
    FreeList& list = tls_cache.lists[size_class];
    if (FreeBlock* const block = list.head) {
        list.head = block->next;
        ++list.room;
        tls_cache.count(1);
        return block;
    }
    return allocate_from_heap(size_of_class(size_class));
}

void free_pooled(void* block, std::size_t size_class) noexcept {
    FreeList& list = tls_cache.lists[size_class];
    if (list.room > 0) {
        auto* const free_block = static_cast<FreeBlock*>(block);
        free_block->next = list.head;
        list.head = free_block;
        --list.room;
        tls_cache.count(-1);
        return;
    }
    free_to_heap(block);
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
    std::int64_t sum = registry.ended;
    for (const Cache* const one : registry.caches) {
        sum += one->live.load(std::memory_order_relaxed);
    }
    return sum;
}

}  // namespace edo::detail
