// SPDX-License-Identifier: MIT
#include "edo/net/tls/context.hpp"

#include "edo/net/tls/openssl_error.hpp"
#include "edo/net/tls/session.hpp"
#include "edo/runtime/errors.hpp"
#include "edo/runtime/scheduler/available_cpus.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <functional>
#include <new>
#include <stdexcept>
#include <utility>

namespace edo::detail {

namespace {

using tls::ConfigError;
using tls::ConfigResult;

template <auto Free>
struct FreeWith {
    template <class T>
    void operator()(T* object) const noexcept {
        Free(object);
    }
};
using BioPtr = std::unique_ptr<BIO, FreeWith<&BIO_free>>;
using CertificatePtr = std::unique_ptr<X509, FreeWith<&X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeWith<&EVP_PKEY_free>>;
using ContextPtr = std::unique_ptr<SSL_CTX, FreeWith<&SSL_CTX_free>>;

tl::unexpected<ConfigError> config_error(std::string what) {
    return failure(ConfigError(take_openssl_error(), std::move(what)));
}

BioPtr open_text(const std::string& text) {
    BioPtr bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    if (bio == nullptr) {
        throw std::bad_alloc();
    }
    return bio;
}

/// In place of OpenSSL's own, which asks at the terminal.
int no_password(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*argument*/) {
    return -1;
}

ConfigResult<std::vector<CertificatePtr>> parse_certificates(const std::string& pem) {
    ERR_clear_error();
    const BioPtr bio = open_text(pem);
    std::vector<CertificatePtr> certificates;
    while (X509* const next = PEM_read_bio_X509_AUX(bio.get(), nullptr, &no_password, nullptr)) {
        certificates.emplace_back(next);
    }
    const unsigned long error = ERR_peek_last_error();
    const bool at_end =
        ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
    if (!at_end || certificates.empty()) {
        return config_error("no certificate in the form PEM");
    }
    ERR_clear_error();
    return certificates;
}

ConfigResult<void> use_key_pair(SSL_CTX& context, const std::string& chain,
                                const std::string& key) {
    auto certificates = parse_certificates(chain);
    if (!certificates) {
        return failure(std::move(certificates.error()));
    }
    const BioPtr bio = open_text(key);
    const KeyPtr parsed_key(PEM_read_bio_PrivateKey(bio.get(), nullptr, &no_password, nullptr));
    if (parsed_key == nullptr) {
        return config_error("no private key in the form PEM without a password");
    }
    if (SSL_CTX_use_certificate(&context, certificates->front().get()) != 1) {
        return config_error("the certificate cannot be used");
    }
    if (SSL_CTX_use_PrivateKey(&context, parsed_key.get()) != 1 ||
        SSL_CTX_check_private_key(&context) != 1) {
        return config_error("the private key does not belong to the certificate");
    }
    for (std::size_t i = 1; i < certificates->size(); ++i) {
        if (SSL_CTX_add1_chain_cert(&context, (*certificates)[i].get()) != 1) {
            return config_error("the chain of certificates cannot be used");
        }
    }
    return {};
}

/// For what was checked when it was set.
template <class T>
T checked(ConfigResult<T> result) {
    if (!result) {
        throw UsageError("edo: " + result.error().message());
    }
    if constexpr (!std::is_void_v<T>) {
        return std::move(*result);
    }
}

extern "C" int choose_protocol(SSL* ssl, const unsigned char** chosen, unsigned char* chosen_size,
                               const unsigned char* offered, unsigned int offered_size,
                               void* /*argument*/) {
    const std::string_view ours =
        static_cast<tls::Session*>(SSL_get_app_data(ssl))->alpn_to_choose();
    if (ours.empty()) {
        return SSL_TLSEXT_ERR_NOACK;
    }
    unsigned char* found = nullptr;
    // SSL_select_next_proto prefers what the first list prefers.
    const int result = SSL_select_next_proto(
        &found, chosen_size, reinterpret_cast<const unsigned char*>(ours.data()),
        static_cast<unsigned>(ours.size()), offered, offered_size);
    *chosen = found;
    return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

extern "C" int keep_ticket(SSL* ssl, SSL_SESSION* ticket) {
    // Returning 1 keeps the reference.
    return static_cast<tls::Session*>(SSL_get_app_data(ssl))->keep_ticket(ticket) ? 1 : 0;
}

}  // namespace

std::string alpn_list(const std::vector<std::string>& protocols) {
    std::string list;
    for (const std::string& protocol : protocols) {
        if (protocol.empty() || protocol.size() > 255) {
            throw UsageError("edo: the name of an ALPN protocol has 1 to 255 bytes");
        }
        list += static_cast<char>(protocol.size());
        list += protocol;
    }
    return list;
}

ConfigResult<void> check_certificates(const std::string& pem) {
    auto parsed = parse_certificates(pem);
    if (!parsed) {
        return failure(std::move(parsed.error()));
    }
    return {};
}

ConfigResult<void> check_key_pair(const std::string& chain, const std::string& key) {
    const ContextPtr context(SSL_CTX_new(TLS_server_method()));
    if (context == nullptr) {
        return config_error("OpenSSL cannot be used");
    }
    return use_key_pair(*context, chain, key);
}

TlsContext::TlsContext(Side side, const TlsSettings& settings)
    : ssl_(nullptr),
      side_(side),
      verifies_(settings.verify),
      timeout_(settings.handshake_timeout),
      gate_(default_worker_count()) {
    ContextPtr context(
        SSL_CTX_new(side == Side::Server ? TLS_server_method() : TLS_client_method()));
    if (context == nullptr) {
        throw std::bad_alloc();
    }
    ssl_ = context.get();
    SSL_CTX_set_min_proto_version(
        ssl_, settings.min_version == tls::Version::Tls13 ? TLS1_3_VERSION : TLS1_2_VERSION);
    // Of TLS 1.2 only what TLS 1.3 is made of: keys that no later theft of the certificate's key
    // reveals (ECDHE), and encryption that notices every change (AEAD).
    if (SSL_CTX_set_cipher_list(ssl_, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1) {
        throw std::runtime_error("edo: this OpenSSL has none of the ciphers of TLS 1.2 it needs");
    }
    // Renegotiation lets a client make a server compute at will; compression leaks secrets.
    SSL_CTX_set_options(ssl_, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                  SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    // The chain is sent as it was given: else one would be looked for among the authorities, and
    // verified, in each handshake.
    SSL_CTX_set_mode(ssl_, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                               SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_NO_AUTO_CHAIN);
    if (!settings.chain.empty()) {
        checked(use_key_pair(*ssl_, settings.chain, settings.key));
    }
    set_verification(settings);
    set_alpn(settings.alpn);
    set_resumption(settings.resumption);
    static_cast<void>(context.release());
}

TlsContext::~TlsContext() {
    SSL_CTX_free(ssl_);
}

void TlsContext::set_verification(const TlsSettings& settings) {
    if (side_ == Side::Client && settings.system_roots && settings.verify) {
        // Without any installed authority every server is refused later, with a clear error.
        SSL_CTX_set_default_verify_paths(ssl_);
        ERR_clear_error();
    }
    if (!settings.trust.empty()) {
        for (const CertificatePtr& authority : checked(parse_certificates(settings.trust))) {
            X509_STORE_add_cert(SSL_CTX_get_cert_store(ssl_), authority.get());
            if (side_ == Side::Server) {
                SSL_CTX_add_client_CA(ssl_, authority.get());
            }
        }
    }
    int mode = SSL_VERIFY_NONE;
    if (settings.verify) {
        mode = SSL_VERIFY_PEER;
        if (side_ == Side::Server && !settings.verify_optional) {
            mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
        }
    }
    SSL_CTX_set_verify(ssl_, mode, nullptr);
}

void TlsContext::set_alpn(const std::vector<std::string>& protocols) {
    alpn_ = alpn_list(protocols);
    if (side_ == Side::Server) {
        SSL_CTX_set_alpn_select_cb(ssl_, &choose_protocol, nullptr);
    } else if (!alpn_.empty()) {
        SSL_CTX_set_alpn_protos(ssl_, reinterpret_cast<const unsigned char*>(alpn_.data()),
                                static_cast<unsigned>(alpn_.size()));
    }
}

void TlsContext::set_resumption(bool on) {
    // Servers keep nothing: all is in the ticket, sealed with a key of this context.
    SSL_CTX_set_session_cache_mode(ssl_, SSL_SESS_CACHE_OFF);
    if (side_ == Side::Server) {
        static constexpr unsigned char kName[] = "edo";
        SSL_CTX_set_session_id_context(ssl_, kName, sizeof(kName) - 1);
        if (!on) {
            SSL_CTX_set_options(ssl_, SSL_OP_NO_TICKET);
            SSL_CTX_set_num_tickets(ssl_, 0);
        }
    } else if (on) {
        SSL_CTX_set_session_cache_mode(ssl_, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(ssl_, &keep_ticket);
    }
}

}  // namespace edo::detail
