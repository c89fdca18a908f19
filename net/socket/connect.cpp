// SPDX-License-Identifier: MIT
#include "edo/net/socket/connect.hpp"

#include "edo/net/socket/raw_addr.hpp"
#include "edo/net/socket/stream_ops.hpp"
#include "edo/net/socket/system_error.hpp"
#include "edo/runtime/scheduler/spawn_core.hpp"

namespace edo::detail {

namespace {

/// Starts a connection and waits until it is made. Each attempt is one more `connect` call on the
/// same socket: the system tells by it how far the connection is, which takes no other call, and
/// is right also after a spurious wake-up.
class ConnectOp : public WholeOp {
public:
    ConnectOp(IoSource& source, const net::SocketAddr& address) noexcept
        : WholeOp(source, Direction::Write, &ConnectOp::attempt), address_(address) {}

private:
    static bool attempt(IoOp& op, std::uint32_t /*generation*/) noexcept {
        auto& self = static_cast<ConnectOp&>(op);
        const RawAddr& address = self.address_;
        if (::connect(self.source().descriptor(), address.get(), address.size) == 0) {
            return true;
        }
        switch (errno) {
            case EISCONN:
                return true;
            case EINPROGRESS:
            case EALREADY:
            case EINTR:
                return false;
            default:
                self.fail(last_error());
                return true;
        }
    }

    RawAddr address_;
};

}  // namespace

Task<net::AddressResult<net::TcpStream>> connect_socket(Socket socket, net::SocketAddr address) {
    const ExternalWork in_flight;
    const Result<void> connected = co_await ConnectOp(socket.source(), address);
    if (!connected) {
        co_return failure(net::AddressError(connected.error(), "cannot connect to", address));
    }
    co_return net::TcpStream(std::move(socket));
}

}  // namespace edo::detail
