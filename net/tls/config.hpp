// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/tls/error.hpp"
#include "edo/runtime/time/instant.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace edo::tls {

/// The versions of TLS that there are for edo; older ones are broken, and refused.
enum class Version : std::uint8_t { Tls12, Tls13 };

/// How long a handshake may take unless it is set otherwise.
inline constexpr Duration kDefaultHandshakeTimeout = std::chrono::seconds(10);

}  // namespace edo::tls

namespace edo::detail {

/// What both sides can set. Plain values, checked when they were set.
struct TlsSettings {
    TlsSettings() = default;

    std::string chain;  // PEM: the certificate and those that lead to its issuer
    std::string key;    // PEM
    std::string trust;  // PEM: whose certificates are good
    std::vector<std::string> alpn;
    std::optional<Duration> handshake_timeout = tls::kDefaultHandshakeTimeout;
    tls::Version min_version = tls::Version::Tls12;
    bool system_roots = true;      // clients only
    bool verify = true;            // clients; servers where `trust` is set
    bool verify_optional = false;  // servers: a client may have no certificate
    bool resumption = true;
};

}  // namespace edo::detail

namespace edo::tls {

class Identity;

/// What a server shows and wants: the settings of a `TlsAcceptor`. A plain value, made once at the
/// start (it reads files) and copied where needed.
///
/// @par Thread safety
/// None, like a string.
///
/// @par Example
/// @snippet tls.cpp server
class ServerConfig {
public:
    /// Reads a certificate and its key from files, in the form PEM.
    ///
    /// @param chain_file The certificate, followed by those that lead to a well-known issuer.
    /// @param key_file The private key, not protected by a password.
    /// @par Errors
    /// - Those of opening and reading a file.
    /// - What OpenSSL finds wrong with the text, or that the key belongs to another certificate.
    [[nodiscard]] static ConfigResult<ServerConfig> from_files(const std::string& chain_file,
                                                               const std::string& key_file);
    /// The same with the texts themselves.
    [[nodiscard]] static ConfigResult<ServerConfig> from_pem(std::string chain, std::string key);

    /// Refuses clients that show no certificate issued by one of these authorities (mutual TLS).
    /// @param ca_file Certificates of authorities, in the form PEM.
    /// @par Errors
    /// As `from_files`; the configuration is as before then.
    ConfigResult<void> require_client_certificate(const std::string& ca_file);
    /// The same with the text itself.
    ConfigResult<void> require_client_certificate_pem(std::string ca);
    /// After one of the two above: lets in clients without a certificate, too. One that is shown
    /// must still be good.
    ServerConfig& set_client_certificate_optional(bool optional = true);

    /// The application protocols (ALPN), the preferred one first: for example `{"h2", "http/1.1"}`.
    /// A client that offers others only is refused; one that offers none is let in.
    /// @throws UsageError for a name that is empty or longer than 255 bytes.
    ServerConfig& set_alpn(std::vector<std::string> protocols);
    /// The lowest version; 1.2 by default.
    ServerConfig& set_min_version(Version version) noexcept;
    /// How long a handshake may take; nothing for no limit. 10 seconds by default.
    ServerConfig& set_handshake_timeout(std::optional<Duration> limit) noexcept;
    /// Whether clients get tickets, with which their next handshake is shorter. On by default.
    ServerConfig& set_resumption(bool on) noexcept;

    [[nodiscard]] const detail::TlsSettings& settings() const noexcept { return settings_; }

private:
    ServerConfig() = default;
    detail::TlsSettings settings_;
};

/// Whom a client trusts and what it shows: the settings of a `TlsConnector`. As it is made it
/// trusts the authorities of the system, and refuses everyone else.
///
/// @par Thread safety
/// None, like a string.
///
/// @par Example
/// @snippet tls.cpp client
class ClientConfig {
public:
    ClientConfig() = default;

    /// Trusts these authorities (or single certificates), too.
    /// @param file Certificates, in the form PEM.
    /// @par Errors
    /// As `ServerConfig::from_files`; the configuration is as before then.
    ConfigResult<void> add_trusted(const std::string& file);
    /// The same with the text itself.
    ConfigResult<void> add_trusted_pem(const std::string& certificates);
    /// Whether the authorities of the system are trusted. On by default.
    ClientConfig& set_system_roots(bool on) noexcept;

    /// The certificate to show to servers that ask for one. As `ServerConfig::from_files`.
    ConfigResult<void> set_certificate(const std::string& chain_file, const std::string& key_file);
    /// The same with the texts themselves.
    ConfigResult<void> set_certificate_pem(std::string chain, std::string key);
    /// The same with what was read and checked before.
    ClientConfig& set_identity(const Identity& identity);

    /// The application protocols (ALPN) to offer, the preferred one first.
    /// @throws UsageError for a name that is empty or longer than 255 bytes.
    ClientConfig& set_alpn(std::vector<std::string> protocols);
    /// The lowest version; 1.2 by default.
    ClientConfig& set_min_version(Version version) noexcept;
    /// How long a handshake may take; nothing for no limit. 10 seconds by default.
    ClientConfig& set_handshake_timeout(std::optional<Duration> limit) noexcept;
    /// Whether the connector keeps tickets of servers for shorter handshakes. On by default.
    ClientConfig& set_resumption(bool on) noexcept;

    /// Takes any certificate of any server: whoever is in between can read and change everything.
    /// For tests of one's own machines only.
    ClientConfig& dangerously_skip_verification() noexcept;

    [[nodiscard]] const detail::TlsSettings& settings() const noexcept { return settings_; }

private:
    detail::TlsSettings settings_;
};

}  // namespace edo::tls
