// SPDX-License-Identifier: MIT
// The two directions of a connection apart: what `TcpStream` and `UnixStream` have in common.
#pragma once

#include "edo/net/ready_waits.hpp"
#include "edo/net/stream_reader.hpp"
#include "edo/net/stream_writer.hpp"

#include <memory>
#include <utility>

namespace edo::detail {

/// @throws UsageError
[[noreturn]] void throw_empty_half();
[[noreturn]] void throw_other_half();
/// Ends the stream towards the peer.
void end_stream(const IoSource& source) noexcept;

}  // namespace edo::detail

namespace edo::net {

template <class Stream>
class BasicOwnedWriteHalf;

/// The reading side of a stream, by reference; made by `split`.
template <class Stream>
class BasicReadHalf : public StreamReader<BasicReadHalf<Stream>>,
                      public ReadyWaits<BasicReadHalf<Stream>> {
public:
    explicit BasicReadHalf(const Stream& stream) noexcept : stream_(&stream) {}

    [[nodiscard]] auto local_addr() const { return stream_->local_addr(); }
    [[nodiscard]] auto peer_addr() const { return stream_->peer_addr(); }

    /// For edo's own modules.
    [[nodiscard]] detail::IoSource& io_source() const { return stream_->io_source(); }

private:
    const Stream* stream_;
};

/// The writing side of a stream, by reference; made by `split`.
template <class Stream>
class BasicWriteHalf : public StreamWriter<BasicWriteHalf<Stream>>,
                       public ReadyWaits<BasicWriteHalf<Stream>> {
public:
    explicit BasicWriteHalf(const Stream& stream) noexcept : stream_(&stream) {}

    [[nodiscard]] auto local_addr() const { return stream_->local_addr(); }
    [[nodiscard]] auto peer_addr() const { return stream_->peer_addr(); }

    /// For edo's own modules.
    [[nodiscard]] detail::IoSource& io_source() const { return stream_->io_source(); }

private:
    const Stream* stream_;
};

/// The reading side of a connection, for one task to own; made by `into_split`.
template <class Stream>
class BasicOwnedReadHalf : public StreamReader<BasicOwnedReadHalf<Stream>>,
                           public ReadyWaits<BasicOwnedReadHalf<Stream>> {
public:
    explicit BasicOwnedReadHalf(std::shared_ptr<Stream> stream) noexcept
        : stream_(std::move(stream)) {}

    [[nodiscard]] auto local_addr() const { return stream().local_addr(); }
    [[nodiscard]] auto peer_addr() const { return stream().peer_addr(); }

    /// Makes the whole stream again of its two halves, which are empty afterwards. No operation may
    /// be pending.
    /// @throws UsageError if they are not the halves of one stream; they then stay as they are.
    [[nodiscard]] Stream reunite(BasicOwnedWriteHalf<Stream>&& other) && {
        if (&stream() != &other.stream()) {
            detail::throw_other_half();
        }
        other.stream_.reset();
        Stream whole = std::move(*stream_);
        stream_.reset();
        return whole;
    }

    /// For edo's own modules.
    [[nodiscard]] detail::IoSource& io_source() const { return stream().io_source(); }

private:
    [[nodiscard]] Stream& stream() const {
        if (stream_ == nullptr) {
            detail::throw_empty_half();
        }
        return *stream_;
    }

    std::shared_ptr<Stream> stream_;
};

/// The writing side of a connection, for one task to own; made by `into_split`.
///
/// Dropping it ends the stream towards the peer, as `shutdown` does.
template <class Stream>
class BasicOwnedWriteHalf : public StreamWriter<BasicOwnedWriteHalf<Stream>>,
                            public ReadyWaits<BasicOwnedWriteHalf<Stream>> {
public:
    explicit BasicOwnedWriteHalf(std::shared_ptr<Stream> stream) noexcept
        : stream_(std::move(stream)) {}
    BasicOwnedWriteHalf(BasicOwnedWriteHalf&&) noexcept = default;
    BasicOwnedWriteHalf& operator=(BasicOwnedWriteHalf&& other) noexcept {
        BasicOwnedWriteHalf old(std::move(*this));
        stream_ = std::move(other.stream_);
        return *this;
    }
    ~BasicOwnedWriteHalf() {
        // As the last owner it closes the connection right away, which sends the end of the stream
        // too.
        if (stream_ != nullptr && stream_.use_count() > 1) {
            detail::end_stream(stream_->io_source());
        }
    }

    [[nodiscard]] auto local_addr() const { return stream().local_addr(); }
    [[nodiscard]] auto peer_addr() const { return stream().peer_addr(); }

    /// Drops the half without ending the stream towards the peer; that happens when the read half
    /// is dropped, too.
    void forget() && noexcept { stream_.reset(); }

    /// For edo's own modules.
    [[nodiscard]] detail::IoSource& io_source() const { return stream().io_source(); }

private:
    friend class BasicOwnedReadHalf<Stream>;

    [[nodiscard]] Stream& stream() const {
        if (stream_ == nullptr) {
            detail::throw_empty_half();
        }
        return *stream_;
    }

    std::shared_ptr<Stream> stream_;
};

}  // namespace edo::net
