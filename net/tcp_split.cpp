// SPDX-License-Identifier: MIT
#include "edo/net/tcp_split.hpp"

#include "edo/runtime/errors.hpp"

#include <sys/socket.h>

namespace edo::net {

namespace {

TcpStream& check_half(const std::shared_ptr<TcpStream>& stream) {
    if (stream == nullptr) {
        throw UsageError("edo: this half of a TcpStream is empty: it was moved from or reunited");
    }
    return *stream;
}

}  // namespace

TcpStream& OwnedReadHalf::stream() const {
    return check_half(stream_);
}

TcpStream OwnedReadHalf::reunite(OwnedWriteHalf&& other) && {
    if (&stream() != &other.stream()) {
        throw UsageError("edo: reunite needs the two halves of one TcpStream");
    }
    other.stream_.reset();
    TcpStream whole = std::move(*stream_);
    stream_.reset();
    return whole;
}

TcpStream& OwnedWriteHalf::stream() const {
    return check_half(stream_);
}

OwnedWriteHalf& OwnedWriteHalf::operator=(OwnedWriteHalf&& other) noexcept {
    OwnedWriteHalf old(std::move(*this));
    stream_ = std::move(other.stream_);
    return *this;
}

OwnedWriteHalf::~OwnedWriteHalf() {
    // As the last owner it closes the connection right away, which sends the end of the stream too.
    if (stream_ != nullptr && stream_.use_count() > 1) {
        ::shutdown(stream_->io_source().descriptor(), SHUT_WR);
    }
}

// ---- TcpStream ---------------------------------------------------------------------------------

std::pair<ReadHalf, WriteHalf> TcpStream::split() {
    return {ReadHalf(*this), WriteHalf(*this)};
}

std::pair<OwnedReadHalf, OwnedWriteHalf> TcpStream::into_split() && {
    const auto shared = std::make_shared<TcpStream>(std::move(*this));
    return {OwnedReadHalf(shared), OwnedWriteHalf(shared)};
}

}  // namespace edo::net
