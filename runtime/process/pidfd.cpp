// SPDX-License-Identifier: MIT
#include "edo/runtime/process/pidfd.hpp"

#include "edo/net/socket/system_error.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <mutex>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace edo::detail {

namespace {

constexpr auto kByPidfd = idtype_t(3);  // P_PIDFD, which glibc names since 2.36

/// The processes that nobody waits for.
class Reaper {
public:
    static Reaper& instance() {
        static auto* const reaper = new Reaper;  // never destroyed
        return *reaper;
    }

    void add(io::OwnedFd pidfd) noexcept {
        const std::lock_guard guard(lock_);
        std::erase_if(stranded_,
                      [](const io::OwnedFd& each) { return is_over(each.descriptor()); });
        try {
            stranded_.reserve(stranded_.size() + 1);
            watch(pidfd.descriptor());
            ++watched_;
            static_cast<void>(pidfd.release());  // NOLINT: `run` closes it
        } catch (...) {
            // No memory, descriptor or thread: it is reaped when the next one comes.
            if (stranded_.size() < stranded_.capacity()) {
                stranded_.push_back(std::move(pidfd));
            }
        }
    }

private:
    static bool is_over(int pidfd) noexcept {
        const auto reaped = reap(pidfd);
        return !reaped || reaped->has_value();  // an error: somebody else has reaped it
    }

    /// Under the lock.
    void watch(int pidfd) {
        if (!epoll_.valid()) {
            io::OwnedFd epoll(::epoll_create1(EPOLL_CLOEXEC));
            if (!epoll.valid()) {
                throw std::system_error(last_error());
            }
            start(epoll.descriptor());
            epoll_ = std::move(epoll);
        }
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = pidfd;
        if (::epoll_ctl(epoll_.descriptor(), EPOLL_CTL_ADD, pidfd, &event) != 0) {
            throw std::system_error(last_error());
        }
    }

    /// All signals are blocked in the thread: no handler of the program ever runs there.
    void start(int epoll) {
        sigset_t all;
        sigset_t before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        std::exception_ptr error;
        try {
            std::thread([this, epoll] { run(epoll); }).detach();
        } catch (...) {
            error = std::current_exception();
        }
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
        if (error) {
            std::rethrow_exception(error);
        }
    }

    void run(int epoll) noexcept {
        pthread_setname_np(pthread_self(), "edo-reaper");
        for (;;) {
            std::array<epoll_event, 16> events;  // NOLINT: filled by the kernel
            const int count = ::epoll_wait(epoll, events.data(), int(events.size()), -1);
            const std::lock_guard guard(lock_);
            for (int i = 0; i < count; ++i) {
                const int pidfd = events[std::size_t(i)].data.fd;
                if (is_over(pidfd)) {
                    // Closing alone would leave it in the set as long as a process that is just
                    // being started has a copy.
                    ::epoll_ctl(epoll, EPOLL_CTL_DEL, pidfd, nullptr);
                    ::close(pidfd);
                    --watched_;
                }
            }
            if (watched_ == 0) {
                epoll_.reset();  // `add` starts another thread
                return;
            }
        }
    }

    std::mutex lock_;
    // All guarded by the lock. The thread exists exactly while `epoll_` does.
    io::OwnedFd epoll_;
    std::size_t watched_ = 0;
    std::vector<io::OwnedFd> stranded_;
};

}  // namespace

Result<io::OwnedFd> open_pidfd(pid_t pid) noexcept {
    const long descriptor = ::syscall(SYS_pidfd_open, pid, 0);  // closed on exec, always
    if (descriptor < 0) {
        return failure(last_error());
    }
    return io::OwnedFd(int(descriptor));
}

Result<std::optional<process::ExitStatus>> reap(int pidfd) noexcept {
    siginfo_t info{};
    int returned = -1;
    do {
        returned = ::waitid(kByPidfd, id_t(pidfd), &info, WEXITED | WNOHANG);
    } while (returned != 0 && errno == EINTR);
    if (returned != 0) {
        return failure(last_error());
    }
    std::optional<process::ExitStatus> status;
    if (info.si_pid != 0) {
        status = info.si_code == CLD_EXITED
                     ? process::ExitStatus::exited(info.si_status)
                     : process::ExitStatus::killed(info.si_status, info.si_code == CLD_DUMPED);
    }
    return status;
}

Result<void> send_signal(int pidfd, int number) noexcept {
    if (::syscall(SYS_pidfd_send_signal, pidfd, number, nullptr, 0) != 0) {
        return failure(last_error());
    }
    return {};
}

void reap_later(io::OwnedFd pidfd) noexcept {
    Reaper::instance().add(std::move(pidfd));
}

}  // namespace edo::detail
