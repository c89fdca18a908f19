// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/address_error.hpp"
#include "edo/net/keepalive.hpp"
#include "edo/net/ready_waits.hpp"
#include "edo/net/socket/relay.hpp"
#include "edo/net/socket/socket.hpp"
#include "edo/net/socket_addr.hpp"
#include "edo/net/split_halves.hpp"
#include "edo/net/stream_reader.hpp"
#include "edo/net/stream_writer.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/task/task.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

namespace edo::net {

class TcpStream;
/// What `TcpStream::split` and `TcpStream::into_split` make.
using ReadHalf = BasicReadHalf<TcpStream>;
using WriteHalf = BasicWriteHalf<TcpStream>;
using OwnedReadHalf = BasicOwnedReadHalf<TcpStream>;
using OwnedWriteHalf = BasicOwnedWriteHalf<TcpStream>;

/// A TCP connection.
///
/// Made by `connect`, or by `TcpListener::accept`. Destroying it closes the connection; what was
/// written before is still sent. Reading and writing are described in `StreamReader` and
/// `StreamWriter`, readiness in `ReadyWaits`.
///
/// A stream may be moved while operations on it are pending, but not destroyed.
///
/// @par Thread safety
/// One task may read while another one writes; see `split` and `into_split`. Options and addresses
/// may be used at any time.
///
/// @par Misuse
/// Using a stream that is empty, was moved from or split throws `UsageError`.
///
/// @par Example
/// @snippet tcp_stream.cpp echo
class TcpStream : public StreamReader<TcpStream>,
                  public StreamWriter<TcpStream>,
                  public ReadyWaits<TcpStream> {
public:
    /// An empty stream, as after a move.
    TcpStream() noexcept = default;

    /// Connects to a host given by name or number, for example "localhost:80" or "[::1]:80". The
    /// addresses of a name are tried one after the other.
    ///
    /// @return The connection, or the error of the last address that was tried.
    ///
    /// @par Errors
    /// - `std::errc::connection_refused`: nothing listens there.
    /// - `std::errc::host_unreachable`, `std::errc::network_unreachable`: there is no way there.
    /// - `std::errc::timed_out`: no answer. The system takes minutes to say so: use `timeout`.
    /// - Those of `lookup_host`.
    ///
    /// @par Cancel safety
    /// Cancel safe: a connection that is being made is given up, and its descriptor closed.
    ///
    /// @par Example
    /// @snippet tcp_stream.cpp connect
    [[nodiscard]] static Task<AddressResult<TcpStream>> connect(std::string_view address);
    /// Connects to an address.
    [[nodiscard]] static Task<AddressResult<TcpStream>> connect(SocketAddr address);

    /// Takes over a connected socket, and makes it non-blocking and closed on exec.
    ///
    /// @param descriptor Belongs to edo from here on; if this fails, it is closed.
    /// @par Errors
    /// `std::errc::invalid_argument`: it is not a stream socket.
    [[nodiscard]] static Result<TcpStream> from_fd(int descriptor);
    /// Gives the descriptor away. It stays non-blocking. No operation may be pending.
    ///
    /// @par Misuse
    /// With `ReactorKind::IoUring` a stream that has been read from may hold bytes that have left
    /// the socket already, or wait for some: then this throws `UsageError`, and the stream stays
    /// as it was. To be sure, on a task of the runtime call `descriptor`, then `try_read` until it
    /// would block, then this.
    [[nodiscard]] int into_fd() && { return socket_.release(); }

    /// A reading and a writing view, which two branches of a `join` or `select` can use at once.
    /// They refer to this stream, which must outlive them and must not be moved meanwhile.
    [[nodiscard]] std::pair<ReadHalf, WriteHalf> split();
    /// A reading and a writing half that two tasks can own. The connection is closed when both are
    /// gone; dropping the write half first ends the stream towards the peer.
    /// @par Example
    /// @snippet tcp_stream.cpp into_split
    [[nodiscard]] std::pair<OwnedReadHalf, OwnedWriteHalf> into_split() &&;

    using StreamWriter<TcpStream>::shutdown;
    /// Shuts down one direction or both, without waiting.
    [[nodiscard]] detail::ShutdownOp shutdown(Shutdown how) {
        return detail::ShutdownOp(io_source(), how);
    }

    /// The address of this end.
    [[nodiscard]] Result<SocketAddr> local_addr() const { return socket_.local_addr(); }
    /// The address of the other end.
    /// @par Errors
    /// `std::errc::not_connected`: the connection is gone.
    [[nodiscard]] Result<SocketAddr> peer_addr() const { return socket_.peer_addr(); }

    /// Whether small writes are sent at once instead of waiting for the acknowledgement of earlier
    /// ones (TCP_NODELAY). Off by default; request and response protocols want it on.
    Result<void> set_nodelay(bool on) { return socket_.set_nodelay(on); }
    [[nodiscard]] Result<bool> nodelay() const { return socket_.nodelay(); }

    /// Whether what arrives is acknowledged at once instead of with the next data that is sent
    /// (TCP_QUICKACK). The system turns it on and off by itself: set it again after each read.
    Result<void> set_quickack(bool on) { return socket_.set_quickack(on); }
    [[nodiscard]] Result<bool> quickack() const { return socket_.quickack(); }

    /// What happens to unsent data when the connection is closed (SO_LINGER). With a time of zero
    /// the connection is aborted at once and the peer gets a reset. With a longer one the
    /// destructor
    /// **blocks its thread** until the data is sent or the time is over. Default: none, the system
    /// sends the data in the background.
    Result<void> set_linger(std::optional<std::chrono::seconds> time) {
        return socket_.set_linger(time);
    }
    [[nodiscard]] Result<std::optional<std::chrono::seconds>> linger() const {
        return socket_.linger();
    }

    /// Whether the system asks an idle peer now and then if it is still there. A peer that is gone
    /// then fails the connection with `std::errc::timed_out`.
    Result<void> set_keepalive(bool on) { return socket_.set_keepalive(on); }
    /// Turns it on, with the given times.
    Result<void> set_keepalive(const Keepalive& settings) {
        return socket_.set_keepalive(settings);
    }
    [[nodiscard]] Result<bool> keepalive() const { return socket_.keepalive(); }

    /// Sizes of the system's buffers, in bytes. Linux doubles what is set, and caps it.
    Result<void> set_send_buffer_size(std::size_t bytes) {
        return socket_.set_send_buffer_size(bytes);
    }
    Result<void> set_recv_buffer_size(std::size_t bytes) {
        return socket_.set_recv_buffer_size(bytes);
    }
    [[nodiscard]] Result<std::size_t> send_buffer_size() const {
        return socket_.send_buffer_size();
    }
    [[nodiscard]] Result<std::size_t> recv_buffer_size() const {
        return socket_.recv_buffer_size();
    }

    /// How many routers a packet may pass (the hop limit of IPv6).
    Result<void> set_ttl(std::uint32_t hops) { return socket_.set_ttl(hops); }
    [[nodiscard]] Result<std::uint32_t> ttl() const { return socket_.ttl(); }

    /// The pending error of the socket, which is thereby cleared; an empty code if there is none.
    [[nodiscard]] Result<std::error_code> take_error() { return socket_.take_error(); }

    /// For edo's own modules.
    explicit TcpStream(detail::Socket socket) noexcept : socket_(std::move(socket)) {}
    [[nodiscard]] detail::IoSource& io_source() const { return socket_.source(); }

private:
    detail::Socket socket_;
};

}  // namespace edo::net
