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
// Who has used that much gets whole huge pages, where the system gives them to who asks: one fault
// in place of 512, and fewer misses when addresses are looked up.
constexpr std::size_t kSmall = 4 * 1024 * 1024;
constexpr std::size_t kHugePageBytes = 2 * 1024 * 1024;

/// New memory that is aligned to `alignment`, a power of two.
std::uintptr_t map_aligned(std::size_t bytes, std::size_t alignment) {
    void* const memory = mmap(nullptr, bytes + alignment, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        throw std::bad_alloc();
    }
    const auto begin = reinterpret_cast<std::uintptr_t>(memory);
    const std::uintptr_t aligned = (begin + alignment - 1) & ~(alignment - 1);
    if (aligned != begin) {
        munmap(memory, aligned - begin);
    }
    // The mapping has `alignment` more than is needed, so there is always something behind.
    munmap(reinterpret_cast<void*>(aligned + bytes), begin + alignment - aligned);
    return aligned;
}

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

    std::size_t mapped = 0;  // bytes, ever

    void map_segment() {
        const bool huge = mapped >= kSmall;
        const std::size_t bytes = huge ? kHugePageBytes : kSegmentBytes;
        segment = map_aligned(bytes, huge ? kHugePageBytes : kSlabBytes);
        segment_end = segment + bytes;
        mapped += bytes;
        if (huge) {
            madvise(reinterpret_cast<void*>(segment), bytes, MADV_HUGEPAGE);  // or as before
        }
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
