// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/socket_addr.hpp"
#include "edo/net/stream_reader.hpp"
#include "edo/net/stream_writer.hpp"
#include "edo/net/tcp_stream.hpp"
#include "edo/runtime/result.hpp"

#include <memory>

namespace edo::net {

/// The reading side of a `TcpStream`, by reference; made by `TcpStream::split`.
class ReadHalf : public StreamReader<ReadHalf> {
public:
    explicit ReadHalf(const TcpStream& stream) noexcept : stream_(&stream) {}

    [[nodiscard]] Result<SocketAddr> local_addr() const { return stream_->local_addr(); }
    [[nodiscard]] Result<SocketAddr> peer_addr() const { return stream_->peer_addr(); }

    /// For edo's own modules.
    [[nodiscard]] detail::IoSource& io_source() const { return stream_->io_source(); }

private:
    const TcpStream* stream_;
};

/// The writing side of a `TcpStream`, by reference; made by `TcpStream::split`.
class WriteHalf : public StreamWriter<WriteHalf> {
public:
    explicit WriteHalf(const TcpStream& stream) noexcept : stream_(&stream) {}

    [[nodiscard]] Result<SocketAddr> local_addr() const { return stream_->local_addr(); }
    [[nodiscard]] Result<SocketAddr> peer_addr() const { return stream_->peer_addr(); }

    /// For edo's own modules.
    [[nodiscard]] detail::IoSource& io_source() const { return stream_->io_source(); }

private:
    const TcpStream* stream_;
};

/// The reading side of a connection, for one task to own; made by `TcpStream::into_split`.
class OwnedReadHalf : public StreamReader<OwnedReadHalf> {
public:
    explicit OwnedReadHalf(std::shared_ptr<TcpStream> stream) noexcept
        : stream_(std::move(stream)) {}

    [[nodiscard]] Result<SocketAddr> local_addr() const { return stream().local_addr(); }
    [[nodiscard]] Result<SocketAddr> peer_addr() const { return stream().peer_addr(); }

    /// Makes the whole stream again of its two halves, which are empty afterwards. No operation may
    /// be pending.
    /// @throws UsageError if they are not the halves of one stream; they then stay as they are.
    [[nodiscard]] TcpStream reunite(OwnedWriteHalf&& other) &&;

    /// For edo's own modules.
    [[nodiscard]] detail::IoSource& io_source() const { return stream().io_source(); }

private:
    [[nodiscard]] TcpStream& stream() const;

    std::shared_ptr<TcpStream> stream_;
};

/// The writing side of a connection, for one task to own; made by `TcpStream::into_split`.
///
/// Dropping it ends the stream towards the peer, as `shutdown` does.
class OwnedWriteHalf : public StreamWriter<OwnedWriteHalf> {
public:
    explicit OwnedWriteHalf(std::shared_ptr<TcpStream> stream) noexcept
        : stream_(std::move(stream)) {}
    OwnedWriteHalf(OwnedWriteHalf&&) noexcept = default;
    OwnedWriteHalf& operator=(OwnedWriteHalf&& other) noexcept;
    ~OwnedWriteHalf();

    [[nodiscard]] Result<SocketAddr> local_addr() const { return stream().local_addr(); }
    [[nodiscard]] Result<SocketAddr> peer_addr() const { return stream().peer_addr(); }

    /// Drops the half without ending the stream towards the peer; that happens when the read half
    /// is dropped, too.
    void forget() && noexcept { stream_.reset(); }

    /// For edo's own modules.
    [[nodiscard]] detail::IoSource& io_source() const { return stream().io_source(); }

private:
    friend class OwnedReadHalf;

    [[nodiscard]] TcpStream& stream() const;

    std::shared_ptr<TcpStream> stream_;
};

}  // namespace edo::net
