// SPDX-License-Identifier: MIT
#include "edo/net/tls/session.hpp"

#include "edo/net/tls/context.hpp"
#include "edo/net/tls/openssl_error.hpp"
#include "edo/net/tls/tls_bio.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <new>
#include <utility>

namespace edo::tls {

namespace {

using Side = detail::TlsContext::Side;

/// Frees the memory, too: an idle connection owns no buffer.
void release(std::string& buffer) noexcept {
    std::string().swap(buffer);
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

std::string_view Session::alpn_to_choose() const noexcept {
    if (!context_->alpn().empty() || default_alpn_ == nullptr) {
        return context_->alpn();
    }
    return *default_alpn_;
}

Session::~Session() {
    // As if the connection had ended well: else OpenSSL makes its tickets useless.
    SSL_set_shutdown(ssl_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(ssl_);
    detail::clear_openssl_errors();
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
        detail::clear_openssl_errors();
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
    detail::clear_openssl_errors();
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
    detail::clear_openssl_errors();
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
        if (kept_begin_ == kept_.size() && received_.empty() && SSL_has_pending(ssl_) == 0) {
            break;  // another call would only say that it wants more
        }
    }
    note_output();
    if (!keep_rest() && total == 0) {
        return Step(failure_);
    }
    // What stopped it comes again with the next call.
    return total != 0 ? Step(Step::Kind::Done, total) : step;
}

bool Session::may_read() const noexcept {
    const std::lock_guard guard(mutex_);
    return kept_begin_ != kept_.size() || ended_ || failure_ || SSL_pending(ssl_) > 0;
}

void Session::close() noexcept {
    const std::lock_guard guard(mutex_);
    if (closed_.exchange(true, std::memory_order_relaxed) || failure_ || !handshake_done_) {
        return;
    }
    detail::clear_openssl_errors();
    SSL_shutdown(ssl_);
    detail::clear_openssl_errors();
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

bool Session::has_only_tickets() const noexcept {
    const std::lock_guard guard(mutex_);
    return handshake_done_ && !failure_ && !is_sending() && context_->side() == Side::Server &&
           SSL_version(ssl_) == TLS1_3_VERSION;
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

bool Session::keep_ticket(ssl_session_st* ticket) noexcept {
    try {
        context_->sessions().put(host_, detail::SessionPtr(ticket));
    } catch (const std::bad_alloc&) {
        // `put` has freed the ticket: it was kept, in OpenSSL's sense.
    }
    return true;
}

}  // namespace edo::tls
