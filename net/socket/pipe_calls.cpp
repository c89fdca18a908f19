// SPDX-License-Identifier: MIT
//
// Sockets have MSG_NOSIGNAL, which `splice` does not pass on. Linux 6.18 has the same for
// `pwritev2`. Otherwise, the signal of the calling thread is blocked around the call, and taken
// back if there was one.
#include "edo/net/socket/pipe_calls.hpp"

#include "edo/net/socket/system_error.hpp"

#include <atomic>
#include <csignal>
#include <ctime>
#include <fcntl.h>
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

template <class Call>
ssize_t with_signal_blocked(Call call) noexcept {
    sigset_t pipe_signal;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    sigset_t before;
    pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
    // One that is pending already was blocked by the program, and belongs to it.
    const bool was_pending = sigismember(&before, SIGPIPE) == 1 && is_pending();
    const ssize_t written = uninterrupted(call);
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
    return with_signal_blocked([&] { return ::writev(descriptor, list, count); });
}

ssize_t splice_out(int pipe, int socket, std::size_t count) noexcept {
    return with_signal_blocked([&] {
        return ::splice(pipe, nullptr, socket, nullptr, count, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    });
}

}  // namespace edo::detail
