// SPDX-License-Identifier: MIT
// Where the frame pool's memory comes from: aligned pieces of 64 KiB, taken from the system a
// megabyte at a time.
#pragma once

#include <cstddef>

namespace edo::detail {

inline constexpr std::size_t kSlabBytes = 64 * 1024;

/// A piece of memory aligned to its size, so that an address inside it tells where it begins.
/// @throws std::bad_alloc. @par Thread safety Any thread.
[[nodiscard]] void* allocate_slab();

/// Gives a slab back. As many as are in use, and some more, are kept for the next burst; beyond
/// that the memory goes back to the system. Any thread.
void free_slab(void* slab) noexcept;

}  // namespace edo::detail
