// SPDX-License-Identifier: MIT
#include "edo/net/http/client/acquire.hpp"

#include "edo/net/http/client/h1_exchange.hpp"
#include "edo/net/http/client/h2_exchange.hpp"
#include "edo/net/http/error.hpp"
#include "edo/runtime/propagate.hpp"
#include "edo/runtime/sync/semaphore.hpp"

#include <utility>

namespace edo::http::detail {

namespace {

/// What the pool has; null if nothing fits.
std::unique_ptr<Exchange> take(ClientPool& pool, const Route& route,
                               const ExchangeOptions& options) {
    if (!route.is_http1) {
        if (auto shared = pool.join(route.key, options)) {
            return shared;
        }
    }
    if (route.is_new) {
        return nullptr;
    }
    auto idle = pool.take(route.key);
    return idle ? std::make_unique<H1Exchange>(std::move(*idle), options) : nullptr;
}

/// @param turn What lets others connect when it is let go; or null.
Task<Result<std::unique_ptr<Exchange>>> connect(ClientCore& core, const Route& route,
                                                const ExchangeOptions& options,
                                                std::shared_ptr<void> turn) {
    const ClientSettings& settings = core.settings;
    Connector& connector = route.is_http1 ? *settings.http1_connector : *settings.connector;
    Connected connected = co_await propagate(co_await connector.connect(route.url, route.proxy));
    if (route.is_http1) {
        if (connected.version == Version::Http2) {
            co_return failure(make_error_code(Errc::UnsupportedVersion));
        }
        co_return std::make_unique<H1Exchange>(std::move(connected), options);
    }
    const bool is_http2 =
        connected.version == Version::Http2 || settings.versions == HttpVersions::Http2;
    core.pool->learn(route.key, is_http2);
    if (!is_http2) {
        co_return std::make_unique<H1Exchange>(std::move(connected), options);
    }
    h2::ClientOptions http2 = settings.http2;
    http2.limits = settings.limits;
    auto connection = h2::ClientConnection::start(std::move(connected.io), connected.peer, http2);
    // They share this connection, as soon as it is known how many requests the server takes.
    connection->core().hold(std::move(turn));
    auto place = connection->core().reserve();  // it is new: there is room
    auto exchange = std::make_unique<H2Exchange>(connection, std::move(place), options);
    core.pool->share(route.key, std::move(connection));
    co_return exchange;
}

/// Whether the server may speak HTTP/2 with us.
bool may_be_http2(const ClientCore& core, const Route& route) noexcept {
    const HttpVersions versions = core.settings.versions;
    return !route.is_http1 && (versions == HttpVersions::Http2 ||
                               (versions == HttpVersions::Any && route.url.is_https()));
}

}  // namespace

Task<Result<Acquired>> acquire(ClientCore& core, const Route& route,
                               const ExchangeOptions& options) {
    ClientPool& pool = *core.pool;
    if (auto there = take(pool, route, options)) {
        co_return Acquired(std::move(there), true);
    }
    const auto gate = may_be_http2(core, route) ? pool.gate(route.key) : nullptr;
    if (gate == nullptr) {
        auto fresh = co_await propagate(co_await connect(core, route, options, nullptr));
        co_return Acquired(std::move(fresh), false);
    }
    // Of many requests at the same time the first one connects, and the others share what it has
    // got, if that can be shared.
    auto permit = co_await sync::Semaphore::acquire_owned(gate);
    if (auto there = take(pool, route, options)) {
        co_return Acquired(std::move(there), true);
    }
    std::shared_ptr<void> turn;
    if (permit && pool.gate(route.key) != nullptr) {
        turn = std::make_shared<sync::OwnedSemaphorePermit>(std::move(*permit));
    } else if (permit) {
        permit->release();  // nothing is shared: there is nothing to wait for
    }
    auto fresh = co_await propagate(co_await connect(core, route, options, std::move(turn)));
    co_return Acquired(std::move(fresh), false);
}

}  // namespace edo::http::detail
