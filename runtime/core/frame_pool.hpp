// SPDX-License-Identifier: MIT
// Recycled memory for coroutine frames and task cells.
#pragma once

#include <cstddef>
#include <cstdint>

namespace edo::detail {

/// Memory for `size` bytes, aligned for any fundamental type; throws `std::bad_alloc`.
///
/// Small blocks come from a cache of the calling thread, in classes of 16 bytes. A block may be
/// given back on any thread. Under AddressSanitizer and ThreadSanitizer nothing is cached, because
/// a recycled block would hide a use after free.
[[nodiscard]] void* allocate_frame(std::size_t size);

/// Gives back a block of `allocate_frame(size)`; `size` must be the same.
void free_frame(void* block, std::size_t size) noexcept;

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
