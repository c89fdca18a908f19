// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/address_error.hpp"
#include "edo/net/ready_waits.hpp"
#include "edo/net/socket/fd_ops.hpp"
#include "edo/net/socket/relay.hpp"
#include "edo/net/socket/socket.hpp"
#include "edo/net/split_halves.hpp"
#include "edo/net/stream_reader.hpp"
#include "edo/net/stream_writer.hpp"
#include "edo/net/unix_addr.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/task/task.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <sys/types.h>
#include <system_error>
#include <utility>

namespace edo::net {

class UnixStream;
/// What `UnixStream::split` and `UnixStream::into_split` make.
using UnixReadHalf = BasicReadHalf<UnixStream>;
using UnixWriteHalf = BasicWriteHalf<UnixStream>;
using UnixOwnedReadHalf = BasicOwnedReadHalf<UnixStream>;
using UnixOwnedWriteHalf = BasicOwnedWriteHalf<UnixStream>;

/// Who is at the other end of a Unix socket, as the kernel vouches for it.
struct UCred {
    UCred() = default;
    std::optional<pid_t> pid;  ///< none where it is not visible from this process
    uid_t uid = 0;
    gid_t gid = 0;
};

/// A connection over a Unix stream socket.
///
/// Made by `connect`, by `pair`, or by `UnixListener::accept`. Reading and writing are described in
/// `StreamReader` and `StreamWriter`, readiness in `ReadyWaits`; nothing raises SIGPIPE. A stream
/// may be moved while operations on it are pending, but not destroyed.
///
/// @par Thread safety
/// One task may read while another one writes; see `split` and `into_split`.
///
/// @par Misuse
/// Using a stream that is empty, was moved from or split throws `UsageError`.
///
/// @par Example
/// @snippet unix_sockets.cpp stream
class UnixStream : public StreamReader<UnixStream>,
                   public StreamWriter<UnixStream>,
                   public ReadyWaits<UnixStream> {
public:
    /// An empty stream, as after a move.
    UnixStream() noexcept = default;

    /// Connects to the socket at `path`. Where the server's queue of connections is full, this
    /// waits until there is room.
    ///
    /// @par Errors
    /// - `std::errc::no_such_file_or_directory`: there is no such file.
    /// - `std::errc::connection_refused`: nobody listens there any more.
    /// - `std::errc::permission_denied`: the file may not be written to.
    /// - `std::errc::wrong_protocol_type`: it is a datagram socket.
    /// - Those of `UnixAddr::from_path`.
    ///
    /// @par Cancel safety
    /// Cancel safe: nothing is left of a connection that is not made.
    [[nodiscard]] static Task<AddressResult<UnixStream>> connect(std::string_view path);
    /// The same with an address, for example an abstract name.
    [[nodiscard]] static Task<AddressResult<UnixStream>> connect(UnixAddr address);

    /// Two streams that are connected to each other.
    /// @par Errors
    /// `std::errc::too_many_files_open`
    [[nodiscard]] static Result<std::pair<UnixStream, UnixStream>> pair();

    /// Takes over a connected socket, and makes it non-blocking and closed on exec.
    ///
    /// @param descriptor Belongs to edo from here on; if this fails, it is closed.
    /// @par Errors
    /// `std::errc::invalid_argument`: it is not a Unix stream socket.
    [[nodiscard]] static Result<UnixStream> from_fd(int descriptor);
    /// Gives the descriptor away. It stays non-blocking. No operation may be pending.
    [[nodiscard]] int into_fd() && { return socket_.release(); }

    /// A reading and a writing view, which two branches of a `join` or `select` can use at once.
    /// They refer to this stream, which must outlive them and must not be moved meanwhile.
    [[nodiscard]] std::pair<UnixReadHalf, UnixWriteHalf> split();
    /// A reading and a writing half that two tasks can own. The connection is closed when both are
    /// gone; dropping the write half first ends the stream towards the peer.
    [[nodiscard]] std::pair<UnixOwnedReadHalf, UnixOwnedWriteHalf> into_split() &&;

    /// Writes some bytes, like `write`, and sends descriptors with the first of them. The peer gets
    /// descriptors of its own for the same open files; these stay open here.
    ///
    /// @param bytes At least one; must stay valid until the operation is over.
    /// @param fds At most `kMaxFdsInMessage`; the list must stay valid as well.
    /// @return The number of bytes written: at least one, and then all descriptors are sent. The
    ///     rest of the bytes must be written without them.
    ///
    /// @par Errors
    /// Nothing was sent.
    /// - `std::errc::invalid_argument`: no bytes, or too many descriptors.
    /// - `std::errc::bad_file_descriptor`: one of them is not open.
    /// - Those of `write`.
    ///
    /// @par Cancel safety
    /// Cancel safe: one that was dropped has sent nothing.
    ///
    /// @par Example
    /// @snippet unix_sockets.cpp fds
    [[nodiscard]] detail::SendFdsOp send_with_fds(std::span<const std::byte> bytes,
                                                  std::span<const int> fds) {
        return detail::SendFdsOp(io_source(), bytes, fds);
    }

    /// Reads some bytes, like `read`, and takes the descriptors that came with them. Bytes before
    /// and behind those that were sent with descriptors come in calls of their own.
    ///
    /// A plain `read` of such bytes drops the descriptors, and so does this for those beyond
    /// `max_fds`: the kernel closes them, and `ReceivedWithFds::fds_lost` says so.
    ///
    /// @param buffer As for `read`.
    /// @param max_fds How many descriptors to accept: a peer must not be able to send any number.
    ///
    /// @par Cancel safety
    /// Cancel safe: one that was dropped has taken neither bytes nor descriptors.
    [[nodiscard]] detail::ReceiveFdsOp recv_with_fds(std::span<std::byte> buffer,
                                                     std::size_t max_fds) {
        return detail::ReceiveFdsOp(io_source(), buffer, max_fds);
    }

    using StreamWriter<UnixStream>::shutdown;
    /// Shuts down one direction or both, without waiting.
    [[nodiscard]] detail::ShutdownOp shutdown(Shutdown how) {
        return detail::ShutdownOp(io_source(), how);
    }

    /// The process that connected, or listens, at the other end, as it was at that time.
    [[nodiscard]] Result<UCred> peer_cred() const;
    /// The address of this end; unnamed for most that connect.
    [[nodiscard]] Result<UnixAddr> local_addr() const;
    /// The address of the other end.
    [[nodiscard]] Result<UnixAddr> peer_addr() const;
    /// The pending error of the socket, which is thereby cleared; an empty code if there is none.
    [[nodiscard]] Result<std::error_code> take_error() { return socket_.take_error(); }

    /// For edo's own modules.
    explicit UnixStream(detail::Socket socket) noexcept : socket_(std::move(socket)) {}
    [[nodiscard]] detail::IoSource& io_source() const { return socket_.source(); }

private:
    detail::Socket socket_;
};

}  // namespace edo::net
