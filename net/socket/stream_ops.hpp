// SPDX-License-Identifier: MIT
// The operations on connected stream sockets and on pipes, as awaitables without a coroutine frame.
//
// All of them try first and wait only when the system call would block. A transfer that is shorter
// than asked for has used up the readiness: the next operation waits without another futile call.
// An end of stream behind the last bytes is not missed thereby: it comes with an event of its own,
// or has made the source's readiness lasting before (see `IoSource`).
#pragma once

#include "edo/runtime/reactor/io_op.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/task/propagating.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace edo::net {

/// Which directions of a connection to shut down.
enum class Shutdown : std::uint8_t {
    Read,   ///< this side: further reads end at once
    Write,  ///< the peer sees the end of the stream behind all that was written
    Both,
};

}  // namespace edo::net

namespace edo::detail {

using Bytes = std::span<std::byte>;
using ConstBytes = std::span<const std::byte>;

/// Which system calls move the bytes: those of sockets, or those of files.
enum class Medium : std::uint8_t { Socket, Pipe };

class SocketOp : public IoOp {
protected:
    SocketOp(IoSource& source, Direction direction, Attempt attempt,
             Medium medium = Medium::Socket) noexcept
        : IoOp(source, direction, attempt) {
        set_mark(medium == Medium::Pipe);
    }

    [[nodiscard]] Medium medium() const noexcept { return mark() ? Medium::Pipe : Medium::Socket; }

    /// What `attempt` returns after a system call that failed: false if it only would block.
    [[nodiscard]] bool failed() noexcept;
};

/// What a `TransferOp` is beside its result.
class Transfer : public SocketOp {
protected:
    /// @param what Where the bytes are, or go to; or what else `attempt` needs.
    /// @param count How many bytes, or buffers.
    Transfer(IoSource& source, Direction direction, Attempt attempt, const void* what,
             std::size_t count, Medium medium = Medium::Socket) noexcept
        : SocketOp(source, direction, attempt, medium), what_(what), count_(count) {}

    [[nodiscard]] const void* what() const noexcept { return what_; }
    /// Of bytes, or buffers, until `attempt` has succeeded.
    [[nodiscard]] std::size_t count() const noexcept { return count_; }
    [[nodiscard]] Bytes buffer() const noexcept {
        return {static_cast<std::byte*>(const_cast<void*>(what_)), count_};  // NOLINT: was given so
    }
    [[nodiscard]] ConstBytes bytes() const noexcept {
        return {static_cast<const std::byte*>(what_), count_};
    }
    /// The bytes moved.
    [[nodiscard]] std::size_t value() const noexcept { return count_; }
    void set_nothing_to_do() noexcept {
        count_ = 0;
        SocketOp::set_nothing_to_do();
    }

