// SPDX-License-Identifier: MIT
#include "edo/net/socket/stream_ops.hpp"

#include "edo/net/socket/pipe_calls.hpp"
#include "edo/net/socket/receive.hpp"
#include "edo/net/socket/system_error.hpp"
#include "edo/runtime/errors.hpp"

#include <algorithm>
#include <array>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

namespace edo::detail {

namespace {

ssize_t read_some(const IoSource& source, Bytes buffer, Medium medium) noexcept {
    if (medium == Medium::Socket) {
        return receive(source, buffer);
    }
    return uninterrupted([&] { return ::read(source.descriptor(), buffer.data(), buffer.size()); });
}

/// Never raises SIGPIPE.
ssize_t write_some(const IoSource& source, ConstBytes bytes, Medium medium) noexcept {
    if (medium == Medium::Socket) {
        return uninterrupted(
            [&] { return ::send(source.descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL); });
    }
    iovec entry{};
    entry.iov_base = const_cast<std::byte*>(bytes.data());  // NOLINT: only read
    entry.iov_len = bytes.size();
    return write_to_pipe(source.descriptor(), &entry, 1);
}

/// The first buffers of a list that are not empty, in the form that the system takes.
class IoVector {
public:
    template <class Buffer>
    explicit IoVector(std::span<const Buffer> buffers) noexcept {
        message_.msg_iov = entries_.data();
        for (const Buffer& buffer : buffers) {
            if (message_.msg_iovlen == entries_.size()) {
                break;
            }
            if (!buffer.empty()) {
                iovec& entry = entries_[message_.msg_iovlen++];
                entry.iov_base =
                    const_cast<std::byte*>(buffer.data());  // NOLINT: one type for both
                entry.iov_len = buffer.size();
                size_ += buffer.size();
            }
        }
    }

    [[nodiscard]] msghdr* message() noexcept { return &message_; }
    /// The bytes in all buffers together.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

private:
    static constexpr std::size_t kMost = 64;  // more would only make the stack frame larger

