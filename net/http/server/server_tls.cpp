// SPDX-License-Identifier: MIT
// The server with TLS: the handshake is made in the task of the connection, so that nobody waits
// for it but its client.
#include "edo/net/http/h2/serve_connection.hpp"
#include "edo/net/http/server/connection.hpp"
#include "edo/net/http/server/server.hpp"
#include "edo/net/tls/acceptor.hpp"
#include "edo/runtime/diagnostics/log.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace edo::http {

namespace {

using Stream = tls::TlsStream<net::TcpStream>;

std::vector<std::string> protocols(const ServerOptions& options) {
    if (options.http2) {
        return {"h2", "http/1.1"};
    }
    return {"http/1.1"};
}

/// The handshake; nothing if it has failed, or the server stops meanwhile.
Task<std::optional<Stream>> shake_hands(tls::TlsAcceptor acceptor, net::TcpStream stream,
                                        sync::CancellationToken stop) {
    std::optional<Result<Stream>> accepted =
        co_await stop.run_until_cancelled(acceptor.accept(std::move(stream)));
    std::optional<Stream> encrypted;
    if (accepted && *accepted) {
        encrypted.emplace(std::move(**accepted));
    } else if (accepted) {
        // A matter between that client and us: whoever wants to could fill the log with it.
        edo::detail::log_debug("a TLS handshake has failed: " + accepted->error().message());
    }
    co_return encrypted;
}

Task<void> serve_encrypted(tls::TlsAcceptor acceptor, net::TcpStream stream, Serving serving) {
    std::optional<Stream> encrypted =
        co_await shake_hands(std::move(acceptor), std::move(stream), serving.stop());
    if (!encrypted) {
        co_return;
    }
    const auto info = std::make_shared<const tls::ConnectionInfo>(encrypted->info());
    const bool is_http2 = info->alpn == "h2";
    Serving with_tls = serving.with_tls(info);
    if (is_http2) {
        co_await h2::serve_connection(std::move(*encrypted), std::move(with_tls));
    } else {
        co_await serve_connection(std::move(*encrypted), std::move(with_tls));
    }
}

class TlsStarter final : public ConnectionStarter {
public:
    explicit TlsStarter(tls::TlsAcceptor acceptor) noexcept : acceptor_(std::move(acceptor)) {}

    Task<void> start(net::TcpStream stream, Serving serving) override {
        return serve_encrypted(acceptor_, std::move(stream), std::move(serving));
    }

private:
    const tls::TlsAcceptor acceptor_;
};

}  // namespace

Task<Result<void>> Server::serve(std::shared_ptr<Service> service, tls::TlsAcceptor acceptor) {
    return serve(std::move(service),
                 std::make_shared<TlsStarter>(acceptor.with_default_alpn(protocols(options_))));
}

}  // namespace edo::http
