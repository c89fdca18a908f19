// SPDX-License-Identifier: MIT
#include "edo/net/socket/lent_descriptor.hpp"

#include "edo/net/socket/receive.hpp"
#include "edo/runtime/errors.hpp"

#include <algorithm>
#include <array>
#include <sys/ioctl.h>
#include <unistd.h>

namespace edo::detail {

namespace {

/// Less than any socket takes at once.
using Block = std::array<std::byte, 4096>;

}  // namespace

void LentDescriptor::lend_bytes(net::Interest interest) {
    Block block;  // NOLINT: filled below
    const std::optional<ssize_t> ahead = source_.read_ahead()->read(block, ReadAhead::Mode::Peek);
    if (!ahead) {
        return;  // there are none, and the next ones stay in the socket
    }
    if (*ahead < 0) {
        error_ = last_error();
        if (!would_block(error_.value())) {  // it is shown once
            static_cast<void>(source_.read_ahead()->read(block, ReadAhead::Mode::Take));
        }
        return;
    }
    if (interest.is_writable()) {
        throw UsageError(
            "edo: with io_uring this stream holds bytes that have left the socket. Read them with "
            "try_read before a call that may both read and write");
    }
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        error_ = last_error();
        return;
    }
    const ssize_t written = ::send(ends[1], block.data(), std::size_t(*ahead), MSG_NOSIGNAL);
    const std::error_code failed = written <= 0 ? last_error() : std::error_code();
    // Open until `take_back`, lest a reader find the end behind the bytes.
    other_end_ = ends[1];
    descriptor_ = ends[0];
    lent_ = std::size_t(std::max<ssize_t>(written, 0));
    if (failed) {
        error_ = failed;
        take_back();
    }
}

/// What the call has read is taken out of what the reactor holds.
void LentDescriptor::take_back() noexcept {
    int left = 0;
    static_cast<void>(::ioctl(descriptor_, FIONREAD, &left));
    ::close(descriptor_);
    ::close(other_end_);
    Block block;  // NOLINT: not looked at
    const std::size_t used = lent_ - std::min(lent_, std::size_t(left));
    if (used > 0) {
        static_cast<void>(
            source_.read_ahead()->read(std::span(block).first(used), ReadAhead::Mode::Take));
    }
    lent_ = 0;
}

}  // namespace edo::detail
