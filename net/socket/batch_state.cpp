// SPDX-License-Identifier: MIT
#include "edo/net/socket/batch_state.hpp"

#include "edo/net/socket/system_error.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <netinet/udp.h>

namespace edo::detail {

namespace {

constexpr std::size_t kMostInOneCall = 1024;  // UIO_MAXIOV of Linux: more are cut off

/// The size of the datagrams that the system has joined in a received message; 0 if it has not.
std::size_t joined_segment(const msghdr& header) noexcept {
    msghdr copy = header;  // the macros take no const
    for (cmsghdr* part = CMSG_FIRSTHDR(&copy); part != nullptr; part = CMSG_NXTHDR(&copy, part)) {
        if (part->cmsg_level == SOL_UDP && part->cmsg_type == UDP_GRO) {
            int size = 0;
            std::memcpy(&size, CMSG_DATA(part), sizeof size);
            return static_cast<std::size_t>(std::max(size, 0));
        }
    }
    return 0;
}

}  // namespace

BatchState::BatchState(std::size_t count, std::size_t bytes_each)
    : capacity_(count),
      bytes_each_(bytes_each),
      bytes_(new std::byte[count * bytes_each]),  // not cleared: not touched before it is needed
      messages_(new BatchMessage[count]),
      headers_(new mmsghdr[count]()),
      places_(new iovec[count]()),
      controls_(new Control[count]),
      written_headers_(count) {
    for (std::size_t i = 0; i < count; ++i) {
        places_[i].iov_base = bytes_.get() + i * bytes_each;
        places_[i].iov_len = bytes_each;
        msghdr& header = headers_[i].msg_hdr;
        header.msg_iov = &places_[i];
        header.msg_iovlen = 1;
        header.msg_name = &messages_[i].peer;
        header.msg_control = &controls_[i];
    }
}

void BatchState::clear() noexcept {
    used_ = 0;
    size_ = 0;
    first_ = {};
    next_ = {};
}

std::size_t BatchState::most_received() const noexcept {
    return std::min(capacity_, kMostInOneCall);
}

// ---- contents ----------------------------------------------------------------------------------

Result<void> BatchState::push(ConstBytes bytes, const RawAddr* target) noexcept {
    if (bytes.size() > bytes_each_) {
        return failure(std::errc::message_size);
    }
    if (size_ == 0) {
        clear();  // all was sent: its room is free
    }
    if (used_ == capacity_) {
        return failure(std::errc::no_buffer_space);
    }
    BatchMessage& message = messages_[used_];
    message.data = bytes_.get() + used_ * bytes_each_;
    message.size = bytes.size();
    message.segment = bytes.size();
    message.truncated = false;
    message.one_by_one = false;
    message.peer_size = 0;
    if (!bytes.empty()) {
        std::memcpy(message.data, bytes.data(), bytes.size());
    }
    if (target != nullptr) {
        message.peer_size = target->size;
        std::memcpy(&message.peer, target->get(), target->size);
    }
    ++used_;
    ++size_;
    return {};
}

BatchPosition BatchState::after(BatchPosition position) const noexcept {
    const BatchMessage& message = messages_[position.message];
    const std::size_t next = position.offset + message.segment;
    if (next >= message.size) {
        return {position.message + 1, 0};
    }
    return {position.message, next};
}

net::Datagram BatchState::at(BatchPosition position) const noexcept {
    const BatchMessage& message = messages_[position.message];
    const std::size_t rest = message.size - position.offset;
    const bool is_last = rest <= message.segment;  // it is the end of a message that is cut off
    return {Bytes(message.data + position.offset, std::min(rest, message.segment)), message,
            message.truncated && is_last};
}

void BatchState::keep(std::size_t first, std::size_t count) noexcept {
    for (; first > 0 && size_ > 0; --first) {
        next_ = after(next_);
        --size_;
    }
    first_ = next_;
    if (count >= size_) {
        return;
    }
    if (count == 0) {
        clear();
        return;
    }
    size_ = count;
    BatchPosition end = next_;
    for (; count > 0; --count) {
        end = after(end);
    }
    used_ = end.message;
    if (end.offset > 0) {
        messages_[used_++].size = end.offset;
    }
}

void BatchState::rewind() noexcept {
    next_ = first_;
    size_ = 0;
    for (BatchPosition at = first_; at.message < used_; at = {at.message + 1, 0}) {
        const BatchMessage& message = messages_[at.message];
        size_ += message.count(message.size - at.offset);
    }
}

std::size_t BatchState::pass(std::size_t bytes) noexcept {
    const std::size_t before = size_;
    do {
        const BatchMessage& message = messages_[next_.message];
        const std::size_t part = std::min(bytes, message.size - next_.offset);
        size_ -= message.count(part);
        bytes -= part;
        next_.offset += part;
        if (next_.offset >= message.size) {
            next_ = {next_.message + 1, 0};
        }
    } while (bytes > 0);
    return before - size_;
}

// ---- the system calls --------------------------------------------------------------------------

ssize_t BatchState::receive(int descriptor) noexcept {
    for (std::size_t i = 0; i < written_headers_; ++i) {
        msghdr& header = headers_[i].msg_hdr;
        header.msg_namelen = sizeof messages_[i].peer;
        header.msg_controllen = sizeof controls_[i];
        header.msg_flags = 0;
    }
    written_headers_ = 0;
    const int received = uninterrupted([&] {
        return ::recvmmsg(descriptor, headers_.get(), static_cast<unsigned>(most_received()), 0,
                          nullptr);
    });
    if (received < 0) {
        return received;
    }
    written_headers_ = static_cast<std::size_t>(received);
    clear();
    used_ = written_headers_;
    for (std::size_t i = 0; i < used_; ++i) {
        take(messages_[i], headers_[i], i);
    }
    return received;
}

void BatchState::take(BatchMessage& message, const mmsghdr& header, std::size_t place) noexcept {
    const std::size_t joined = joined_segment(header.msg_hdr);
    message.data = bytes_.get() + place * bytes_each_;
    message.size = header.msg_len;
    message.segment = joined != 0 ? joined : message.size;
    message.peer_size = std::min<socklen_t>(header.msg_hdr.msg_namelen, sizeof message.peer);
    message.truncated = (header.msg_hdr.msg_flags & MSG_TRUNC) != 0;
    message.one_by_one = false;
    size_ += message.count(message.size);
}

}  // namespace edo::detail
