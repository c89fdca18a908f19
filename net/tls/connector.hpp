// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/tls/endpoint.hpp"

#include <memory>
#include <string>
#include <utility>

namespace edo::tls {

/// Makes encrypted connections to servers: the client's side of TLS.
///
/// A handle: copies share the configuration, and the tickets with which a second handshake with the
/// same host is shorter. Make one and keep it.
///
/// @par Thread safety
/// All functions may be called at the same time.
///
/// @par Example
/// @snippet tls.cpp client
class TlsConnector {
public:
    /// @throws UsageError if OpenSSL has changed its mind about the certificate.
    explicit TlsConnector(const ClientConfig& config = ClientConfig());

    /// Makes the handshake with a server.
    ///
    /// @param host Whose certificate is expected: a name such as "example.org", which is also sent
    ///     to the server (SNI), or an IP address. Without a port.
    /// @param stream Connected to the server. Kept by the result, dropped if the handshake fails.
    /// @par Errors
    /// - `tls::Errc::CertificateExpired`, `WrongHost`, `UnknownIssuer`, `SelfSigned` and others
    ///   about the server's certificate.
    /// - `tls::Errc::InvalidHost`: no certificate can be for such a host.
    /// - `tls::Errc::HandshakeTimeout`, `NotTls`, `ClosedInHandshake`, `NoCommonVersion`,
    ///   `NoCommonProtocol`, `NoCommonCipher`
    /// - The alert of the server.
    /// - Those of the stream.
    /// @par Cancel safety
    /// The connection is dropped.
    template <io::AsyncReadWrite S>
    [[nodiscard]] Task<Result<TlsStream<S>>> connect(std::string host, S stream) const {
        return detail::make_tls_stream<S>(context_, std::move(host), std::move(stream));
    }

private:
    std::shared_ptr<detail::TlsContext> context_;
};

}  // namespace edo::tls
