// SPDX-License-Identifier: MIT
#include "edo/net/socket/accept.hpp"

#include "edo/net/socket/system_error.hpp"
#include "edo/runtime/diagnostics/log.hpp"

#include <atomic>
#include <sys/socket.h>
#include <unistd.h>

namespace edo::detail {

namespace {

/// The connection is lost, the listener is fine. Besides the aborted ones, Linux hands over errors
/// that came in on the new connection's network.
bool concerns_one_connection(int error) noexcept {
    switch (error) {
        case ECONNABORTED:
        case EINTR:
        case EPERM:  // a firewall forbids it
        case EPROTO:
        case ENETDOWN:
        case ENOPROTOOPT:
        case EHOSTDOWN:
        case ENONET:
        case EHOSTUNREACH:
        case EOPNOTSUPP:
        case ENETUNREACH:
            return true;
        default:
            return false;
    }
}

/// Whether the process is known to be out of descriptors or memory: all its listeners are then, and
/// one line in the log is enough.
std::atomic<bool> exhausted{false};

}  // namespace

AcceptOp::~AcceptOp() {
    if (descriptor_ >= 0) {
        ::close(descriptor_);
    }
}

Result<std::pair<Socket, RawAddr>> AcceptOp::await_resume() {
    if (has_failed()) {
        return failure(wait_error());
    }
    return std::pair<Socket, RawAddr>(Socket(std::exchange(descriptor_, -1)), peer_);
}

bool AcceptOp::attempt(IoOp& op, std::uint32_t /*generation*/) noexcept {
    auto& self = static_cast<AcceptOp&>(op);
    for (;;) {
        self.peer_ = RawAddr();
        self.descriptor_ = ::accept4(self.source().descriptor(), self.peer_.get(), &self.peer_.size,
                                     SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (self.descriptor_ >= 0) {
            return true;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return false;
        }
        if (!concerns_one_connection(errno)) {
            self.fail(last_error());
            return true;
        }
    }
}

bool is_exhaustion(const std::error_code& error) noexcept {
    switch (error.value()) {
        case EMFILE:
        case ENFILE:
        case ENOBUFS:
        case ENOMEM:
            return error.category() == std::generic_category();
        default:
            return false;
    }
}

void log_exhaustion(const std::error_code& error) {
    if (!exhausted.exchange(true, std::memory_order_relaxed)) {
        log_warning("connections cannot be accepted and are kept waiting: " + error.message());
    }
}

void forget_exhaustion() noexcept {
    if (exhausted.load(std::memory_order_relaxed)) {
        exhausted.store(false, std::memory_order_relaxed);
    }
}

}  // namespace edo::detail