    /// Takes what a system call returned; `attempt` returns the same.
    [[nodiscard]] bool take(std::ptrdiff_t returned) noexcept;
    /// The same for a call on a stream that was asked for `wanted` bytes: fewer have used up the
    /// readiness.
    [[nodiscard]] bool take_of(std::size_t wanted, std::ptrdiff_t returned,
                               std::uint32_t generation) noexcept;

private:
    const void* what_;
    std::size_t count_;  // of what is to be moved; then, in the same word, of the bytes moved
};

/// An operation that yields the number of bytes it has moved.
class TransferOp : public Propagating<Transfer> {
public:
    using IoOp::await_ready;
    using IoOp::await_suspend;
    // Not inline: taken apart, what it returns would take more room in the frame.
    [[nodiscard]] Result<std::size_t> await_resume() const noexcept;

protected:
    using Propagating::Propagating;
};

class [[nodiscard("a read does nothing until it is awaited")]] ReadOp : public TransferOp {
public:
    ReadOp(IoSource& source, Bytes buffer, Medium medium = Medium::Socket) noexcept
        : TransferOp(source, Direction::Read, &ReadOp::attempt, buffer.data(), buffer.size(),
                     medium) {
        if (buffer.empty()) {  // which must not look like the end of the stream, nor wait for bytes
            set_nothing_to_do();
        }
    }

private:
    static bool attempt(IoOp& op, std::uint32_t generation) noexcept;
};

class [[nodiscard("a peek does nothing until it is awaited")]] PeekOp : public TransferOp {
public:
    PeekOp(IoSource& source, Bytes buffer) noexcept
        : TransferOp(source, Direction::Read, &PeekOp::attempt, buffer.data(), buffer.size()) {
        if (buffer.empty()) {
            set_nothing_to_do();
        }
    }

private:
    static bool attempt(IoOp& op, std::uint32_t generation) noexcept;
};

class [[nodiscard("a read does nothing until it is awaited")]] ReadVectoredOp : public TransferOp {
public:
    ReadVectoredOp(IoSource& source, std::span<const Bytes> buffers,
                   Medium medium = Medium::Socket) noexcept;

private:
    static bool attempt(IoOp& op, std::uint32_t generation) noexcept;
    [[nodiscard]] std::span<const Bytes> buffers() const noexcept {
        return {static_cast<const Bytes*>(what()), count()};
    }
};

class [[nodiscard("a write does nothing until it is awaited")]] WriteOp : public TransferOp {
public:
    WriteOp(IoSource& source, ConstBytes bytes, Medium medium = Medium::Socket) noexcept
        : TransferOp(source, Direction::Write, &WriteOp::attempt, bytes.data(), bytes.size(),
                     medium) {
        if (bytes.empty()) {
            set_nothing_to_do();
        }
    }

private:
    static bool attempt(IoOp& op, std::uint32_t generation) noexcept;
};

class [[nodiscard("a write does nothing until it is awaited")]] WriteVectoredOp
    : public TransferOp {
public:
    WriteVectoredOp(IoSource& source, std::span<const ConstBytes> buffers,
                    Medium medium = Medium::Socket) noexcept;

private:
    static bool attempt(IoOp& op, std::uint32_t generation) noexcept;
    [[nodiscard]] std::span<const ConstBytes> buffers() const noexcept {
        return {static_cast<const ConstBytes*>(what()), count()};
    }
};

/// What a `WholeOp` is beside its result.
class Whole : public SocketOp {
protected:
    using SocketOp::SocketOp;
    void value() const noexcept {}
};

/// An operation that is either done or not.
class WholeOp : public Propagating<Whole> {
public:
    using IoOp::await_ready;
    using IoOp::await_suspend;
    [[nodiscard]] Result<void> await_resume() const noexcept;

protected:
    using Propagating::Propagating;
};

class [[nodiscard("a read does nothing until it is awaited")]] ReadExactOp : public WholeOp {
public:
    ReadExactOp(IoSource& source, Bytes buffer, Medium medium = Medium::Socket) noexcept
        : WholeOp(source, Direction::Read, &ReadExactOp::attempt, medium), rest_(buffer) {
        if (buffer.empty()) {
            set_nothing_to_do();
        }
    }

private:
    static bool attempt(IoOp& op, std::uint32_t generation) noexcept;
    Bytes rest_;
};

class [[nodiscard("a write does nothing until it is awaited")]] WriteAllOp : public WholeOp {
public:
    WriteAllOp(IoSource& source, ConstBytes bytes, Medium medium = Medium::Socket) noexcept
        : WholeOp(source, Direction::Write, &WriteAllOp::attempt, medium), rest_(bytes) {
        if (bytes.empty()) {
            set_nothing_to_do();
        }
    }

private:
    static bool attempt(IoOp& op, std::uint32_t generation) noexcept;
    ConstBytes rest_;
};

/// Waits until a system call in that direction would not block.
class [[nodiscard("a wait for readiness does nothing until it is awaited")]] ReadinessOp
    : public WholeOp {
public:
    ReadinessOp(IoSource& source, Direction direction) noexcept
        : WholeOp(source, direction, &ReadinessOp::attempt) {}

private:
    static bool attempt(IoOp& op, std::uint32_t generation) noexcept;
};

/// An operation that never waits, for interfaces in which others of its kind do.
class [[nodiscard("a shutdown does nothing until it is awaited")]] ShutdownOp {
public:
    ShutdownOp(IoSource& source, net::Shutdown how) noexcept : source_(&source), how_(how) {}

    [[nodiscard]] bool await_ready() const noexcept { return true; }
    void await_suspend(TaskHandle /*task*/) const noexcept {}
    [[nodiscard]] Result<void> await_resume() const noexcept;

private:
    IoSource* source_;
    net::Shutdown how_;
};

// ---- the same without waiting: `std::errc::operation_would_block` instead ----------------------

[[nodiscard]] Result<std::size_t> try_read(IoSource& source, Bytes buffer,
                                           Medium medium = Medium::Socket) noexcept;
[[nodiscard]] Result<std::size_t> try_write(IoSource& source, ConstBytes bytes,
                                            Medium medium = Medium::Socket) noexcept;
[[nodiscard]] Result<std::size_t> try_read_vectored(IoSource& source,
                                                    std::span<const Bytes> buffers,
                                                    Medium medium = Medium::Socket) noexcept;
[[nodiscard]] Result<std::size_t> try_write_vectored(IoSource& source,
                                                     std::span<const ConstBytes> buffers,
                                                     Medium medium = Medium::Socket) noexcept;

/// For a system call of that kind that failed: its error. Notes in the source if it would block.
[[nodiscard]] std::error_code failed_try(IoSource& source, Direction direction,
                                         std::uint32_t generation) noexcept;

}  // namespace edo::detail
