// SPDX-License-Identifier: MIT
// The connector that a client has unless it gets another one: TCP and TLS, perhaps through a proxy.
#pragma once

#include "edo/net/http/client/connector.hpp"
#include "edo/net/http/client/settings.hpp"
#include "edo/net/http/h1/limits.hpp"
#include "edo/net/tls/config.hpp"
#include "edo/net/tls/connector.hpp"

#include <mutex>
#include <optional>
#include <utility>

namespace edo::http::detail {

class TcpConnector final : public Connector {
public:
    TcpConnector(const h1::Limits& limits, tls::ClientConfig tls_config, HttpVersions versions)
        : limits_(limits), config_(std::move(tls_config)), versions_(versions) {}

    Task<Result<Connected>> connect(const Uri& url, const Uri* proxy) override;

private:
    /// Made when it is needed first: the authorities of the system are a large file.
    [[nodiscard]] const tls::TlsConnector& tls();

    h1::Limits limits_;
    tls::ClientConfig config_;
    HttpVersions versions_;
    std::once_flag once_;
    std::optional<tls::TlsConnector> tls_;
};

}  // namespace edo::http::detail
