// SPDX-License-Identifier: MIT
#include "edo/net/tls/session.hpp"

#include "edo/net/tls/context.hpp"
#include "edo/net/tls/openssl_error.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstring>
#include <new>
#include <utility>

namespace edo::detail {

/// What OpenSSL reads from and writes to: the buffers of a session.
struct TlsBio {
    static int read(BIO* bio, char* to, int size) noexcept {
        BIO_clear_retry_flags(bio);
        tls::Session& session = of(bio);
        const auto wanted = static_cast<std::size_t>(size);
        std::size_t count = std::min(wanted, session.kept_.size() - session.kept_begin_);
        if (count != 0) {
            std::memcpy(to, session.kept_.data() + session.kept_begin_, count);
            session.kept_begin_ += count;
        } else {
            count = std::min(wanted, session.received_.size());
            if (count != 0) {
                std::memcpy(to, session.received_.data(), count);
                session.received_ = session.received_.subspan(count);
            }
        }
        if (count == 0) {
            if (session.ended_) {
                return 0;
            }
            BIO_set_retry_read(bio);
            return -1;
        }
        return static_cast<int>(count);
    }

    static int write(BIO* bio, const char* from, int size) noexcept {
        BIO_clear_retry_flags(bio);
        try {
            of(bio).out_.append(from, static_cast<std::size_t>(size));
        } catch (const std::bad_alloc&) {
            return -1;
        }
        return size;
    }

    static long control(BIO* bio, int command, long /*number*/, void* /*pointer*/) noexcept {
        switch (command) {
            case BIO_CTRL_FLUSH:
                return 1;
            case BIO_CTRL_EOF:
                return of(bio).ended_ ? 1 : 0;
            default:
                return 0;
        }
    }

    static BIO_METHOD* method() noexcept {
        static BIO_METHOD* const made = [] {
            BIO_METHOD* const fresh =
                BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "edo");
            if (fresh != nullptr) {
                BIO_meth_set_read(fresh, &TlsBio::read);
                BIO_meth_set_write(fresh, &TlsBio::write);
                BIO_meth_set_ctrl(fresh, &TlsBio::control);
            }
            return fresh;
        }();
        return made;
    }

private:
    static tls::Session& of(BIO* bio) noexcept {
        return *static_cast<tls::Session*>(BIO_get_data(bio));
    }
};

}  // namespace edo::detail

namespace edo::tls {

namespace {

using Side = detail::TlsContext::Side;

constexpr std::size_t kLargestRecord = 16384;
constexpr std::size_t kRecordOverhead = 64;  // more than any cipher adds to a record

/// Frees the memory, too: an idle connection owns no buffer.
void release(std::string& buffer) noexcept {
    std::string().swap(buffer);
}

bool is_ip_address(const std::string& host) noexcept {
    std::array<unsigned char, 16> ignored;
    return ::inet_pton(AF_INET, host.c_str(), ignored.data()) == 1 ||
           ::inet_pton(AF_INET6, host.c_str(), ignored.data()) == 1;
}

/// Without the brackets of "[::1]" and the dot of "example.org."; in lower case.
std::string plain_host(std::string_view host) {
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
    } else if (host.size() > 1 && host.back() == '.') {
        host.remove_suffix(1);
    }
    std::string plain(host);
    for (char& c : plain) {
        if (c >= 'A' && c <= 'Z') {
            c = static_cast<char>(c - 'A' + 'a');
        }
    }
    return plain;
}

}  // namespace

Session::Session(std::shared_ptr<detail::TlsContext> context, std::string_view host)
    : context_(std::move(context)), host_(plain_host(host)) {
    std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context_->ssl()), &SSL_free);
    BIO_METHOD* const method = detail::TlsBio::method();
    BIO* const bio = method != nullptr ? BIO_new(method) : nullptr;
    if (ssl == nullptr || bio == nullptr) {
        BIO_free(bio);
        throw std::bad_alloc();
    }
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl.get(), bio, bio);  // which takes both references that it was given
    SSL_set_app_data(ssl.get(), this);
    ssl_ = ssl.get();
    if (context_->side() == Side::Server) {
        SSL_set_accept_state(ssl_);
    } else {
        SSL_set_connect_state(ssl_);
        failure_ = expect_host();
        if (const detail::SessionPtr ticket = context_->sessions().take(host_)) {
            SSL_set_session(ssl_, ticket.get());
        }
    }
    static_cast<void>(ssl.release());
}

