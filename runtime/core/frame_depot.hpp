// SPDX-License-Identifier: MIT
// The free blocks that no thread keeps for itself, by size class.
#pragma once

#include "edo/runtime/core/frame_pool.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace edo::detail {

struct FreeBlock {
    FreeBlock* next;
};

/// Threads fetch and give back whole chains of blocks, so that the lock of their class is taken
/// once for many. Full batches are kept as they come, up to a megabyte; the blocks of what exceeds
/// that go back to the slabs that they were cut out of, and a slab that has all its blocks is given
/// up. After J. Bonwick and J. Adams, "Magazines and Vmem", 2001.
namespace frame_depot {

/// Classes count from 1.
inline constexpr std::size_t kClasses = class_of(kLargestPooled) + 1;

/// The number of blocks in a full batch.
constexpr std::uint32_t batch_of(std::size_t size_class) noexcept {
    constexpr std::size_t kBytes = 8 * 1024;
    return std::uint32_t(std::clamp<std::size_t>(kBytes / size_of_class(size_class), 8, 128));
}

/// A chain of at most a batch. The number of its blocks is put into `count`.
/// @throws std::bad_alloc
[[nodiscard]] FreeBlock* fetch(std::size_t size_class, std::uint32_t& count);
/// One block.
/// @throws std::bad_alloc
[[nodiscard]] FreeBlock* fetch_one(std::size_t size_class);

/// Takes a chain back that has as many blocks as a batch.
void give_back_batch(FreeBlock& chain, std::size_t size_class) noexcept;
/// Takes any chain back, also an empty one.
void give_back(FreeBlock* chain, std::size_t size_class) noexcept;

/// The number of blocks that were fetched and not given back.
[[nodiscard]] std::int64_t fetched() noexcept;

}  // namespace frame_depot

}  // namespace edo::detail
