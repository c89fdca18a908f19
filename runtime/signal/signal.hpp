// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/io/guarded_wait.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/task/task.hpp"

#include <cstdint>
#include <system_error>

namespace edo::signal {
class Signal;
}

namespace edo::detail {

/// The wait for a signal; made by `Signal::recv`.
class [[nodiscard("recv() does nothing until it is awaited")]] SignalRecv : public GuardedWait {
public:
    explicit SignalRecv(signal::Signal& signal) noexcept;
    void await_resume() const;

private:
    static bool attempt(GuardedWait& wait) noexcept;
    signal::Signal* signal_;
    std::error_code error_;  // why it cannot wait
};

}  // namespace edo::detail

namespace edo::signal {

/// Listens for one signal of the operating system, from its creation to its destruction.
///
/// While there is a listener for a signal, the process does not do what it did on that signal
/// before: end, for most. What it did is put back when the last listener for it is destroyed.
///
/// Signals coalesce: any number that arrive between two calls of `recv` count as one. Each listener
/// gets each signal.
///
/// @par Thread safety
/// A `Signal` belongs to one task; several may listen for the same signal, also on different
/// runtimes.
///
/// No thread is needed: the runtimes that wait for signals are told by one descriptor, which the
/// process keeps from its first `Signal` on.
///
/// @par Misuse
/// Awaiting `recv` of a moved-from `Signal` never completes. A child process made by `fork` without
/// `exec` must not use signals of edo. A signal that arrives in such a child does not disturb its
/// parent.
///
/// @par Example
/// @snippet signal.cpp signal
class Signal {
public:
    /// Starts to listen for signal `number`, for example `SIGTERM`.
    ///
    /// @par Errors
    /// - `std::errc::invalid_argument`: there is no such signal, or none that can be listened for:
    ///   SIGKILL, SIGSTOP, and those by which the processor reports a fault of the running
    ///   instruction, SIGILL, SIGFPE, SIGSEGV and SIGBUS.
    /// - `std::errc::too_many_files_open`, `std::errc::too_many_files_open_in_system`,
    ///   `std::errc::not_enough_memory`, `std::errc::no_space_on_device`: the system has no
    ///   descriptor or memory left for it.
    [[nodiscard]] static Result<Signal> create(int number);

    Signal(Signal&& other) noexcept;
    Signal& operator=(Signal&& other) noexcept;
    ~Signal();

    /// Waits for the next signal, or for one that has arrived since the last call.
    ///
    /// @throws UsageError if it would wait outside of a runtime, or in one that has been shut down.
    /// @throws std::system_error for an error of `create` that shows only now, because the `Signal`
    ///     was made outside of the runtime.
    ///
    /// @par Cancel safety
    /// Cancel safe: a signal that arrives meanwhile is there for the next call.
    [[nodiscard]] detail::SignalRecv recv() noexcept { return detail::SignalRecv(*this); }

    /// Which signal.
    [[nodiscard]] int number() const noexcept { return number_; }

private:
    friend class detail::SignalRecv;
    Signal(int number, std::uint64_t seen) noexcept : number_(number), seen_(seen) {}

    int number_;          // 0 when moved from
    std::uint64_t seen_;  // how many signals of that number this listener has seen; see signal.cpp
};

/// Waits for Ctrl-C, that is, for SIGINT.
///
/// Listens only while it is awaited: before and after that, Ctrl-C ends the process as usual. In a
/// loop, keep a `Signal` instead, so that no signal falls between two calls.
///
/// @par Errors
/// Those of `Signal::create`.
/// @par Cancel safety
/// Cancel safe.
/// @par Example
/// @snippet signal.cpp ctrl_c
[[nodiscard]] Task<Result<void>> ctrl_c();

}  // namespace edo::signal