Session::~Session() {
    // As if the connection had ended well: else OpenSSL makes its tickets useless.
    SSL_set_shutdown(ssl_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(ssl_);
    ERR_clear_error();
}

std::error_code Session::expect_host() {
    if (host_.empty() || host_.find('\0') != std::string::npos || host_.size() > 253) {
        return Errc::InvalidHost;
    }
    const bool address = is_ip_address(host_);
    if (!address && SSL_set_tlsext_host_name(ssl_, host_.c_str()) != 1) {
        ERR_clear_error();
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
        ERR_clear_error();
        return Errc::InvalidHost;
    }
    return {};
}

Step Session::explain(int returned) noexcept {
    const int kind = SSL_get_error(ssl_, returned);
    if (kind == SSL_ERROR_WANT_READ) {
        return Step::want_read(inputs());
    }
    if (kind == SSL_ERROR_ZERO_RETURN) {
        return Step(Step::Kind::Closed);
    }
    const unsigned long first = ERR_peek_error();
    std::error_code error;
    if (ERR_GET_LIB(first) == ERR_LIB_SSL &&
        ERR_GET_REASON(first) == SSL_R_CERTIFICATE_VERIFY_FAILED) {
        ERR_clear_error();
        error = detail::verify_error(SSL_get_verify_result(ssl_));
    } else if (first == 0 && ended_) {
        error = Errc::StreamTruncated;
    } else {
        error = detail::take_openssl_error();
    }
    if (error == Errc::StreamTruncated && !handshake_done_) {
        error = Errc::ClosedInHandshake;
    }
    failure_ = error;
    return Step(error);
}

bool Session::keep_rest() noexcept {
    if (kept_begin_ == kept_.size()) {
        release(kept_);
        kept_begin_ = 0;
    }
    const ConstBytes rest = std::exchange(received_, ConstBytes());
    if (rest.empty()) {
        return true;
    }
    try {
        kept_.erase(0, std::exchange(kept_begin_, 0));
        kept_.append(reinterpret_cast<const char*>(rest.data()), rest.size());
    } catch (const std::bad_alloc&) {
        failure_ = Errc::OutOfMemory;
        return false;
    }
    return true;
}

void Session::take_input(ConstBytes received) noexcept {
    received_ = received;
    if (!received.empty()) {
        inputs_.fetch_add(1, std::memory_order_relaxed);
    }
}

void Session::note_output() noexcept {
    if (!out_.empty()) {
        has_output_.store(true, std::memory_order_relaxed);
    }
}

Step Session::handshake(ConstBytes received) noexcept {
    const std::lock_guard guard(mutex_);
    if (failure_) {
        return Step(failure_);
    }
    ERR_clear_error();
    take_input(received);
    const int returned = SSL_do_handshake(ssl_);
    Step step = Step(Step::Kind::Done);
    if (returned == 1) {
        handshake_done_ = true;
    } else {
        step = explain(returned);
    }
    note_output();
    return keep_rest() ? step : Step(failure_);
}

Step Session::read(Bytes to, ConstBytes received) noexcept {
    const std::lock_guard guard(mutex_);
    if (failure_) {
        return Step(failure_);
    }
    ERR_clear_error();
    take_input(received);
    Step step = Step(Step::Kind::Done);
    std::size_t total = 0;
    // A call yields one record at most.
    while (total < to.size()) {
        std::size_t count = 0;
        const int returned = SSL_read_ex(ssl_, to.data() + total, to.size() - total, &count);
        if (returned != 1) {
            step = explain(returned);
            break;
        }
        total += count;
    }
    note_output();
    if (!keep_rest() && total == 0) {
        return Step(failure_);
    }
    // What stopped it comes again with the next call.
    return total != 0 ? Step(Step::Kind::Done, total) : step;
}

Step Session::write_locked(ConstBytes bytes) noexcept {
    std::size_t count = 0;
    const int returned = SSL_write_ex(ssl_, bytes.data(), bytes.size(), &count);
    return returned == 1 ? Step(Step::Kind::Done, count) : explain(returned);
}

Step Session::write(ConstBytes bytes) noexcept {
    return write(std::span<const ConstBytes>(&bytes, 1));
}

Step Session::write(std::span<const ConstBytes> buffers) noexcept {
    const std::lock_guard guard(mutex_);
    if (failure_) {
        return Step(failure_);
    }
    if (is_closed()) {
        return Step(std::make_error_code(std::errc::broken_pipe));
    }
    ERR_clear_error();
    std::size_t wanted = 0;
    for (const ConstBytes& buffer : buffers) {
        wanted = std::min(wanted + buffer.size(), kMostAtOnce);
    }
    try {
        const std::size_t records = wanted / kLargestRecord + 1;
        out_.reserve(out_.size() + wanted + records * kRecordOverhead);
    } catch (const std::bad_alloc&) {
        return Step(Errc::OutOfMemory);
    }
    Step step = Step(Step::Kind::Done);
    std::size_t total = 0;
    std::array<std::byte, kLargestRecord> joined;
    std::size_t index = 0;
    std::size_t offset = 0;  // in buffers[index]
    while (total < wanted) {
        ConstBytes piece = buffers[index].subspan(offset).first(
            std::min(buffers[index].size() - offset, wanted - total));
        std::size_t joined_size = 0;
        if (piece.size() < kLargestRecord && piece.size() < wanted - total) {
            // Small buffers go into one record together.
            std::size_t i = index;
            std::size_t begin = offset;
            const std::size_t most = std::min(kLargestRecord, wanted - total);
            while (joined_size < most) {
                const std::size_t part = std::min(buffers[i].size() - begin, most - joined_size);
                if (part != 0) {
                    std::memcpy(joined.data() + joined_size, buffers[i].data() + begin, part);
                }
                joined_size += part;
                ++i;
                begin = 0;
            }
            piece = ConstBytes(joined).first(joined_size);
        }
        if (piece.empty()) {
            ++index;
            offset = 0;
            continue;
        }
        step = write_locked(piece);
        if (step.kind() != Step::Kind::Done) {
            break;
        }
        total += step.count();
        for (std::size_t left = step.count(); left != 0;) {
            const std::size_t part = std::min(left, buffers[index].size() - offset);
            left -= part;
            offset += part;
            if (offset == buffers[index].size()) {
                ++index;
                offset = 0;
            }
        }
    }
    note_output();
    return total != 0 ? Step(Step::Kind::Done, total) : step;
}

void Session::close() noexcept {
    const std::lock_guard guard(mutex_);
    if (closed_.exchange(true, std::memory_order_relaxed) || failure_ || !handshake_done_) {
        return;
    }
    ERR_clear_error();
    SSL_shutdown(ssl_);
    ERR_clear_error();
    note_output();
}

Step Session::receive(ConstBytes received) noexcept {
    const std::lock_guard guard(mutex_);
    take_input(received);
    return keep_rest() ? Step::want_read(inputs()) : Step(failure_);
}

void Session::receive_end() noexcept {
    const std::lock_guard guard(mutex_);
    ended_ = true;
    inputs_.fetch_add(1, std::memory_order_relaxed);
}

Session::ConstBytes Session::output() noexcept {
    if (sent_ == sending_.size()) {
        release(sending_);
        sent_ = 0;
        const std::lock_guard guard(mutex_);
        sending_.swap(out_);
        has_output_.store(!sending_.empty(), std::memory_order_relaxed);
    }
    return std::as_bytes(std::span(sending_)).subspan(sent_);
}

void Session::sent(std::size_t count) noexcept {
    sent_ += count;
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

bool Session::keep_ticket(ssl_session_st* ticket) noexcept {
    try {
        context_->sessions().put(host_, detail::SessionPtr(ticket));
    } catch (const std::bad_alloc&) {
        // `put` has freed the ticket: it was kept, in OpenSSL's sense.
    }
    return true;
}

}  // namespace edo::tls
