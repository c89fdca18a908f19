// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/tls/endpoint.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace edo::tls {

/// Makes encrypted connections of those that a listener accepts: the server's side of TLS.
///
/// A handle: copies share the configuration, and `reload` changes it for all of them.
///
/// @par Thread safety
/// All functions may be called at the same time.
///
/// @par Example
/// @snippet tls.cpp server
class TlsAcceptor {
public:
    /// @throws UsageError if OpenSSL has changed its mind about the certificate.
    explicit TlsAcceptor(const ServerConfig& config);

    /// Makes the handshake with a client. Call it in the task of the connection, not in the one
    /// that accepts: a slow client would hold up all others.
    ///
    /// Handshakes compute much (a signature); of many at once, a few go on while the others wait,
    /// so that other tasks get their turn.
    ///
    /// @param stream Kept by the result, dropped if the handshake fails.
    /// @par Errors
    /// - `tls::Errc::HandshakeTimeout`: the client was too slow. 10 seconds by default.
    /// - `tls::Errc::NotTls`: it speaks plain HTTP, for example.
    /// - `tls::Errc::ClosedInHandshake`
    /// - `tls::Errc::NoCertificate` and others about the certificate, if one is required.
    /// - `tls::Errc::NoCommonVersion`, `NoCommonProtocol`, `NoCommonCipher`
    /// - The alert of the client, for example that it does not know the authority.
    /// - Those of the stream.
    /// @par Cancel safety
    /// The connection is dropped.
    template <io::AsyncReadWrite S>
    [[nodiscard]] Task<Result<TlsStream<S>>> accept(S stream) const {
        return detail::make_tls_stream<S>(context(), std::string(), std::move(stream));
    }

    /// Takes another configuration, for example a renewed certificate. Connections that exist go on
    /// with the old one, and those that are accepted from now on get the new one. Tickets that
    /// clients have got for shorter handshakes are worth nothing any more.
    /// @throws UsageError as the constructor; the old configuration stays then.
    /// @par Example
    /// @snippet tls.cpp reload
    void reload(const ServerConfig& config);

private:
    struct Shared {
        std::mutex mutex;
        std::shared_ptr<detail::TlsContext> context;
    };
    [[nodiscard]] std::shared_ptr<detail::TlsContext> context() const;

    std::shared_ptr<Shared> shared_;
};

}  // namespace edo::tls