    std::array<iovec, kMost> entries_;
    msghdr message_{};
    std::size_t size_ = 0;
};

/// As many bytes as were received ahead; like `ReadAhead::read`.
std::optional<ssize_t> read_list_ahead(ReadAhead& ahead, const msghdr& message) noexcept {
    ssize_t total = 0;
    for (std::size_t i = 0; i < message.msg_iovlen; ++i) {
        const iovec& entry = message.msg_iov[i];
        std::byte first{};
        if (i > 0 && ahead.read(Bytes(&first, 1), ReadAhead::Mode::Peek).value_or(0) <= 0) {
            break;  // an error is for the next read
        }
        const Bytes buffer(static_cast<std::byte*>(entry.iov_base), entry.iov_len);
        const std::optional<ssize_t> read = ahead.read(buffer, ReadAhead::Mode::Take);
        if (!read || *read < 0) {
            return read;  // of the first buffer
        }
        total += *read;
        if (*read < static_cast<ssize_t>(entry.iov_len)) {
            break;
        }
    }
    return total;
}

ssize_t read_list(const IoSource& source, IoVector& vector, Medium medium) noexcept {
    msghdr* const message = vector.message();
    if (ReadAhead* const ahead = source.read_ahead()) {
        if (const std::optional<ssize_t> read = read_list_ahead(*ahead, *message)) {
            return *read;
        }
    }
    return uninterrupted([&]() -> ssize_t {
        return medium == Medium::Socket
                   ? ::recvmsg(source.descriptor(), message, 0)
                   : ::readv(source.descriptor(), message->msg_iov, int(message->msg_iovlen));
    });
}

ssize_t write_list(const IoSource& source, IoVector& vector, Medium medium) noexcept {
    msghdr* const message = vector.message();
    if (medium == Medium::Pipe) {
        return write_to_pipe(source.descriptor(), message->msg_iov, int(message->msg_iovlen));
    }
    return uninterrupted([&] { return ::sendmsg(source.descriptor(), message, MSG_NOSIGNAL); });
}

template <class Buffer>
bool all_empty(std::span<const Buffer> buffers) noexcept {
    return std::all_of(buffers.begin(), buffers.end(),
                       [](const Buffer& buffer) { return buffer.empty(); });
}

}  // namespace

bool SocketOp::failed() noexcept {
    const std::error_code error = last_error();
    if (would_block(error.value())) {
        return false;
    }
    fail(error);
    return true;
}

Result<std::size_t> TransferOp::await_resume() const noexcept {
    if (has_failed()) {
        return failure(wait_error());
    }
    return value();
}

Result<void> WholeOp::await_resume() const noexcept {
    if (has_failed()) {
        return failure(wait_error());
    }
    return {};
}

bool Transfer::take(std::ptrdiff_t returned) noexcept {
    if (returned < 0) {
        return failed();
    }
    count_ = static_cast<std::size_t>(returned);
    return true;
}

bool Transfer::take_of(std::size_t wanted, std::ptrdiff_t returned,
                       std::uint32_t generation) noexcept {
    if (returned > 0 && static_cast<std::size_t>(returned) < wanted) {
        source().set_drained(direction(), generation);
    }
    return take(returned);
}

bool ReadOp::attempt(IoOp& op, std::uint32_t generation) noexcept {
    auto& self = static_cast<ReadOp&>(op);
    return self.take_of(self.count(), read_some(self.source(), self.buffer(), self.medium()),
                        generation);
}

bool PeekOp::attempt(IoOp& op, std::uint32_t /*generation*/) noexcept {
    auto& self = static_cast<PeekOp&>(op);
    return self.take(receive(self.source(), self.buffer(), ReadAhead::Mode::Peek));
}

ReadVectoredOp::ReadVectoredOp(IoSource& source, std::span<const Bytes> buffers,
                               Medium medium) noexcept
    : TransferOp(source, Direction::Read, &ReadVectoredOp::attempt, buffers.data(), buffers.size(),
                 medium) {
    if (all_empty(buffers)) {
        set_nothing_to_do();
    }
}

bool ReadVectoredOp::attempt(IoOp& op, std::uint32_t generation) noexcept {
    auto& self = static_cast<ReadVectoredOp&>(op);
    IoVector vector(self.buffers());
    const ssize_t returned = read_list(self.source(), vector, self.medium());
    return self.take_of(vector.size(), returned, generation);
}

bool WriteOp::attempt(IoOp& op, std::uint32_t generation) noexcept {
    auto& self = static_cast<WriteOp&>(op);
    return self.take_of(self.count(), write_some(self.source(), self.bytes(), self.medium()),
                        generation);
}

WriteVectoredOp::WriteVectoredOp(IoSource& source, std::span<const ConstBytes> buffers,
                                 Medium medium) noexcept
    : TransferOp(source, Direction::Write, &WriteVectoredOp::attempt, buffers.data(),
                 buffers.size(), medium) {
    if (all_empty(buffers)) {
        set_nothing_to_do();
    }
}

bool WriteVectoredOp::attempt(IoOp& op, std::uint32_t generation) noexcept {
    auto& self = static_cast<WriteVectoredOp&>(op);
    IoVector vector(self.buffers());
    const ssize_t returned = write_list(self.source(), vector, self.medium());
    return self.take_of(vector.size(), returned, generation);
}

bool ReadExactOp::attempt(IoOp& op, std::uint32_t /*generation*/) noexcept {
    auto& self = static_cast<ReadExactOp&>(op);
    for (;;) {
        const ssize_t returned = read_some(self.source(), self.rest_, self.medium());
        if (returned < 0) {
            return self.failed();
        }
        if (returned == 0) {
            self.fail(Errc::UnexpectedEof);
            return true;
        }
        self.rest_ = self.rest_.subspan(static_cast<std::size_t>(returned));
        if (self.rest_.empty()) {
            return true;
        }
        if (!self.source().is_lasting(Direction::Read)) {
            return false;  // a short read: another one would block
        }
    }
}

bool WriteAllOp::attempt(IoOp& op, std::uint32_t /*generation*/) noexcept {
    auto& self = static_cast<WriteAllOp&>(op);
    for (;;) {
        const ssize_t returned = write_some(self.source(), self.rest_, self.medium());
        if (returned < 0) {
            return self.failed();
        }
        self.rest_ = self.rest_.subspan(static_cast<std::size_t>(returned));
        if (self.rest_.empty()) {
            return true;
        }
        if (!self.source().is_lasting(Direction::Write)) {
            return false;  // the socket's buffer is full
        }
    }
}

bool ReadinessOp::attempt(IoOp& op, std::uint32_t /*generation*/) noexcept {
    const auto& self = static_cast<ReadinessOp&>(op);
    if (self.direction() == Direction::Read) {
        if (const std::optional<bool> known = can_read_ahead(self.source())) {
            return *known;
        }
    }
    pollfd query{};
    query.fd = self.source().descriptor();
    query.events = self.direction() == Direction::Read ? POLLIN : POLLOUT;
    const int count = uninterrupted([&] { return ::poll(&query, 1, 0); });
    return count != 0;  // an error is shown by the operation that follows
}

Result<void> ShutdownOp::await_resume() const noexcept {
    int how = SHUT_RDWR;
    if (how_ != net::Shutdown::Both) {
        how = how_ == net::Shutdown::Read ? SHUT_RD : SHUT_WR;
    }
    return check(::shutdown(source_->descriptor(), how));
}

std::error_code failed_try(IoSource& source, Direction direction,
                           std::uint32_t generation) noexcept {
    const std::error_code error = last_error();
    if (would_block(error.value())) {
        source.set_blocked(direction, generation);
    }
    return error;
}

namespace {

/// What `try_read` and `try_write` make of what the system call returned.
Result<std::size_t> finish_try(IoSource& source, Direction direction, std::uint32_t generation,
                               ssize_t returned, std::size_t wanted) noexcept {
    if (returned < 0) {
        return failure(failed_try(source, direction, generation));
    }
    const auto moved = static_cast<std::size_t>(returned);
    if (moved > 0 && moved < wanted) {
        source.set_drained(direction, generation);
    }
    return moved;
}

}  // namespace

Result<std::size_t> try_read(IoSource& source, Bytes buffer, Medium medium) noexcept {
    const std::uint32_t generation = source.generation(Direction::Read);
    return finish_try(source, Direction::Read, generation, read_some(source, buffer, medium),
                      buffer.size());
}

Result<std::size_t> try_write(IoSource& source, ConstBytes bytes, Medium medium) noexcept {
    const std::uint32_t generation = source.generation(Direction::Write);
    return finish_try(source, Direction::Write, generation, write_some(source, bytes, medium),
                      bytes.size());
}

Result<std::size_t> try_read_vectored(IoSource& source, std::span<const Bytes> buffers,
                                      Medium medium) noexcept {
    const std::uint32_t generation = source.generation(Direction::Read);
    IoVector vector(buffers);
    return finish_try(source, Direction::Read, generation, read_list(source, vector, medium),
                      vector.size());
}

Result<std::size_t> try_write_vectored(IoSource& source, std::span<const ConstBytes> buffers,
                                       Medium medium) noexcept {
    const std::uint32_t generation = source.generation(Direction::Write);
    IoVector vector(buffers);
    return finish_try(source, Direction::Write, generation, write_list(source, vector, medium),
                      vector.size());
}

}  // namespace edo::detail
