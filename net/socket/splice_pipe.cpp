// SPDX-License-Identifier: MIT
#include "edo/net/socket/splice_pipe.hpp"

#include "edo/net/socket/pipe_calls.hpp"
#include "edo/net/socket/receive.hpp"

#include <array>
#include <cstddef>
#include <fcntl.h>
#include <optional>
#include <unistd.h>

namespace edo::detail {

namespace {

// One page of a pipe takes the bytes of one packet, however few. Enlarged fourfold, it takes 64 of
// them; still larger ones gain little, and sooner exhaust what a user may have in pipes (64 MiB).
constexpr int kPipeSize = 256 * 1024;
constexpr int kLeastPipeSize = 64 * 1024;

/// What was received ahead, into the empty pipe; nothing when the rest is in the socket.
std::optional<ssize_t> move_ahead(const IoSource& source, int pipe) noexcept {
    ReadAhead* const ahead = source.read_ahead();
    if (ahead == nullptr) {
        return std::nullopt;
    }
    std::array<std::byte, 4096> block;  // NOLINT: filled below
    const std::optional<ssize_t> count = ahead->read(block, ReadAhead::Mode::Take);
    if (!count || *count < 0) {
        return count;
    }
    // A pipe that is empty takes a page at once.
    return uninterrupted([&] { return ::write(pipe, block.data(), std::size_t(*count)); });
}

}  // namespace

bool SplicePipe::open() noexcept {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_NONBLOCK | O_CLOEXEC) != 0) {
        return false;
    }
    out_.reset(ends[0]);
    in_.reset(ends[1]);
    int size = ::fcntl(in(), F_SETPIPE_SZ, kPipeSize);
    if (size < 0) {
        size = ::fcntl(in(), F_GETPIPE_SZ);
    }
    if (size < kLeastPipeSize) {
        close();
        return false;
    }
    capacity_ = static_cast<std::size_t>(size);
    return true;
}

void SplicePipe::close() noexcept {
    in_.reset();
    out_.reset();
}

bool SpliceInOp::attempt(IoOp& op, std::uint32_t /*generation*/) noexcept {
    auto& self = static_cast<SpliceInOp&>(op);
    if (!self.source().stop_reading_ahead()) {
        return false;  // another thread does so, and then wakes this one
    }
    if (const std::optional<ssize_t> moved = move_ahead(self.source(), self.pipe().in())) {
        return self.take(*moved);
    }
    // The pipe has room for some bytes at least: EAGAIN is the socket's. Fewer bytes than asked for
    // do not mean that no more have arrived: the pipe may be full of short packets.
    return self.take(uninterrupted([&] {
        return ::splice(self.source().descriptor(), nullptr, self.pipe().in(), nullptr,
                        self.pipe().capacity(), SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    }));
}

bool SpliceOutOp::attempt(IoOp& op, std::uint32_t /*generation*/) noexcept {
    auto& self = static_cast<SpliceOutOp&>(op);
    while (self.rest_ > 0) {
        // The pipe is not empty: EAGAIN is the socket's.
        const ssize_t moved = splice_out(self.pipe_->out(), self.source().descriptor(), self.rest_);
        if (moved < 0) {
            return self.failed();
        }
        self.rest_ -= static_cast<std::size_t>(moved);
    }
    return true;
}

}  // namespace edo::detail
