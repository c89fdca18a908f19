// SPDX-License-Identifier: MIT
#include "edo/net/http/client/request_run.hpp"

#include "edo/net/http/base64.hpp"
#include "edo/net/http/client/redirect.hpp"
#include "edo/net/http/client/response_body.hpp"
#include "edo/net/http/gunzip.hpp"
#include "edo/runtime/handle.hpp"
#include "edo/runtime/propagate.hpp"
#include "edo/runtime/timeout.hpp"

#include <algorithm>
#include <utility>

namespace edo::http::detail {

namespace {

/// A connection is worth that much reading.
constexpr std::size_t kMostDrained = 64 * 1024;
/// How often a request is sent again that servers refuse to look at.
constexpr int kMostRepeated = 3;

std::string visit(Method method, const Uri& url) {
    return std::string(to_string(method)) + ' ' + url.without_fragment().text();
}

}  // namespace

Task<ClientResult<ClientResponse>> execute(std::shared_ptr<ClientCore> core,
                                           PendingRequest pending) {
    if (pending.error) {
        co_return failure(*std::move(pending.error));
    }
    RequestRun request(*core, pending);
    co_return co_await request.run();
}

RequestRun::RequestRun(ClientCore& core, PendingRequest& pending)
    : core_(core),
      request_(std::move(pending.request)),
      url_(*std::move(pending.url)),
      timeouts_(pending.timeouts),
      expects_continue_(pending.expects_continue),
      needs_http1_(pending.needs_http1 || request_.method == Method::Connect ||
                   core.settings.versions == HttpVersions::Http1 ||
                   request_.headers.contains("Upgrade")),
      has_own_cookies_(request_.headers.contains("Cookie")) {
    if (timeouts_.total) {
        deadline_ = edo::detail::saturating_add(now(), *timeouts_.total);
    }
    Headers& headers = request_.headers;
    if (url_.has_credentials() && !headers.contains("Authorization")) {
        headers.set("Authorization", basic_credentials(url_.user_name(), url_.password()));
    }
    if (core_.settings.gunzip_limit && !headers.contains("Accept-Encoding") &&
        !headers.contains("Range")) {
        headers.set("Accept-Encoding", "gzip");
        wants_gzip_ = true;
    }
}

Task<ClientResult<ClientResponse>> RequestRun::run() {
    for (;;) {
        Response response = co_await propagate(co_await ask());
        keep_cookies(response);
        const bool goes_on = co_await propagate(redirect(response));
        if (!goes_on) {
            co_return finish(std::move(response));
        }
        co_await drain();
        release();
    }
}

void RequestRun::address_request() {
    proxy_ = core_.settings.proxies.find(url_);
    // A connection is moved by the runtime in which it was made: it serves no other one.
    key_ = std::to_string(Handle::current().id()) + ' ' + pool_key(url_, proxy_);
    const bool is_forwarded = proxy_ != nullptr && !url_.is_https();
    request_.target = is_forwarded ? std::string(url_.origin()) : std::string();
    request_.target += url_.target();
    request_.authority = url_.authority();
    request_.scheme = url_.scheme();
    if (is_forwarded && proxy_->has_credentials()) {
        request_.headers.set("Proxy-Authorization",
                             basic_credentials(proxy_->user_name(), proxy_->password()));
    }
    if (core_.settings.cookies != nullptr && !has_own_cookies_) {
        const std::string cookies = core_.settings.cookies->header_for(url_);
        request_.headers.remove("Cookie");
        if (!cookies.empty()) {
            request_.headers.set("Cookie", cookies);
        }
    }
}

Task<ClientResult<Acquired>> RequestRun::acquire(const Route& route,
                                                 const ExchangeOptions& options) {
    const auto error_of = [this](std::error_code code) {
        return failure(ClientError(ClientErrorKind::Connect, code, url_));
    };
    std::optional<Instant> deadline = deadline_;
    if (timeouts_.connect) {
        const Instant own = edo::detail::saturating_add(now(), *timeouts_.connect);
        deadline = std::min(deadline.value_or(own), own);
    }
    if (!deadline) {
        auto acquired = co_await detail::acquire(core_, route, options);
        if (!acquired) {
            co_return error_of(acquired.error());
        }
        co_return std::move(*acquired);
    }
    auto in_time = co_await timeout_at(*deadline, detail::acquire(core_, route, options));
    if (!in_time) {
        co_return error_of(make_error_code(Errc::Timeout));
    }
    if (!*in_time) {
        co_return error_of(in_time->error());
    }
    co_return std::move(**in_time);
}

bool RequestRun::may_repeat(const std::error_code& error, bool is_stale) const {
    if (!request_.body.is_text() || exchange_->has_body_failed()) {
        return false;
    }
    return exchange_->is_refused() ||
           (is_stale && !exchange_->has_received() && error != std::errc::timed_out &&
            is_idempotent(request_.method));
}

Task<ClientResult<Response>> RequestRun::ask() {
    address_request();
    visited_.push_back(visit(request_.method, url_));
    ExchangeOptions options;
    options.limits = core_.settings.limits;
    options.idle = timeouts_.read;
    options.deadline = deadline_;
    options.expects_continue = expects_continue_;
    const bool is_forwarded = proxy_ != nullptr && !url_.is_https();
    Route route(url_, proxy_, key_, needs_http1_ || is_forwarded);
    for (int attempt = 1;; ++attempt) {
        Acquired acquired = co_await propagate(co_await acquire(route, options));
        exchange_ = std::move(acquired.exchange);
        auto response = co_await exchange_->perform(request_);
        if (response) {
            co_return std::move(*response);
        }
        const bool is_stale = acquired.is_old && attempt == 1;
        if (exchange_->wants_http1() && request_.body.is_text()) {
            route.is_http1 = true;
        } else if (attempt > kMostRepeated || !may_repeat(response.error(), is_stale)) {
            co_return failure(ClientError(ClientErrorKind::Exchange, response.error(), url_));
        }
        route.is_new = true;
    }
}

void RequestRun::keep_cookies(const Response& response) {
    if (core_.settings.cookies != nullptr) {
        for (const std::string_view cookie : response.headers.all("Set-Cookie")) {
            core_.settings.cookies->set(cookie, url_);
        }
    }
}

ClientResult<bool> RequestRun::redirect(const Response& response) {
    const auto location = response.headers.get("Location");
    if (!is_redirect(response.status) || !location || core_.settings.redirects == 0) {
        return false;
    }
    const Method method = redirected_method(response.status, request_.method);
    const bool keeps_body = method == request_.method && response.status != Status::SeeOther;
    if (keeps_body && !request_.body.is_text()) {
        return false;  // a stream cannot be sent again
    }
    auto target = redirect_target(url_, *location);
    if (!target) {
        return failure(ClientError(ClientErrorKind::Redirect, target.error(), url_));
    }
    // With cookies, the same address may give another answer the next time.
    const bool is_circle = core_.settings.cookies == nullptr &&
                           std::ranges::find(visited_, visit(method, *target)) != visited_.end();
    if (visited_.size() > core_.settings.redirects || is_circle) {
        return failure(
            ClientError(ClientErrorKind::Redirect, make_error_code(Errc::TooManyRedirects), url_)
                .with_detail(is_circle ? "it leads in a circle" : ""));
    }
    if (target->origin() != url_.origin()) {
        drop_credentials(request_.headers);
        request_.headers.remove("Host");
        has_own_cookies_ = false;
    }
    if (!keeps_body) {
        drop_body_headers(request_.headers);
        request_.body = Body();
        expects_continue_ = false;
    }
    request_.headers.remove("Proxy-Authorization");
    request_.method = method;
    url_ = std::move(*target);
    return true;
}

Task<void> RequestRun::drain() {
    std::size_t drained = 0;
    while (!exchange_->is_done() && drained < kMostDrained) {
        const auto piece = co_await exchange_->next();
        if (!piece || !*piece) {
            break;
        }
        drained += (*piece)->size();
    }
}

void RequestRun::release() {
    exchange_->give_back(*core_.pool, key_);
    exchange_.reset();
}

ClientResponse RequestRun::finish(Response response) {
    const std::optional<net::SocketAddr> peer = exchange_->peer();
    if (response.status == Status::SwitchingProtocols) {
        return {std::move(response), std::move(url_), peer, exchange_->into_io()};
    }
    if (exchange_->is_done()) {
        release();
    } else {
        response.body =
            Body(std::make_unique<ResponseBody>(std::move(exchange_), core_.pool, key_));
        const auto encoding = response.headers.get("Content-Encoding");
        if (wants_gzip_ && encoding &&
            (same_name(*encoding, "gzip") || same_name(*encoding, "x-gzip"))) {
            response.body = gunzip(std::move(response.body), *core_.settings.gunzip_limit);
            response.headers.remove("Content-Encoding");
            response.headers.remove("Content-Length");
        }
    }
    return {std::move(response), std::move(url_), peer, AnyIo()};
}

}  // namespace edo::http::detail
