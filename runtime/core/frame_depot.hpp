// SPDX-License-Identifier: MIT
// The free blocks that no thread keeps for itself, by size class.
#pragma once

#include <cstddef>
#include <cstdint>

namespace edo::detail {

struct FreeBlock {
    FreeBlock* next;
};

/// Blocks of a class, cut out of slabs. Threads fetch and give back whole chains of them, so that
/// its lock is taken once for many blocks. A slab whose blocks are all back is given up. After
/// J. Bonwick and J. Adams, "Magazines and Vmem", 2001.
namespace frame_depot {

/// Classes are those of `size_of_class` in frame_pool.hpp, from 1.
inline constexpr std::size_t kClasses = 65;

/// A chain of 1 to `most` blocks. Their number is put into `count`.
/// @throws std::bad_alloc
[[nodiscard]] FreeBlock* fetch(std::size_t size_class, std::uint32_t most, std::uint32_t& count);

/// Takes a whole chain back.
void give_back(FreeBlock* chain, std::size_t size_class) noexcept;

/// The number of blocks that were fetched and not given back.
[[nodiscard]] std::int64_t fetched() noexcept;

}  // namespace frame_depot

}  // namespace edo::detail
