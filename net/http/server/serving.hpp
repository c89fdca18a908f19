// SPDX-License-Identifier: MIT
// What all connections of a server have in common.
#pragma once

#include "edo/net/http/server/options.hpp"
#include "edo/net/http/service.hpp"
#include "edo/net/socket_addr.hpp"
#include "edo/runtime/sync/cancellation_token.hpp"

#include <memory>
#include <optional>
#include <utility>

namespace edo::http {

/// How a connection is served: by which service, with which options, and until when. Copies are
/// cheap and mean the same.
///
/// @par Thread safety
/// Copies may be used by several threads.
class Serving {
public:
    /// @throws UsageError if there is no service.
    explicit Serving(std::shared_ptr<Service> service, ServerOptions options = ServerOptions());

    /// The same for a connection of this peer.
    [[nodiscard]] Serving with_peer(net::SocketAddr peer) const {
        Serving copy(*this);
        copy.peer_ = peer;
        return copy;
    }

    [[nodiscard]] Service& service() const noexcept { return *shared_->service; }
    [[nodiscard]] const ServerOptions& options() const noexcept { return shared_->options; }
    [[nodiscard]] const std::optional<net::SocketAddr>& peer() const noexcept { return peer_; }
    /// Cancelled: finish what is in flight, begin nothing new.
    [[nodiscard]] const sync::CancellationToken& stop() const noexcept { return shared_->stop; }
    /// Cancelled: end at once.
    [[nodiscard]] const sync::CancellationToken& kill() const noexcept { return shared_->kill; }

private:
    struct Shared {
        Shared(std::shared_ptr<Service> shared_service, ServerOptions shared_options)
            : service(std::move(shared_service)), options(shared_options) {}
        std::shared_ptr<Service> service;
        ServerOptions options;
        sync::CancellationToken stop;
        sync::CancellationToken kill;
    };

    std::shared_ptr<Shared> shared_;
    std::optional<net::SocketAddr> peer_;
};

}  // namespace edo::http
