// SPDX-License-Identifier: MIT
#include "edo/net/tls/endpoint.hpp"

#include "edo/net/tls/acceptor.hpp"
#include "edo/net/tls/connector.hpp"

namespace edo::detail {

template Task<Result<tls::TlsStream<net::TcpStream>>> make_tls_stream(
    std::shared_ptr<TlsContext> context, std::string host, net::TcpStream stream);
template Task<Result<tls::TlsStream<net::UnixStream>>> make_tls_stream(
    std::shared_ptr<TlsContext> context, std::string host, net::UnixStream stream);
template Task<Result<tls::TlsStream<io::DuplexStream>>> make_tls_stream(
    std::shared_ptr<TlsContext> context, std::string host, io::DuplexStream stream);

}  // namespace edo::detail

namespace edo::tls {

TlsAcceptor::TlsAcceptor(const ServerConfig& config) : shared_(std::make_shared<Shared>()) {
    reload(config);
}

void TlsAcceptor::reload(const ServerConfig& config) {
    auto fresh =
        std::make_shared<detail::TlsContext>(detail::TlsContext::Side::Server, config.settings());
    const std::lock_guard guard(shared_->mutex);
    shared_->context.swap(fresh);  // the old one is destroyed after the lock, or by its last user
}

std::shared_ptr<detail::TlsContext> TlsAcceptor::context() const {
    const std::lock_guard guard(shared_->mutex);
    return shared_->context;
}

TlsConnector::TlsConnector(const ClientConfig& config)
    : context_(std::make_shared<detail::TlsContext>(detail::TlsContext::Side::Client,
                                                    config.settings())) {}

}  // namespace edo::tls
