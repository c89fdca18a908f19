// SPDX-License-Identifier: MIT
// The way of a request through a client: pool, connection, exchange, cookies, redirects.
#pragma once

#include "edo/net/http/client/client_response.hpp"
#include "edo/net/http/client/error.hpp"
#include "edo/net/http/client/pool.hpp"
#include "edo/net/http/client/settings.hpp"
#include "edo/net/http/request.hpp"

#include <memory>
#include <optional>
#include <utility>

namespace edo::http::detail {

/// What the copies of a client share.
struct ClientCore {
    explicit ClientCore(ClientSettings client_settings)
        : settings(std::move(client_settings)),
          pool(std::make_shared<ClientPool>(settings.idle_per_host, settings.idle_timeout)) {}

    const ClientSettings settings;
    const std::shared_ptr<ClientPool> pool;
};

/// A request as its builder has made it.
struct PendingRequest {
    PendingRequest() = default;

    Request request;  // without target and authority
    std::optional<Uri> url;
    std::optional<ClientError> error;  // why there is no URL, or what else is wrong
    ClientTimeouts timeouts;
    bool expects_continue = false;
    bool needs_http1 = false;
};

[[nodiscard]] Task<ClientResult<ClientResponse>> execute(std::shared_ptr<ClientCore> core,
                                                         PendingRequest pending);

}  // namespace edo::http::detail
