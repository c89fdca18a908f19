// SPDX-License-Identifier: MIT
// The system calls of datagram sockets of all kinds.
#pragma once

#include "edo/net/socket/raw_addr.hpp"
#include "edo/net/socket/stream_ops.hpp"

#include <cstddef>
#include <sys/types.h>

namespace edo::detail {

/// Never raises SIGPIPE. `target` is null for the peer of a connected socket.
[[nodiscard]] ssize_t send_datagram(const IoSource& source, ConstBytes bytes,
                                    const RawAddr* target) noexcept;

/// What `receive_datagram` learns beside the number of bytes.
struct DatagramInfo {
    RawAddr from;
    bool truncated = false;
};

[[nodiscard]] ssize_t receive_datagram(const IoSource& source, Bytes buffer, int flags,
                                       DatagramInfo& info) noexcept;

}  // namespace edo::detail
