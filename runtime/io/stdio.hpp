// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/io/guarded_wait.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/task/task.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>  // its macros stdin, stdout and stderr stand for themselves
#include <span>
#include <string_view>

namespace edo::detail {

class InputChannel;
class OutputChannel;

/// The operations of `edo::io::stdin()` and its like.
class [[nodiscard("a read does nothing until it is awaited")]] InputRead : public GuardedWait {
public:
    InputRead(InputChannel& channel, std::span<std::byte> to) noexcept;
    [[nodiscard]] Result<std::size_t> await_resume() const noexcept { return result_; }

private:
    static bool attempt(GuardedWait& wait) noexcept;
    InputChannel& channel_;
    std::span<std::byte> to_;
    Result<std::size_t> result_;
};

class [[nodiscard("a write does nothing until it is awaited")]] OutputWrite : public GuardedWait {
public:
    OutputWrite(OutputChannel& channel, std::span<const std::byte> from) noexcept;
    [[nodiscard]] Result<std::size_t> await_resume() const noexcept { return result_; }

private:
    static bool attempt(GuardedWait& wait) noexcept;
    OutputChannel& channel_;
    std::span<const std::byte> from_;
    Result<std::size_t> result_;
};

class [[nodiscard("a flush does nothing until it is awaited")]] OutputFlush : public GuardedWait {
public:
    explicit OutputFlush(OutputChannel& channel) noexcept;
    [[nodiscard]] Result<void> await_resume() const noexcept { return result_; }

private:
    static bool attempt(GuardedWait& wait) noexcept;
    OutputChannel& channel_;
    std::uint64_t target_ = 0;  // how much must have been written; 0 before the first attempt
    Result<void> result_;
};

}  // namespace edo::detail

namespace edo::io {

/// Standard input; made by `edo::io::stdin()`.
///
/// It may be a terminal, a pipe, a file, or closed. The descriptor's flags are left alone, so that
/// a shell gets its terminal back as it was. When a task wants to read and nothing is there, a
/// thread of its own blocks in the system call; neither the end of a runtime nor that of the
/// process waits for it.
///
/// All copies share one buffer, since there is only one standard input in a process. Do not read
/// from `std::cin` as well.
///
/// @par Thread safety
/// Copies may be used from any task and thread. Each byte goes to one of those that read.
class StandardInput {
public:
    explicit StandardInput(detail::InputChannel& channel) noexcept : channel_(&channel) {}

    /// Reads some bytes.
    ///
    /// @param buffer Must outlive the operation.
    /// @return The number of bytes; 0 at the end of the input. On a terminal the input may go on
    ///     after that (Ctrl-D).
    ///
    /// @par Errors
    /// What `read(2)` says: `std::errc::bad_file_descriptor` if standard input is closed.
    /// `std::errc::resource_unavailable_try_again` if no thread could be started.
    ///
    /// @par Cancel safety
    /// Cancel safe: what arrives later is there for the next read.
    ///
    /// @par Example
    /// @snippet io.cpp stdin
    [[nodiscard]] detail::InputRead read(std::span<std::byte> buffer) const noexcept {
        return {*channel_, buffer};
    }

private:
    detail::InputChannel* channel_;
};

/// Standard output or standard error; made by `edo::io::stdout()` and `edo::io::stderr()`.
///
/// `write` hands bytes over to a thread of its own, which writes them in that order, and `flush`
/// waits until all that was handed over has been written. Await `flush` before the program ends,
/// and before something else writes there, such as `std::cout`. At its normal exit the process
/// waits one second at most for what was not flushed.
///
/// @par Thread safety
/// Copies may be used from any task and thread. What fits into one `write` is not torn apart by
/// other tasks.
class StandardOutput {
public:
    explicit StandardOutput(detail::OutputChannel& channel) noexcept : channel_(&channel) {}

    /// Hands over some bytes; waits while there is no room.
    ///
    /// @return How many: all, up to 64 KiB.
    ///
    /// @par Errors
    /// What `write(2)` said about bytes that were handed over earlier, and are lost: for example
    /// `std::errc::broken_pipe`, `std::errc::no_space_on_device`. Reported once, by the write or
    /// flush that comes next, of whichever task.
    ///
    /// @par Cancel safety
    /// Cancel safe: a cancelled write has handed over nothing.
    ///
    /// @par Example
    /// @snippet io.cpp stdout
    [[nodiscard]] detail::OutputWrite write(std::span<const std::byte> bytes) const noexcept {
        return {*channel_, bytes};
    }

    /// Hands over all bytes, of which any number may have gone when it fails or is cancelled.
    [[nodiscard]] Task<Result<void>> write_all(std::span<const std::byte> bytes) const;
    /// The same with text.
    [[nodiscard]] Task<Result<void>> write_all(std::string_view text) const;

    /// Waits until all that was handed over before has been written.
    ///
    /// @par Errors
    /// Those of `write`.
    /// @par Cancel safety
    /// Cancel safe: the bytes are written all the same.
    [[nodiscard]] detail::OutputFlush flush() const noexcept {
        return detail::OutputFlush(*channel_);
    }

private:
    detail::OutputChannel* channel_;
};

/// Standard input, to be read without blocking a worker. See `StandardInput`.
[[nodiscard]] StandardInput stdin();
/// Standard output. See `StandardOutput`.
[[nodiscard]] StandardOutput stdout();
/// Standard error, which here is buffered as standard output is. See `StandardOutput`.
[[nodiscard]] StandardOutput stderr();

}  // namespace edo::io
