// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/pipe.hpp"
#include "edo/runtime/io/read.hpp"
#include "edo/runtime/process/exit_status.hpp"
#include "edo/runtime/reactor/io_source.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/task/task.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <sys/types.h>
#include <utility>

namespace edo::process {

class Command;

/// The ends of a child's pipes that its parent holds: see `net::pipe::Sender` and `Receiver`.
using ChildStdin = net::pipe::Sender;
using ChildStdout = net::pipe::Receiver;
using ChildStderr = net::pipe::Receiver;

/// All that a child has left behind.
struct Output {
    Output(ExitStatus exit_status, std::string out_bytes, std::string err_bytes)
        : status(exit_status), out(std::move(out_bytes)), err(std::move(err_bytes)) {}

    ExitStatus status;
    std::string out;  ///< what it wrote to standard output, if that was piped; any bytes
    std::string err;  ///< the same for standard error
};

/// A child process; made by `Command::spawn`.
///
/// Dropping it neither ends the process (unless `Command::kill_on_drop` was set) nor waits for it:
/// it is reaped in the background when it ends, so that it does not stay behind as a zombie. Only
/// this child is ever waited for, and no handler for SIGCHLD is installed: other children of the
/// program are left alone.
///
/// A program that ignores SIGCHLD, or reaps children of others with `wait`, takes the exit status
/// away: `wait` then fails with `std::errc::no_child_process`.
///
/// @par Thread safety
/// Belongs to one task at a time.
///
/// @par Misuse
/// Using a child that was moved from throws `UsageError`. It must not be moved or destroyed while
/// `wait` or `kill` is pending.
///
/// @par Example
/// @snippet process.cpp spawn
class Child {
public:
    Child(Child&&) noexcept = default;
    Child& operator=(Child&& other) noexcept;
    ~Child();

    /// The number of the process, until `wait` or `try_wait` has told that it has ended: from then
    /// on the number may belong to another process.
    [[nodiscard]] std::optional<pid_t> id() const;

    /// Waits until the process has ended. Closes its standard input first, if that was piped and
    /// not taken: many programs go on until then.
    ///
    /// Read its output before, or meanwhile, if that is piped: a process whose pipe is full waits
    /// for somebody to read. Once it has ended, all calls yield the same status.
    ///
    /// @par Errors
    /// - `std::errc::no_child_process`: see above.
    /// - `Errc::RuntimeShutdown`: the runtime that serves the child is gone.
    ///
    /// @par Cancel safety
    /// Cancel safe: wait again.
    [[nodiscard]] Task<Result<ExitStatus>> wait();

    /// The status if the process has ended. Does not wait, and leaves standard input open.
    [[nodiscard]] Result<std::optional<ExitStatus>> try_wait();

    /// Sends a signal, for example SIGTERM.
    /// @par Errors
    /// - `std::errc::no_such_process`: it has ended.
    /// - `std::errc::operation_not_permitted`: it has become another user.
    Result<void> send_signal(int number);
    /// Sends SIGKILL. The process may live for some time yet: see `wait`.
    /// @par Errors
    /// As for `send_signal`.
    Result<void> start_kill();
    /// Sends SIGKILL and waits until the process has ended. One that has ended before is no error.
    /// @par Cancel safety
    /// Cancel safe: the signal is sent by the first turn of the task.
    [[nodiscard]] Task<Result<void>> kill();

    /// Closes standard input, and reads standard output and standard error to their ends while it
    /// waits for the process; those that are not piped, or were taken, are left out. Both ends must
    /// be reached: a grandchild that has inherited them holds this up.
    ///
    /// @param limit The longest output accepted, of each of the two, in bytes.
    ///
    /// @par Errors
    /// Those of `wait`, and `Errc::LimitExceeded`: the output is longer. The child is dropped then.
    ///
    /// @par Cancel safety
    /// Not cancel safe: the child is dropped, and its output lost.
    ///
    /// @par Example
    /// @snippet process.cpp wait_with_output
    [[nodiscard]] Task<Result<Output>> wait_with_output(
        std::size_t limit = io::kDefaultReadLimit) &&;

    /// The pipes that were asked for with `Stdio::piped`; each can be taken once.
    [[nodiscard]] std::optional<ChildStdin> take_stdin() { return std::exchange(stdin_, {}); }
    [[nodiscard]] std::optional<ChildStdout> take_stdout() { return std::exchange(stdout_, {}); }
    [[nodiscard]] std::optional<ChildStderr> take_stderr() { return std::exchange(stderr_, {}); }

private:
    friend class Command;
    class WaitOp;

    Child(pid_t pid, detail::IoSourcePtr pidfd, bool kill_on_drop) noexcept
        : pid_(pid), pidfd_(std::move(pidfd)), kill_on_drop_(kill_on_drop) {}

    [[nodiscard]] int pidfd() const;
    static Task<Result<ExitStatus>> wait_for(Child* child);
    static Task<Result<void>> kill_now(Child* child);

    pid_t pid_;
    detail::IoSourcePtr pidfd_;  // owns the descriptor; null when moved from
    bool kill_on_drop_;
    std::optional<ExitStatus> status_;
    std::optional<ChildStdin> stdin_;
    std::optional<ChildStdout> stdout_;
    std::optional<ChildStderr> stderr_;
};

}  // namespace edo::process
