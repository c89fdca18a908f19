// SPDX-License-Identifier: MIT
// Whom a session expects at the other end, and what it knows of it after the handshake.
#include "edo/net/tls/context.hpp"
#include "edo/net/tls/openssl_error.hpp"
#include "edo/net/tls/session.hpp"

#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <memory>
#include <new>

namespace edo::tls {

namespace {

bool is_ip_address(const std::string& host) noexcept {
    std::array<unsigned char, 16> ignored;
    return ::inet_pton(AF_INET, host.c_str(), ignored.data()) == 1 ||
           ::inet_pton(AF_INET6, host.c_str(), ignored.data()) == 1;
}

}  // namespace

std::error_code Session::expect_host() {
    if (host_.empty() || host_.find('\0') != std::string::npos || host_.size() > 253) {
        return Errc::InvalidHost;
    }
    const bool address = is_ip_address(host_);
    if (!address && SSL_set_tlsext_host_name(ssl_, host_.c_str()) != 1) {
        detail::clear_openssl_errors();
        return Errc::InvalidHost;
    }
    if (!context_->verifies()) {
        return {};
    }
    X509_VERIFY_PARAM* const expected = SSL_get0_param(ssl_);
    // The subject's common name has not been a host name for long; only the list of names counts.
    X509_VERIFY_PARAM_set_hostflags(
        expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    const int set = address ? X509_VERIFY_PARAM_set1_ip_asc(expected, host_.c_str())
                            : X509_VERIFY_PARAM_set1_host(expected, host_.data(), host_.size());
    if (set != 1) {
        detail::clear_openssl_errors();
        return Errc::InvalidHost;
    }
    return {};
}

std::optional<std::string> Session::alpn() const {
    const std::lock_guard guard(mutex_);
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_, &name, &size);
    if (size == 0) {
        return std::nullopt;
    }
    return std::string(reinterpret_cast<const char*>(name), size);
}

namespace {

std::string text_of(const X509_NAME* name) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), &BIO_free);
    if (bio == nullptr) {
        throw std::bad_alloc();
    }
    X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &text);
    return std::string(text, static_cast<std::size_t>(std::max(size, 0L)));
}

}  // namespace

std::optional<Certificate> Session::peer_certificate() const {
    const std::lock_guard guard(mutex_);
    X509* const shown = SSL_get0_peer_certificate(ssl_);
    if (shown == nullptr) {
        return std::nullopt;
    }
    unsigned char* encoded = nullptr;
    const int size = i2d_X509(shown, &encoded);
    if (size < 0) {
        throw std::bad_alloc();
    }
    const std::unique_ptr<unsigned char, void (*)(unsigned char*)> owner(
        encoded, [](unsigned char* memory) { OPENSSL_free(memory); });
    return Certificate(
        std::string(reinterpret_cast<const char*>(encoded), static_cast<std::size_t>(size)),
        text_of(X509_get_subject_name(shown)), text_of(X509_get_issuer_name(shown)));
}

std::optional<std::string> Session::server_name() const {
    const std::lock_guard guard(mutex_);
    const char* const name = SSL_get_servername(ssl_, TLSEXT_NAMETYPE_host_name);
    return name != nullptr ? std::optional<std::string>(name) : std::nullopt;
}

std::string Session::cipher() const {
    const std::lock_guard guard(mutex_);
    return SSL_get_cipher_name(ssl_);
}

Version Session::version() const noexcept {
    const std::lock_guard guard(mutex_);
    return SSL_version(ssl_) == TLS1_3_VERSION ? Version::Tls13 : Version::Tls12;
}

bool Session::is_resumed() const noexcept {
    const std::lock_guard guard(mutex_);
    return SSL_session_reused(ssl_) == 1;
}

ConnectionInfo Session::info() const {
    ConnectionInfo all;
    all.version = version();
    all.cipher = cipher();
    all.alpn = alpn();
    all.server_name = server_name();
    all.peer_certificate = peer_certificate();
    all.is_resumed = is_resumed();
    return all;
}

}  // namespace edo::tls
