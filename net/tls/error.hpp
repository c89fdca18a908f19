// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/result.hpp"

#include <string>
#include <system_error>

namespace edo::tls {

/// What can go wrong with a TLS connection. An error that is not in this list has a code of
/// OpenSSL's in the same category; its `message()` says what it was, too.
enum class Errc {
    /// The peer speaks something else: plain HTTP, for example.
    NotTls = 1,
    /// The peer closed the connection before the handshake was over.
    ClosedInHandshake,
    /// The handshake took longer than the configured time. Equal to `std::errc::timed_out`.
    HandshakeTimeout,
    /// The peer closed the connection without saying that it is done (close_notify). What was read
    /// so far may have been cut off, by an attacker too.
    StreamTruncated,
    CertificateExpired,
    CertificateNotYetValid,
    /// The certificate is good, but for another host.
    WrongHost,
    /// The certificate was not issued by anyone who is trusted, or its chain is incomplete.
    UnknownIssuer,
    /// The certificate was signed with its own key, and is not trusted itself.
    SelfSigned,
    CertificateRevoked,
    /// The certificate was refused for some other reason.
    BadCertificate,
    /// The client must show a certificate and has none.
    NoCertificate,
    /// One side wants a version of TLS that the other one does not allow.
    NoCommonVersion,
    /// Both sides have a list of application protocols (ALPN), with nothing in common.
    NoCommonProtocol,
    /// No cipher that both sides allow.
    NoCommonCipher,
    /// The name of the host is empty, or nothing that a certificate could name.
    InvalidHost,
    /// There is no memory for the connection.
    OutOfMemory,
};

/// The category of `Errc` and of OpenSSL's codes, with name "tls".
[[nodiscard]] const std::error_category& error_category() noexcept;

[[nodiscard]] inline std::error_code make_error_code(Errc error) noexcept {
    return {static_cast<int>(error), error_category()};
}

/// Why a certificate, a key or a setting cannot be used. It is a `std::error_code` with a text that
/// says which file it was and what is wrong with it.
class ConfigError : public std::error_code {
public:
    ConfigError(std::error_code code, std::string what);

    /// What failed, and the text of the error code.
    [[nodiscard]] std::string message() const;

private:
    std::string what_;
};

/// What reads certificates and keys yields.
template <class T>
using ConfigResult = Result<T, ConfigError>;

}  // namespace edo::tls

template <>
struct std::is_error_code_enum<edo::tls::Errc> : std::true_type {};
