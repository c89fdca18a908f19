// SPDX-License-Identifier: MIT
#include "edo/net/http/client/request_builder.hpp"

#include "edo/net/http/base64.hpp"
#include "edo/runtime/errors.hpp"

namespace edo::http {

RequestBuilder::RequestBuilder(std::shared_ptr<detail::ClientCore> core, Method method,
                               Result<Uri> url, std::string text_of_url)
    : core_(std::move(core)) {
    pending_.request.method = method;
    pending_.request.headers = core_->settings.default_headers;
    pending_.timeouts = core_->settings.timeouts;
    if (url) {
        pending_.url = std::move(*url);
    } else {
        pending_.error.emplace(ClientErrorKind::Request, url.error(), std::move(text_of_url));
    }
}

RequestBuilder& RequestBuilder::header(std::string_view name, std::string_view value) & {
    Headers& headers = pending_.request.headers;
    const Headers& defaults = core_->settings.default_headers;
    // The first one takes the place of the client's own.
    const auto own = defaults.get(name);
    if (own && headers.get(name) == own) {
        headers.set(name, value);
    } else {
        headers.append(name, value);
    }
    return *this;
}

RequestBuilder& RequestBuilder::headers(const Headers& headers) & {
    for (const Header header : headers) {
        pending_.request.headers.remove(header.name);
    }
    for (const Header header : headers) {
        pending_.request.headers.append(header.name, header.value);
    }
    return *this;
}

RequestBuilder& RequestBuilder::query(const Query& pairs) & {
    if (pending_.url) {
        pending_.url = pending_.url->with_query(pairs);
    }
    return *this;
}

RequestBuilder& RequestBuilder::basic_auth(std::string_view user_name,
                                           std::string_view password) & {
    if (user_name.find(':') != std::string_view::npos) {
        throw UsageError("a user name with a colon cannot be sent by Basic authentication");
    }
    pending_.request.headers.set("Authorization", detail::basic_credentials(user_name, password));
    return *this;
}

RequestBuilder& RequestBuilder::bearer_auth(std::string_view token) & {
    pending_.request.headers.set("Authorization", "Bearer " + std::string(token));
    return *this;
}

RequestBuilder& RequestBuilder::body(Body body) & {
    pending_.request.body = std::move(body);
    return *this;
}

RequestBuilder& RequestBuilder::typed(std::string_view type, Body body) {
    if (!pending_.request.headers.contains("Content-Type")) {
        pending_.request.headers.set("Content-Type", type);
    }
    pending_.request.body = std::move(body);
    return *this;
}

RequestBuilder& RequestBuilder::text(std::string text) & {
    return typed("text/plain; charset=utf-8", std::move(text));
}

RequestBuilder& RequestBuilder::json_text(std::string json) & {
    return typed("application/json", std::move(json));
}

RequestBuilder& RequestBuilder::form(const Query& fields) & {
    return typed("application/x-www-form-urlencoded", fields.to_string());
}

RequestBuilder& RequestBuilder::multipart(Multipart form) & {
    pending_.request.headers.set("Content-Type", form.content_type());
    pending_.request.body = std::move(form).into_body();
    return *this;
}

RequestBuilder& RequestBuilder::timeout(Duration limit) & {
    pending_.timeouts.total = limit;
    return *this;
}

RequestBuilder& RequestBuilder::read_timeout(Duration limit) & {
    pending_.timeouts.read = limit;
    return *this;
}

RequestBuilder& RequestBuilder::expect_continue() & {
    pending_.expects_continue = true;
    pending_.request.headers.set("Expect", "100-continue");
    return *this;
}

RequestBuilder& RequestBuilder::version(Version version) & {
    if (version == Version::Http2) {
        throw UsageError("HTTP/2 is a matter of the whole client: see http2_prior_knowledge");
    }
    pending_.needs_http1 = true;
    pending_.request.version = version;
    return *this;
}

Task<ClientResult<ClientResponse>> RequestBuilder::send() {
    if (core_ == nullptr) {
        throw UsageError("this request was sent already: make another one");
    }
    if (!pending_.error && pending_.request.version == Version::Http10 &&
        !pending_.request.body.size()) {
        throw UsageError("HTTP/1.0 has no body of unknown length: collect it first");
    }
    return detail::execute(std::exchange(core_, nullptr), std::move(pending_));
}

}  // namespace edo::http
