// SPDX-License-Identifier: MIT
// Writing to a pipe, or from a pipe to a socket, without SIGPIPE.
#pragma once

#include <cstddef>
#include <sys/types.h>
#include <sys/uio.h>

namespace edo::detail {

/// Like `writev`, but goes on after EINTR, and yields EPIPE without raising a signal.
[[nodiscard]] ssize_t write_to_pipe(int descriptor, const iovec* list, int count) noexcept;

/// Moves up to `count` bytes from a pipe to a socket without waiting for either; goes on after
/// EINTR, and yields EPIPE without raising a signal.
[[nodiscard]] ssize_t splice_out(int pipe, int socket, std::size_t count) noexcept;

}  // namespace edo::detail
