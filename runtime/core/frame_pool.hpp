// SPDX-License-Identifier: MIT
// Recycled memory for coroutine frames and task cells.
#pragma once

#include <cstddef>
#include <cstdint>

namespace edo::detail {

// Class `i` holds blocks of 16 * i bytes. Where the size is a constant, as in all coroutines, so is
// its class.
inline constexpr std::size_t kGranularity = 16;
inline constexpr std::size_t kLargestPooled = 1024;

constexpr std::size_t class_of(std::size_t size) noexcept {
    return (size + kGranularity - 1) / kGranularity;
}
constexpr std::size_t size_of_class(std::size_t index) noexcept {
    return index * kGranularity;
}
static_assert(size_of_class(class_of(80)) == 80 && size_of_class(class_of(81)) == 96);

[[nodiscard]] void* allocate_pooled(std::size_t size_class);
void free_pooled(void* block, std::size_t size_class) noexcept;
[[nodiscard]] void* allocate_large(std::size_t size);
void free_large(void* block) noexcept;

/// Memory for `size` bytes, aligned for any fundamental type; throws `std::bad_alloc`.
///
/// Small blocks come from a cache of the calling thread, in classes of 16 bytes. A block may be
/// given back on any thread. Under AddressSanitizer and ThreadSanitizer nothing is cached, because
/// a recycled block would hide a use after free.
[[nodiscard]] inline void* allocate_frame(std::size_t size) {
    return size <= kLargestPooled ? allocate_pooled(class_of(size)) : allocate_large(size);
}

/// Gives back a block of `allocate_frame(size)`; `size` must be the same.
inline void free_frame(void* block, std::size_t size) noexcept {
    size <= kLargestPooled ? free_pooled(block, class_of(size)) : free_large(block);
}

/// The number of blocks that are allocated now, over all threads. Exact when no other thread is
/// allocating; for tests, which end with the number they began with.
[[nodiscard]] std::int64_t live_frames() noexcept;

/// Base of types that are allocated from the pool. The sized `operator delete` needs the exact
/// dynamic type, which coroutine promises and final classes have.
struct Pooled {
    static void* operator new(std::size_t size) { return allocate_frame(size); }
    static void operator delete(void* block, std::size_t size) noexcept { free_frame(block, size); }
};

}  // namespace edo::detail
