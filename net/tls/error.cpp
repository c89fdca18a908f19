// SPDX-License-Identifier: MIT
#include "edo/net/tls/error.hpp"

#include "edo/net/tls/openssl_error.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <utility>

namespace edo::tls {

namespace {

// The values of the category: those of `Errc`; from kVerifyBase on the results of verification that
// have no `Errc`; and OpenSSL's packed codes, whose library number keeps them far above both.
constexpr int kVerifyBase = 1000;
constexpr int kFirstPacked = 1 << 20;

const char* text_of(Errc error) noexcept {
    switch (error) {
        case Errc::NotTls:
            return "the peer does not speak TLS";
        case Errc::ClosedInHandshake:
            return "the peer closed the connection during the TLS handshake";
        case Errc::HandshakeTimeout:
            return "the TLS handshake took too long";
        case Errc::StreamTruncated:
            return "the stream was cut off: the peer closed the connection without close_notify";
        case Errc::CertificateExpired:
            return "the peer's certificate has expired";
        case Errc::CertificateNotYetValid:
            return "the peer's certificate is not yet valid";
        case Errc::WrongHost:
            return "the peer's certificate is for another host (host name mismatch)";
        case Errc::UnknownIssuer:
            return "the peer's certificate was issued by an unknown authority";
        case Errc::SelfSigned:
            return "the peer's certificate is self-signed and not trusted";
        case Errc::CertificateRevoked:
            return "the peer's certificate was revoked";
        case Errc::BadCertificate:
            return "the peer's certificate cannot be used";
        case Errc::NoCertificate:
            return "the peer has shown no certificate";
        case Errc::NoCommonVersion:
            return "no version of TLS in common with the peer";
        case Errc::NoCommonProtocol:
            return "no application protocol in common with the peer (ALPN)";
        case Errc::NoCommonCipher:
            return "no cipher in common with the peer";
        case Errc::InvalidHost:
            return "not the name of a host";
        case Errc::OutOfMemory:
            return "out of memory";
    }
    return nullptr;
}

class Category final : public std::error_category {
public:
    [[nodiscard]] const char* name() const noexcept override { return "tls"; }

    [[nodiscard]] std::string message(int value) const override {
        if (value >= kFirstPacked) {
            const auto packed = static_cast<unsigned long>(value);
            const char* const reason = ERR_reason_error_string(packed);
            const bool alert = ERR_GET_LIB(packed) == ERR_LIB_SSL &&
                               ERR_GET_REASON(packed) >= SSL_AD_REASON_OFFSET;
            return std::string(alert ? "the peer refused the connection: " : "TLS: ") +
                   (reason != nullptr ? reason : "unknown error");
        }
        if (value >= kVerifyBase) {
            return std::string("the peer's certificate was refused: ") +
                   X509_verify_cert_error_string(value - kVerifyBase);
        }
        const char* const text = text_of(Errc(value));
        return text != nullptr ? text : "unknown error";
    }

    [[nodiscard]] std::error_condition default_error_condition(int value) const noexcept override {
        switch (Errc(value)) {
            case Errc::HandshakeTimeout:
                return std::errc::timed_out;
            case Errc::OutOfMemory:
                return std::errc::not_enough_memory;
            default:
                return {value, *this};
        }
    }
};

}  // namespace

const std::error_category& error_category() noexcept {
    static const Category category;
    return category;
}

ConfigError::ConfigError(std::error_code code, std::string what)
    : std::error_code(code), what_(std::move(what)) {}

std::string ConfigError::message() const {
    return what_ + ": " + std::error_code::message();
}

}  // namespace edo::tls

namespace edo::detail {

namespace {

std::error_code of_ssl_reason(int reason) noexcept {
    using tls::Errc;
    switch (reason) {
        case SSL_R_HTTP_REQUEST:
        case SSL_R_HTTPS_PROXY_REQUEST:
        case SSL_R_WRONG_VERSION_NUMBER:
            return Errc::NotTls;
        case SSL_R_UNSUPPORTED_PROTOCOL:
        case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
        case SSL_R_VERSION_TOO_LOW:
            return Errc::NoCommonVersion;
        case SSL_R_NO_APPLICATION_PROTOCOL:
        case SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL:
            return Errc::NoCommonProtocol;
        case SSL_R_NO_SHARED_CIPHER:
            return Errc::NoCommonCipher;
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
            return Errc::NoCertificate;
        case SSL_R_UNEXPECTED_EOF_WHILE_READING:
            return Errc::StreamTruncated;
        default:
            return {};
    }
}

}  // namespace

void clear_openssl_errors() noexcept {
    if (ERR_peek_error() != 0) {
        ERR_clear_error();
    }
}

std::error_code take_openssl_error() noexcept {
    const unsigned long packed = ERR_get_error();
    ERR_clear_error();
    if (packed == 0) {
        return std::make_error_code(std::errc::protocol_error);
    }
    if (ERR_SYSTEM_ERROR(packed)) {
        return {ERR_GET_REASON(packed), std::generic_category()};
    }
    if (ERR_GET_REASON(packed) == ERR_R_MALLOC_FAILURE) {
        return tls::Errc::OutOfMemory;
    }
    if (ERR_GET_LIB(packed) == ERR_LIB_SSL) {
        if (const std::error_code known = of_ssl_reason(ERR_GET_REASON(packed))) {
            return known;
        }
    }
    return {static_cast<int>(packed & 0x7fffffff), tls::error_category()};
}

std::error_code verify_error(long result) noexcept {
    using tls::Errc;
    switch (result) {
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return Errc::CertificateExpired;
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return Errc::CertificateNotYetValid;
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
            return Errc::WrongHost;
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
            return Errc::UnknownIssuer;
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
            return Errc::SelfSigned;
        case X509_V_ERR_CERT_REVOKED:
            return Errc::CertificateRevoked;
        case X509_V_OK:
            return Errc::BadCertificate;
        default:
            return {tls::kVerifyBase + static_cast<int>(result), tls::error_category()};
    }
}

}  // namespace edo::detail
