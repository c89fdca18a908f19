// SPDX-License-Identifier: MIT
#include "edo/net/socket/fd_ops.hpp"

#include "edo/net/socket/system_error.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

namespace edo::detail {

namespace {

/// Room for the control data of one message.
struct Control {
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(int) * net::kMaxFdsInMessage)> bytes;
};

/// What goes with a system call.
struct Message {
    Message(const void* data, std::size_t size, Control& control, std::size_t fds) noexcept {
        entry.iov_base = const_cast<void*>(data);  // NOLINT: one type for both directions
        entry.iov_len = size;
        header.msg_iov = &entry;
        header.msg_iovlen = 1;
        if (fds > 0) {
            header.msg_control = control.bytes.data();
            // Not CMSG_SPACE: its padding has room for one more descriptor than was asked for.
            header.msg_controllen = CMSG_LEN(sizeof(int) * fds);
        }
    }

    iovec entry{};
    msghdr header{};
};

/// Moves the descriptors that came with a message to a list that has room for `most`. None beyond
/// that can come: the kernel cuts off what the control data has no room for, and closes it.
void take_fds(const msghdr& header, std::vector<io::OwnedFd>& fds, std::size_t most) noexcept {
    for (const cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr;
         part = CMSG_NXTHDR(const_cast<msghdr*>(&header), const_cast<cmsghdr*>(part))) {  // NOLINT
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int descriptor = -1;
            std::memcpy(&descriptor, CMSG_DATA(part) + i * sizeof(int), sizeof(int));
            io::OwnedFd owned(descriptor);
            if (fds.size() < most) {
                fds.push_back(std::move(owned));
            }
        }
    }
}

}  // namespace

bool SendFdsOp::attempt(IoOp& op, std::uint32_t /*generation*/) noexcept {
    auto& self = static_cast<SendFdsOp&>(op);
    // Without a byte a stream would send nothing, and drop the descriptors silently.
    if (self.fds_.size() > net::kMaxFdsInMessage || self.count() == 0) {
        self.fail(std::make_error_code(std::errc::invalid_argument));
        return true;
    }
    Control control;  // NOLINT: filled below
    Message message(self.bytes().data(), self.count(), control, self.fds_.size());
    if (!self.fds_.empty()) {
        cmsghdr* const part = CMSG_FIRSTHDR(&message.header);
        part->cmsg_level = SOL_SOCKET;
        part->cmsg_type = SCM_RIGHTS;
        part->cmsg_len = CMSG_LEN(self.fds_.size_bytes());
        std::memcpy(CMSG_DATA(part), self.fds_.data(), self.fds_.size_bytes());
    }
    return self.take(uninterrupted(
        [&] { return ::sendmsg(self.source().descriptor(), &message.header, MSG_NOSIGNAL); }));
}

ReceiveFdsOp::ReceiveFdsOp(IoSource& source, Bytes buffer, std::size_t max_fds)
    : SocketOp(source, Direction::Read, &ReceiveFdsOp::attempt),
      buffer_(buffer),
      max_fds_(std::min(max_fds, net::kMaxFdsInMessage)) {
    received_.fds.reserve(max_fds_);
}

bool ReceiveFdsOp::attempt(IoOp& op, std::uint32_t /*generation*/) noexcept {
    auto& self = static_cast<ReceiveFdsOp&>(op);
    Control control;  // NOLINT: filled by the kernel
    Message message(self.buffer_.data(), self.buffer_.size(), control, self.max_fds_);
    const ssize_t size = uninterrupted(
        [&] { return ::recvmsg(self.source().descriptor(), &message.header, MSG_CMSG_CLOEXEC); });
    if (size < 0) {
        return self.failed();
    }
    self.received_.size = static_cast<std::size_t>(size);
    self.received_.fds_lost = (message.header.msg_flags & MSG_CTRUNC) != 0;
    self.received_.truncated = (message.header.msg_flags & MSG_TRUNC) != 0;
    take_fds(message.header, self.received_.fds, self.max_fds_);
    return true;
}

}  // namespace edo::detail
