// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/any_io.hpp"
#include "edo/net/http/h2/client_core.hpp"
#include "edo/net/socket_addr.hpp"

#include <memory>
#include <optional>
#include <utility>

namespace edo::http::h2 {

/// A client's connection of HTTP/2, which many requests share.
///
/// A task of its own moves the bytes. It ends soon after the last handle of the connection is gone:
/// at once when the server takes the goodbye, a second later at most.
class ClientConnection {
public:
    /// Begins to speak HTTP/2. Called in a task.
    /// @param peer The address of the other end, if it has one.
    [[nodiscard]] static std::shared_ptr<ClientConnection> start(
        AnyIo io, std::optional<net::SocketAddr> peer, const ClientOptions& options);

    /// For `start`.
    ClientConnection(std::shared_ptr<detail::ClientCore> core,
                     std::optional<net::SocketAddr> peer) noexcept
        : core_(std::move(core)), peer_(peer) {}
    ClientConnection(const ClientConnection&) = delete;
    ClientConnection& operator=(const ClientConnection&) = delete;
    ~ClientConnection() { core_->close(); }

    [[nodiscard]] detail::ClientCore& core() const noexcept { return *core_; }
    [[nodiscard]] const std::optional<net::SocketAddr>& peer() const noexcept { return peer_; }

private:
    std::shared_ptr<detail::ClientCore> core_;
    std::optional<net::SocketAddr> peer_;
};

}  // namespace edo::http::h2
