// SPDX-License-Identifier: MIT
// How a signal gets from its handler to those who wait for it.
//
// The handler may do next to nothing: it marks the signal, and writes to an eventfd. Each runtime
// in which somebody has waited for a signal has that descriptor in one of its reactors. The turn
// that finds it readable takes the marks, and wakes who waits, in whichever runtime. So signals
// need no thread: a process with one thread is cheaper for the kernel and for the C library.
//
// The descriptor is made for the first listener and never closed: a handler may be about to write
// to it, on any thread. A child made by `fork` shares it: what its handlers write makes the parent
// look, which finds no mark, for these are not shared.
#pragma once

#include "edo/runtime/io/guarded_wait.hpp"
#include "edo/runtime/result.hpp"

#include <array>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <system_error>

namespace edo::detail {

/// The listeners of the process, by signal.
class SignalRegistry {
public:
    static SignalRegistry& instance();

    /// Who waits for any signal. Its lock guards the registry.
    Waiters waiters;

    /// Counts one more listener; yields how many signals have arrived so far.
    Result<std::uint64_t> add(int number);
    void remove(int number) noexcept;

    /// How many signals of that number have arrived, one that nobody was told of included: the
    /// others are woken then. Under the lock.
    [[nodiscard]] std::uint64_t arrived(int number) noexcept;

    /// Makes sure that the runtime of the calling task dispatches signals. Under the lock.
    [[nodiscard]] std::error_code hear() noexcept;

    /// Takes all marks, and wakes who waits if there were any.
    void dispatch() noexcept;
    /// A reactor that heard signals has ended: who waits looks for another one.
    void retry_waits() noexcept;

private:
    struct Entry {
        std::size_t listeners = 0;
        std::uint64_t count = 0;
        struct sigaction before{};
    };

    [[nodiscard]] bool install(int number) noexcept;
    void uninstall(int number) noexcept;
    [[nodiscard]] bool take_mark(std::size_t number) noexcept;

    std::array<Entry, NSIG> entries_;  // guarded by the lock
};

/// How many descriptors edo has for signals: none, or 1 for the rest of the process.
[[nodiscard]] std::size_t signal_descriptors() noexcept;

}  // namespace edo::detail
