// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/socket/stream_ops.hpp"
#include "edo/runtime/result.hpp"

#include <cstddef>
#include <span>

namespace edo::net {

/// The reading side of a connection: what `TcpStream`, `UnixStream`, their read halves and pipes
/// have in common. (A pipe has no `peek`.)
///
/// Only one task may read from a connection at a time; another one may write to it meanwhile.
template <class Stream, detail::Medium medium = detail::Medium::Socket>
class StreamReader {
public:
    /// Reads some bytes: as many as there are, up to the size of `buffer`, in one system call.
    ///
    /// Waits until there is at least one, or the peer has closed its sending side. Use `read_exact`
    /// to fill the buffer.
    ///
    /// @param buffer Must stay valid until the operation is over. An empty buffer completes at once
    ///     with 0.
    /// @return The number of bytes read, or 0 at the end of the stream.
    ///
    /// @par Errors
    /// No bytes were read.
    /// - `std::errc::connection_reset`: the peer has aborted the connection.
    /// - `std::errc::timed_out`: the peer does not answer any more.
    /// - `Errc::RuntimeShutdown`: the runtime that serves the connection is gone.
    ///
    /// @par Cancel safety
    /// Cancel safe: a read that was dropped has read nothing.
    ///
    /// @par Example
    /// @snippet tcp_stream.cpp read
    [[nodiscard]] detail::ReadOp read(std::span<std::byte> buffer) {
        return detail::ReadOp(source(), buffer, medium);
    }

    /// Fills the whole buffer; Asio calls this `read`.
    ///
    /// @param buffer As for `read`.
    ///
    /// @par Errors
    /// As for `read`, and `Errc::UnexpectedEof` if the stream ends before the buffer is full. The
    /// bytes that had arrived until then are in the buffer, but their number is lost.
    ///
    /// @par Cancel safety
    /// **Not** cancel safe: bytes that had arrived when it was dropped are lost. Use `read` in a
    /// loop where that matters.
    ///
    /// @par Example
    /// @snippet tcp_stream.cpp read_exact
    [[nodiscard]] detail::ReadExactOp read_exact(std::span<std::byte> buffer) {
        return detail::ReadExactOp(source(), buffer, medium);
    }

    /// Like `read` with several buffers, which are filled one after the other. One call fills at
    /// most 64 of them.
    ///
    /// @param buffers The list and the buffers must stay valid until the operation is over.
    ///
    /// @par Example
    /// @snippet tcp_stream.cpp vectored
    [[nodiscard]] detail::ReadVectoredOp read_vectored(
        std::span<const std::span<std::byte>> buffers) {
        return detail::ReadVectoredOp(source(), buffers, medium);
    }

    /// Like `read`, but leaves the bytes in the socket: the next read yields them again.
    [[nodiscard]] detail::PeekOp peek(std::span<std::byte> buffer)
        requires(medium == detail::Medium::Socket)
    {
        return detail::PeekOp(source(), buffer);
    }

    /// Reads what is there without waiting.
    ///
    /// @return The number of bytes read, 0 at the end of the stream or for an empty buffer.
    ///
    /// @par Errors
    /// As for `read`, and `std::errc::operation_would_block` if there is nothing to read now.
    [[nodiscard]] Result<std::size_t> try_read(std::span<std::byte> buffer) {
        return detail::try_read(source(), buffer, medium);
    }
    /// The same with several buffers, as for `read_vectored`.
    [[nodiscard]] Result<std::size_t> try_read_vectored(
        std::span<const std::span<std::byte>> buffers) {
        return detail::try_read_vectored(source(), buffers, medium);
    }

    /// Waits until a read would not block: there are bytes, or the end of the stream, or an error.
    ///
    /// @par Cancel safety
    /// Cancel safe.
    [[nodiscard]] detail::ReadinessOp readable() {
        return detail::ReadinessOp(source(), detail::Direction::Read);
    }

protected:
    StreamReader() = default;
    ~StreamReader() = default;
    StreamReader(const StreamReader&) = default;
    StreamReader& operator=(const StreamReader&) = default;

private:
    [[nodiscard]] detail::IoSource& source() const {
        return static_cast<const Stream&>(*this).io_source();
    }
};

}  // namespace edo::net
