// SPDX-License-Identifier: MIT
#include "edo/net/http/client/tcp_connector.hpp"

#include "edo/net/http/client/connect_any.hpp"
#include "edo/net/http/client/tunnel.hpp"
#include "edo/net/lookup_host.hpp"
#include "edo/net/tcp_stream.hpp"
#include "edo/runtime/propagate.hpp"

#include <string>
#include <utility>
#include <vector>

namespace edo::http::detail {

namespace {

Task<Result<net::TcpStream>> connect_tcp(const Uri& to) {
    const auto addresses = co_await propagate(co_await net::lookup_host(to.host(), to.port()));
    auto stream = co_await connect_any(interleaved(addresses));
    if (stream) {
        // Requests are written in one go: waiting for more only delays their last packet.
        static_cast<void>(stream->set_nodelay(true));
    }
    co_return stream;
}

}  // namespace

Task<Result<Connected>> TcpConnector::connect(const Uri& url, const Uri* proxy) {
    const Uri& first = proxy != nullptr ? *proxy : url;
    net::TcpStream stream = co_await propagate(co_await connect_tcp(first));
    const auto peer = stream.peer_addr();
    std::optional<net::SocketAddr> address;
    if (peer) {
        address = *peer;
    }
    if (!url.is_https()) {
        co_return Connected(AnyIo(std::move(stream)), address);
    }
    if (proxy != nullptr) {
        co_await propagate(co_await open_tunnel(stream, url, *proxy, limits_));
    }
    auto encrypted =
        co_await propagate(co_await tls().connect(std::string(url.host()), std::move(stream)));
    const bool is_http2 = encrypted.alpn() == "h2";
    Connected connected(AnyIo(std::move(encrypted)), address);
    connected.version = is_http2 ? Version::Http2 : Version::Http11;
    co_return connected;
}

const tls::TlsConnector& TcpConnector::tls() {
    std::call_once(once_, [this] {
        std::vector<std::string> protocols;
        if (versions_ != HttpVersions::Http1) {
            protocols.emplace_back("h2");
        }
        if (versions_ != HttpVersions::Http2) {
            protocols.emplace_back("http/1.1");
        }
        config_.set_alpn(std::move(protocols));
        tls_.emplace(config_);
    });
    return *tls_;
}

}  // namespace edo::http::detail
