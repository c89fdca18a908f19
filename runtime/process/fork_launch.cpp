// SPDX-License-Identifier: MIT
//
// The start of a program with `fork` and `exec`: another user, or functions to call in between.
//
// Everything is prepared before `fork`. The child, which may have been copied while other threads
// held any lock, then makes system calls only. What fails there it writes into a pipe that `exec`
// closes: the parent reads the error, or the end as soon as the program runs.
#include "edo/net/socket/system_error.hpp"
#include "edo/runtime/process/launch.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace edo::detail {

namespace {

/// What the child writes into the pipe.
struct Failure {
    int error = 0;
    LaunchStep step = LaunchStep::Other;
};

/// Blocks all signals of the thread: no handler of this process may run in the child.
class SignalsBlocked {
public:
    SignalsBlocked() noexcept {
        sigset_t all;
        sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;

private:
    sigset_t before_{};
};

/// The child between `fork` and `exec`.
class ForkedChild {
public:
    ForkedChild(const Launch& launch, int errors) noexcept : launch_(launch), errors_(errors) {}

    [[noreturn]] void become(const char* path, char* const* argv, char* const* envp,
                             const std::array<int, 3>& streams) const noexcept {
        for (int number = 0; number < 3; ++number) {
            const int from = streams[std::size_t(number)];
            check(from < 0 || ::dup2(from, number) >= 0);
        }
        take_identity();
        if (launch_.directory) {
            check(::chdir(launch_.directory->c_str()) == 0);
        }
        if (launch_.process_group) {
            check(::setpgid(0, *launch_.process_group) == 0);
        }
        reset_signals();
        if (!launch_.inherit_descriptors) {
            // Closed by `exec`, not now: the pipe of errors is needed until then.
            check(::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) == 0);
        }
        for (const auto& function : launch_.pre_exec) {
            if (const std::error_code error = function->run(); error) {
                report(error.value(), LaunchStep::PreExec);
            }
        }
        ::execve(path, argv, envp);
        report(errno, LaunchStep::Other);
    }

private:
    /// The groups first, while there is still the right to change them.
    void take_identity() const noexcept {
        // System calls, and not the functions of that name: those tell all threads of a process.
        if (launch_.groups) {
            check(::syscall(SYS_setgroups, launch_.groups->size(), launch_.groups->data()) == 0,
                  LaunchStep::Identity);
        } else if (launch_.uid && ::geteuid() == 0) {
            // The groups of root would stay with the user otherwise.
            check(::syscall(SYS_setgroups, 0, nullptr) == 0, LaunchStep::Identity);
        }
        if (launch_.gid) {
            check(::syscall(SYS_setgid, *launch_.gid) == 0, LaunchStep::Identity);
        }
        if (launch_.uid) {
            check(::syscall(SYS_setuid, *launch_.uid) == 0, LaunchStep::Identity);
        }
    }

    static void reset_signals() noexcept {
        struct ::sigaction standard{};
        standard.sa_handler = SIG_DFL;
        for (int signal = 1; signal < NSIG; ++signal) {
            ::sigaction(signal, &standard, nullptr);  // fails for SIGKILL and the like
        }
        sigset_t none;
        sigemptyset(&none);
        ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
    }

    void check(bool success, LaunchStep step = LaunchStep::Other) const noexcept {
        if (!success) {
            report(errno, step);
        }
    }

    [[noreturn]] void report(int error, LaunchStep step) const noexcept {
        const Failure failed{error, step};
        [[maybe_unused]] const auto written = ::write(errors_, &failed, sizeof failed);
        // The system call: sanitizers do more in `_exit`, and write out copied buffers of streams.
        for (;;) {
            ::syscall(SYS_exit_group, 127);
        }
    }

    const Launch& launch_;
    int errors_;
};

}  // namespace

Result<pid_t> Launch::run_with_fork(const std::string& path) {
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0) {
        return failure(last_error());
    }
    const io::OwnedFd read_end(ends[0]);
    io::OwnedFd write_end(ends[1]);
    if (write_end.descriptor() < 3) {  // a standard stream would take its place
        write_end.reset(::fcntl(write_end.descriptor(), F_DUPFD_CLOEXEC, 3));
        if (!write_end.valid()) {
            return failure(last_error());
        }
    }
    const std::vector<char*> argv = pointers_to(arguments);
    const std::vector<char*> envp = pointers_to(environment);
    const std::array<int, 3> streams = {streams_[0].descriptor(), streams_[1].descriptor(),
                                        streams_[2].descriptor()};
    const ForkedChild child(*this, write_end.descriptor());
    pid_t pid = -1;
    std::error_code error;
    {
        const SignalsBlocked blocked;
        pid = ::fork();
        if (pid == 0) {
            child.become(path.c_str(), argv.data(), envp.data(), streams);
        }
        error = last_error();
    }
    if (pid < 0) {
        return failure(error);
    }
    write_end.reset();
    Failure failed;
    const ssize_t got =
        uninterrupted([&] { return ::read(read_end.descriptor(), &failed, sizeof failed); });
    if (got != ssize_t(sizeof failed)) {
        return pid;  // it runs, or has died before it did: `wait` tells
    }
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    failed_step_ = failed.step;
    return failure(std::error_code(failed.error, std::generic_category()));
}

}  // namespace edo::detail
