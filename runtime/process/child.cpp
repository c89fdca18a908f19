// SPDX-License-Identifier: MIT
#include "edo/runtime/process/child.hpp"

#include "edo/runtime/errors.hpp"
#include "edo/runtime/process/pidfd.hpp"
#include "edo/runtime/reactor/io_op.hpp"
#include "edo/runtime/try_join.hpp"

#include <csignal>
#include <memory>

namespace edo::process {

/// Waits until the process can be reaped. That a pidfd is readable is only a hint, like any event.
/// The status goes straight into the child: it must not be lost with the operation.
class Child::WaitOp : public detail::IoOp {
public:
    explicit WaitOp(Child& child) noexcept
        : IoOp(*child.pidfd_, detail::Direction::Read, &WaitOp::attempt), child_(&child) {}

    [[nodiscard]] Result<ExitStatus> await_resume() const noexcept {
        if (wait_error()) {
            return failure(wait_error());
        }
        return *child_->status_;
    }

private:
    static bool attempt(IoOp& op, std::uint32_t /*generation*/) noexcept {
        auto& self = static_cast<WaitOp&>(op);
        const auto reaped = detail::reap(self.source().descriptor());
        if (!reaped) {
            self.fail(reaped.error());
            return true;
        }
        self.child_->status_ = *reaped;
        return reaped->has_value();
    }

    Child* child_;
};

Child::~Child() {
    if (pidfd_ == nullptr || status_) {
        return;
    }
    if (kill_on_drop_) {
        static_cast<void>(start_kill());  // it may have ended
    }
    const auto ended = try_wait();
    if (ended && !*ended) {
        detail::IoSource* const source = pidfd_.release();
        detail::reap_later(io::OwnedFd(source->release()));
    }
}

Child& Child::operator=(Child&& other) noexcept {
    if (this != &other) {
        std::destroy_at(this);
        std::construct_at(this, std::move(other));
    }
    return *this;
}

int Child::pidfd() const {
    if (pidfd_ == nullptr) {
        throw UsageError("edo: this Child is empty: it was moved from");
    }
    return pidfd_->descriptor();
}

std::optional<pid_t> Child::id() const {
    return pidfd_ != nullptr && !status_ ? std::optional<pid_t>(pid_) : std::nullopt;
}

Result<std::optional<ExitStatus>> Child::try_wait() {
    if (!status_) {
        const auto reaped = detail::reap(pidfd());
        if (!reaped) {
            return failure(reaped.error());
        }
        status_ = *reaped;
    }
    return status_;
}

Result<void> Child::send_signal(int number) {
    const int target = pidfd();
    if (status_) {
        return failure(std::errc::no_such_process);
    }
    return detail::send_signal(target, number);
}

Result<void> Child::start_kill() {
    return send_signal(SIGKILL);
}

Task<Result<ExitStatus>> Child::wait_for(Child* child) {
    child->stdin_.reset();
    if (child->status_) {
        co_return *child->status_;
    }
    co_return co_await WaitOp(*child);
}

Task<Result<ExitStatus>> Child::wait() {
    static_cast<void>(pidfd());  // throws for an empty one
    return wait_for(this);
}

Task<Result<void>> Child::kill_now(Child* child) {
    const Result<void> killed = child->start_kill();
    if (!killed && killed.error() != std::errc::no_such_process) {
        co_return killed;
    }
    const Result<ExitStatus> ended = co_await wait_for(child);
    if (!ended) {
        co_return failure(ended.error());
    }
    co_return Result<void>();
}

Task<Result<void>> Child::kill() {
    static_cast<void>(pidfd());
    return kill_now(this);
}

namespace {

Task<Result<std::string>> read_pipe(std::optional<net::pipe::Receiver> pipe, std::size_t limit) {
    if (!pipe) {
        co_return std::string();
    }
    co_return co_await detail::read_all<std::string>(*pipe, limit);
}

/// An error of one part destroys the others, and with them the pipes: no process is kept waiting
/// for somebody to read.
Task<Result<Output>> collect(Child child, std::size_t limit) {
    auto out = child.take_stdout();
    auto err = child.take_stderr();
    auto ended = co_await try_join(child.wait(), read_pipe(std::move(out), limit),
                                   read_pipe(std::move(err), limit));
    if (!ended) {
        co_return failure(ended.error());
    }
    auto& [status, out_bytes, err_bytes] = *ended;
    co_return Output(status, std::move(out_bytes), std::move(err_bytes));
}

}  // namespace

Task<Result<Output>> Child::wait_with_output(std::size_t limit) && {
    static_cast<void>(pidfd());
    return collect(std::move(*this), limit);
}

}  // namespace edo::process
