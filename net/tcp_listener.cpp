// SPDX-License-Identifier: MIT
#include "edo/net/tcp_listener.hpp"

#include "edo/net/lookup_host.hpp"
#include "edo/net/socket/raw_addr.hpp"
#include "edo/net/socket/system_error.hpp"
#include "edo/runtime/diagnostics/log.hpp"
#include "edo/runtime/reactor/io_op.hpp"
#include "edo/runtime/sleep.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

namespace edo::net {

namespace {

using Accepted = std::pair<TcpStream, SocketAddr>;

constexpr auto kFirstPause = std::chrono::milliseconds(10);
constexpr auto kLongestPause = std::chrono::milliseconds(1000);

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

/// Descriptors or memory have run out. The connection stays in the queue.
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

/// Accepts one connection; its descriptor belongs to the operation until it is taken.
class AcceptOp : public detail::IoOp {
public:
    explicit AcceptOp(detail::IoSource& source) noexcept
        : IoOp(source, detail::Direction::Read, &AcceptOp::attempt) {}
    ~AcceptOp() {
        if (descriptor_ >= 0) {
            ::close(descriptor_);
        }
    }
    // Only before it is awaited, when it holds nothing yet.
    AcceptOp(AcceptOp&& other) noexcept : IoOp(std::move(other)) {}

    [[nodiscard]] Result<Accepted> await_resume() {
        if (wait_error()) {
            return failure(wait_error());
        }
        return Accepted(TcpStream(detail::Socket(std::exchange(descriptor_, -1))),
                        detail::to_socket_addr(peer_));
    }

private:
    static bool attempt(IoOp& op, std::uint32_t /*generation*/) noexcept {
        auto& self = static_cast<AcceptOp&>(op);
        for (;;) {
            self.peer_ = detail::RawAddr();
            self.descriptor_ = ::accept4(self.source().descriptor(), self.peer_.get(),
                                         &self.peer_.size, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (self.descriptor_ >= 0) {
                return true;
            }
            if (errno == EAGAIN || errno == EWOULDBLOCK) {
                return false;
            }
            if (!concerns_one_connection(errno)) {
                self.fail(detail::last_error());
                return true;
            }
        }
    }

    detail::RawAddr peer_;
    int descriptor_ = -1;
};

/// Whether the process is known to be out of descriptors or memory: all its listeners are then, and
/// one line in the log is enough.
std::atomic<bool> exhausted{false};

void log_exhaustion(const std::error_code& error) {
    if (!exhausted.exchange(true, std::memory_order_relaxed)) {
        detail::log_warning("connections cannot be accepted and are kept waiting: " +
                            error.message());
    }
}

Task<Result<Accepted>> accept_from(detail::IoSource* listener) {
    std::chrono::milliseconds pause = kFirstPause;
    for (;;) {
        auto accepted = co_await AcceptOp(*listener);
        if (accepted) {
            if (exhausted.load(std::memory_order_relaxed)) {
                exhausted.store(false, std::memory_order_relaxed);
            }
            co_return std::move(accepted);
        }
        if (!is_exhaustion(accepted.error())) {
            co_return failure(accepted.error());
        }
        log_exhaustion(accepted.error());
        co_await sleep(pause);
        pause = std::min(pause * 2, kLongestPause);
    }
}

Result<TcpListener> listen_on(const SocketAddr& address) {
    auto socket = detail::Socket::open(address.is_v6(), detail::SocketKind::Stream);
    if (!socket) {
        return failure(socket.error());
    }
    Result<void> done = socket->set_reuseaddr(true);
    if (done) {
        done = socket->bind(address);
    }
    if (done) {
        done = socket->listen(TcpListener::kDefaultBacklog);
    }
    if (!done) {
        return failure(done.error());
    }
    return TcpListener(std::move(*socket));
}

Task<AddressResult<TcpListener>> bind_host(std::string host) {
    const auto addresses = co_await lookup_host(host);
    if (!addresses) {
        co_return failure(addresses.error());
    }
    for (std::size_t i = 0;; ++i) {
        auto listener = co_await TcpListener::bind((*addresses)[i]);
        if (listener || i + 1 == addresses->size()) {
            co_return std::move(listener);
        }
    }
}

}  // namespace

Task<AddressResult<TcpListener>> TcpListener::bind(std::string_view address) {
    return bind_host(std::string(address));
}

Task<AddressResult<TcpListener>> TcpListener::bind(SocketAddr address) {
    auto listener = listen_on(address);
    if (!listener) {
        co_return failure(AddressError(listener.error(), "cannot listen on", address));
    }
    co_return std::move(*listener);
}

Result<TcpListener> TcpListener::from_fd(int descriptor) {
    auto socket = detail::Socket::adopt(descriptor, detail::SocketKind::Stream);
    if (!socket) {
        return failure(socket.error());
    }
    const auto listening = socket->get_bool(SOL_SOCKET, SO_ACCEPTCONN);
    if (!listening || !*listening) {
        return failure(std::errc::invalid_argument);
    }
    return TcpListener(std::move(*socket));
}

Task<Result<std::pair<TcpStream, SocketAddr>>> TcpListener::accept() {
    return accept_from(&socket_.source());
}

}  // namespace edo::net
