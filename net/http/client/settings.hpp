// SPDX-License-Identifier: MIT
// What a client is told when it is built.
#pragma once

#include "edo/net/http/client/connector.hpp"
#include "edo/net/http/client/cookie_jar.hpp"
#include "edo/net/http/client/proxy.hpp"
#include "edo/net/http/h1/limits.hpp"
#include "edo/net/http/h2/client_options.hpp"
#include "edo/net/http/headers.hpp"
#include "edo/net/tls/config.hpp"
#include "edo/net/tls/identity.hpp"
#include "edo/runtime/time/instant.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace edo::http::detail {

/// The limits of time of one request; none where there is no value.
struct ClientTimeouts {
    std::optional<Duration> connect = std::chrono::seconds(10);
    std::optional<Duration> read = std::chrono::seconds(30);
    std::optional<Duration> total;
};

/// Which versions of HTTP a client speaks.
enum class HttpVersions : std::uint8_t { Any, Http1, Http2 };

struct ClientSettings {
    ClientSettings() = default;

    HttpVersions versions = HttpVersions::Any;
    h2::ClientOptions http2;  // without the limits, which are below
    ClientTimeouts timeouts;
    Headers default_headers;
    Proxies proxies;
    std::shared_ptr<CookieJar> cookies;
    std::shared_ptr<Connector> connector;
    std::shared_ptr<Connector> http1_connector;  // for what cannot be asked in HTTP/2
    tls::ClientConfig tls;
    std::optional<tls::Identity> identity;
    h1::Limits limits;
    std::size_t redirects = 10;
    std::size_t idle_per_host = 32;
    std::optional<Duration> idle_timeout = std::chrono::seconds(90);
    std::optional<std::uint64_t> gunzip_limit = std::uint64_t{256} << 20;  // none: gzip is off
};

}  // namespace edo::http::detail
