// SPDX-License-Identifier: MIT
// Copying from one socket to another one, without the bytes passing through this process.
#pragma once

#include "edo/runtime/result.hpp"
#include "edo/runtime/task/task.hpp"

#include <concepts>
#include <cstdint>

namespace edo::net {

class TcpStream;
class UnixStream;

}  // namespace edo::net

namespace edo::detail {

class IoSource;

/// Streams that are nothing but a socket. Not what derives from them: it may read differently.
template <class S>
concept PlainSocket = std::same_as<S, net::TcpStream> || std::same_as<S, net::UnixStream>;

/// Copies all that arrives at `from` to `to`, until the stream ends. Returns the number of bytes.
///
/// The first bytes go through a buffer of 8 KiB, of 64 KiB when one was filled. After 256 KiB they
/// go through a pipe, from socket to socket in the kernel (`splice`), where the system allows it:
/// docs/decisions/0014-sockets-are-spliced.md has the measurements. Whenever it reads, the buffer
/// and the pipe are empty; what is in them when it is destroyed or fails is lost.
[[nodiscard]] Task<Result<std::uint64_t>> relay(IoSource& from, IoSource& to);

}  // namespace edo::detail

namespace edo::net {

/// What `io::copy` finds for two sockets.
template <detail::PlainSocket From, detail::PlainSocket To>
[[nodiscard]] Task<Result<std::uint64_t>> relay(From& from, To& to) {
    return detail::relay(from.io_source(), to.io_source());
}

}  // namespace edo::net
