// SPDX-License-Identifier: MIT
// Writing to a descriptor that is not a socket, without SIGPIPE.
#pragma once

#include <sys/types.h>
#include <sys/uio.h>

namespace edo::detail {

/// Like `writev`, but goes on after EINTR, and yields EPIPE without raising a signal.
[[nodiscard]] ssize_t write_to_pipe(int descriptor, const iovec* list, int count) noexcept;

}  // namespace edo::detail
