// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/tls/certificate.hpp"
#include "edo/net/tls/config.hpp"

#include <optional>
#include <string>

namespace edo::tls {

/// What a handshake has settled: see `TlsStream::info`.
///
/// @par Thread safety
/// None, like a string.
struct ConnectionInfo {
    ConnectionInfo() = default;

    Version version = Version::Tls13;
    /// The name of the cipher, for example "TLS_AES_256_GCM_SHA384".
    std::string cipher;
    /// The application protocol that was agreed on (ALPN), for example "h2".
    std::optional<std::string> alpn;
    /// The name that the client has asked for (SNI).
    std::optional<std::string> server_name;
    /// The certificate that the peer has shown.
    std::optional<Certificate> peer_certificate;
    /// Whether the handshake was a short one, with the ticket of an earlier connection.
    bool is_resumed = false;
};

}  // namespace edo::tls
