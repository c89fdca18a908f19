// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/socket/stream_ops.hpp"
#include "edo/runtime/result.hpp"

#include <cstddef>
#include <span>
#include <string_view>

namespace edo::net {

/// The writing side of a connection: what `TcpStream`, `UnixStream`, their write halves and pipes
/// have in common. (A pipe has no `shutdown`: destroying the sender ends it.)
///
/// Only one task may write to a connection at a time; another one may read from it meanwhile. No
/// operation ever raises SIGPIPE.
template <class Stream, detail::Medium medium = detail::Medium::Socket>
class StreamWriter {
public:
    /// Writes some bytes: as many as the socket takes at once. Use `write_all` to write all.
    ///
    /// Waits until the socket's send buffer has room. That bytes were written does not mean that
    /// the peer has received them.
    ///
    /// @param bytes Must stay valid until the operation is over. None completes at once with 0.
    /// @return The number of bytes written.
    ///
    /// @par Errors
    /// No bytes were written.
    /// - `std::errc::broken_pipe`, `std::errc::connection_reset`: the peer has closed or aborted
    ///   the connection, or `shutdown` was called before.
    /// - `std::errc::timed_out`: the peer does not answer any more.
    /// - `Errc::RuntimeShutdown`: the runtime that serves the connection is gone.
    ///
    /// @par Cancel safety
    /// Cancel safe: a write that was dropped has written nothing.
    ///
    /// @par Example
    /// @snippet tcp_stream.cpp write
    [[nodiscard]] detail::WriteOp write(std::span<const std::byte> bytes) {
        return detail::WriteOp(source(), bytes, medium);
    }
    /// The same with text.
    [[nodiscard]] detail::WriteOp write(std::string_view text) { return write(bytes_of(text)); }

    /// Writes all bytes; Asio calls this `write`.
    ///
    /// @par Errors
    /// As for `write`, but some bytes may have been written; how many is lost.
    ///
    /// @par Cancel safety
    /// **Not** cancel safe: when it is dropped, some bytes may have been written and others not.
    /// Use `write` in a loop where that matters.
    ///
    /// @par Example
    /// @snippet tcp_stream.cpp write_all
    [[nodiscard]] detail::WriteAllOp write_all(std::span<const std::byte> bytes) {
        return detail::WriteAllOp(source(), bytes, medium);
    }
    /// The same with text.
    [[nodiscard]] detail::WriteAllOp write_all(std::string_view text) {
        return write_all(bytes_of(text));
    }

    /// Like `write` with several buffers, one after the other, without copying them together. One
    /// call takes at most 64 of them.
    ///
    /// @param buffers The list and the buffers must stay valid until the operation is over.
    ///
    /// @par Example
    /// @snippet tcp_stream.cpp vectored
    [[nodiscard]] detail::WriteVectoredOp write_vectored(
        std::span<const std::span<const std::byte>> buffers) {
        return detail::WriteVectoredOp(source(), buffers, medium);
    }

    /// Writes what the socket takes now, without waiting.
    ///
    /// @par Errors
    /// As for `write`, and `std::errc::operation_would_block` if the socket takes nothing now.
    [[nodiscard]] Result<std::size_t> try_write(std::span<const std::byte> bytes) {
        return detail::try_write(source(), bytes, medium);
    }
    /// The same with text.
    [[nodiscard]] Result<std::size_t> try_write(std::string_view text) {
        return try_write(bytes_of(text));
    }
    /// The same with several buffers, as for `write_vectored`.
    [[nodiscard]] Result<std::size_t> try_write_vectored(
        std::span<const std::span<const std::byte>> buffers) {
        return detail::try_write_vectored(source(), buffers, medium);
    }

    /// Waits until a write would not block: there is room, or an error.
    ///
    /// @par Cancel safety
    /// Cancel safe.
    [[nodiscard]] detail::ReadinessOp writable() {
        return detail::ReadinessOp(source(), detail::Direction::Write);
    }

    /// Ends the stream towards the peer, who sees the end after all that was written. Reading goes
    /// on. Never waits.
    ///
    /// @par Errors
    /// `std::errc::not_connected`: the connection is gone already.
    [[nodiscard]] detail::ShutdownOp shutdown()
        requires(medium == detail::Medium::Socket)
    {
        return detail::ShutdownOp(source(), Shutdown::Write);
    }

protected:
    StreamWriter() = default;
    ~StreamWriter() = default;
    StreamWriter(const StreamWriter&) = default;
    StreamWriter& operator=(const StreamWriter&) = default;

private:
    [[nodiscard]] detail::IoSource& source() const {
        return static_cast<const Stream&>(*this).io_source();
    }
    [[nodiscard]] static std::span<const std::byte> bytes_of(std::string_view text) noexcept {
        return std::as_bytes(std::span(text.data(), text.size()));
    }
};

}  // namespace edo::net
