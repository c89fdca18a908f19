// SPDX-License-Identifier: MIT
#include "edo/runtime/core/slab.hpp"

#include <cstdint>
#include <mutex>
#include <new>
#include <sys/mman.h>

namespace edo::detail {

namespace {

constexpr std::size_t kSegmentBytes = 1024 * 1024;
constexpr std::size_t kAlwaysKept = 8 * 1024 * 1024 / kSlabBytes;

struct FreeSlab {
    FreeSlab* next;
};

/// Constant-initialised and never destroyed: frames are freed until the very end of the process.
struct Source {
    std::mutex lock;
    FreeSlab* free = nullptr;
    std::size_t free_count = 0;
    std::size_t used_count = 0;
    std::uintptr_t segment = 0;  // what is left of it: [segment, segment_end)
    std::uintptr_t segment_end = 0;

    /// Maps a new segment, of which the part before the first aligned address is not used.
    void map_segment() {
        void* const memory = mmap(nullptr, kSegmentBytes + kSlabBytes, PROT_READ | PROT_WRITE,
                                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) {
            throw std::bad_alloc();
        }
        const auto address = reinterpret_cast<std::uintptr_t>(memory);
        segment = (address + kSlabBytes - 1) & ~std::uintptr_t{kSlabBytes - 1};
        segment_end = segment + kSegmentBytes;
    }
};

constinit Source source;

}  // namespace

void* allocate_slab() {
    const std::lock_guard guard(source.lock);
    void* slab = source.free;
    if (slab != nullptr) {
        source.free = source.free->next;
        --source.free_count;
    } else {
        if (source.segment == source.segment_end) {
            source.map_segment();
        }
        slab = reinterpret_cast<void*>(source.segment);
        source.segment += kSlabBytes;
    }
    ++source.used_count;
    return slab;
}

void free_slab(void* slab) noexcept {
    const std::lock_guard guard(source.lock);
    --source.used_count;
    if (source.free_count > source.used_count + kAlwaysKept) {
        munmap(slab, kSlabBytes);
        return;
    }
    source.free = ::new (slab) FreeSlab{source.free};
    ++source.free_count;
}

}  // namespace edo::detail
