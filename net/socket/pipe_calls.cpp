// SPDX-License-Identifier: MIT
//
// Sockets have MSG_NOSIGNAL. Linux 6.18 has the same for `pwritev2`; before that, the signal of the
// calling thread is blocked around the call, and taken back if there was one.
#include "edo/net/socket/pipe_calls.hpp"

#include "edo/net/socket/system_error.hpp"

#include <atomic>
#include <csignal>
#include <ctime>
#include <pthread.h>

namespace edo::detail {

namespace {

constexpr int kNoSignal = 0x100;  // RWF_NOSIGNAL; the headers of most systems do not know it yet

/// Whether the kernel has refused `kNoSignal` before. Each thread may find out for itself: relaxed.
std::atomic<bool> must_block_the_signal{false};

bool is_pending() noexcept {
    sigset_t pending;
    sigpending(&pending);
    return sigismember(&pending, SIGPIPE) == 1;
}

ssize_t write_with_signal_blocked(int descriptor, const iovec* list, int count) noexcept {
    sigset_t pipe_signal;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    // One that is pending already was blocked by the program, and belongs to it.
    const bool was_pending = is_pending();
    sigset_t before;
    pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
    const ssize_t written = uninterrupted([&] { return ::writev(descriptor, list, count); });
    const int error = errno;
    if (written < 0 && error == EPIPE && !was_pending) {
        const timespec at_once{};
        while (::sigtimedwait(&pipe_signal, nullptr, &at_once) < 0 && errno == EINTR) {
        }
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    errno = error;
    return written;
}

}  // namespace

ssize_t write_to_pipe(int descriptor, const iovec* list, int count) noexcept {
    if (!must_block_the_signal.load(std::memory_order_relaxed)) {
        const ssize_t written =
            uninterrupted([&] { return ::pwritev2(descriptor, list, count, -1, kNoSignal); });
        if (written >= 0 || errno != EOPNOTSUPP) {
            return written;
        }
        must_block_the_signal.store(true, std::memory_order_relaxed);
    }
    return write_with_signal_blocked(descriptor, list, count);
}

}  // namespace edo::detail
