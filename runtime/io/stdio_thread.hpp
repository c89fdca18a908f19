// SPDX-License-Identifier: MIT
// The threads that read and write standard input, output and error.
#pragma once

#include "edo/runtime/blocking/detached_pool.hpp"
#include "edo/runtime/result.hpp"

#include <cstddef>
#include <span>

namespace edo::detail {

/// How much is read at a time, and how much may wait to be written.
inline constexpr std::size_t kStdioBuffer = std::size_t{64} << 10;

/// One thread for each of the three, so that none waits for another, or for a slow name look-up.
[[nodiscard]] DetachedPool& stdio_threads();

/// Reads or writes some bytes, on a thread of the pool. Blocks until it can, even if the descriptor
/// is in non-blocking mode, since its flags are shared with other processes and none of ours.
[[nodiscard]] Result<std::size_t> read_blocking(int descriptor, std::span<std::byte> to) noexcept;
[[nodiscard]] Result<std::size_t> write_blocking(int descriptor,
                                                 std::span<const std::byte> from) noexcept;

}  // namespace edo::detail
