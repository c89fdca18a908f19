// SPDX-License-Identifier: MIT
#include "edo/runtime/io/stdio_thread.hpp"

#include <cerrno>
#include <csignal>
#include <poll.h>
#include <system_error>
#include <unistd.h>

namespace edo::detail {

namespace {

/// A background job that uses its terminal is stopped by the system, unless the signal for that is
/// blocked, as all are on these threads: then the call would fail.
void allow_job_control() noexcept {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTTIN);
    sigaddset(&signals, SIGTTOU);
    pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

template <class Transfer>
Result<std::size_t> transfer_blocking(int descriptor, short event, Transfer transfer) noexcept {
    allow_job_control();
    for (;;) {
        const ssize_t count = transfer();
        if (count >= 0) {
            return std::size_t(count);
        }
        if (errno == EAGAIN) {
            pollfd wait{descriptor, event, 0};
            ::poll(&wait, 1, -1);
        } else if (errno != EINTR) {
            return failure(std::error_code(errno, std::generic_category()));
        }
    }
}

}  // namespace

DetachedPool& stdio_threads() {
    static auto* const pool = new DetachedPool(3);  // never destroyed
    return *pool;
}

Result<std::size_t> read_blocking(int descriptor, std::span<std::byte> to) noexcept {
    return transfer_blocking(descriptor, POLLIN,
                             [=] { return ::read(descriptor, to.data(), to.size()); });
}

Result<std::size_t> write_blocking(int descriptor, std::span<const std::byte> from) noexcept {
    return transfer_blocking(descriptor, POLLOUT,
                             [=] { return ::write(descriptor, from.data(), from.size()); });
}

}  // namespace edo::detail
