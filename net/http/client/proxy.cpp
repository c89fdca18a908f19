// SPDX-License-Identifier: MIT
#include "edo/net/http/client/proxy.hpp"

#include "edo/net/http/characters.hpp"
#include "edo/runtime/errors.hpp"

#include <algorithm>
#include <cstdlib>
#include <initializer_list>
#include <utility>

namespace edo::http {

namespace {

/// The first of these variables that is set and not empty.
std::string variable(std::initializer_list<const char*> names) {
    for (const char* const name : names) {
        const char* const value = std::getenv(name);
        if (value != nullptr && *value != '\0') {
            return value;
        }
    }
    return {};
}

Result<std::optional<Uri>> proxy_of(std::string text) {
    if (text.empty()) {
        return std::optional<Uri>();
    }
    if (text.find("://") == std::string::npos) {
        text.insert(0, "http://");
    }
    auto uri = Uri::parse(text);
    if (!uri) {
        return failure(uri.error());
    }
    if (uri->is_https()) {
        return failure(make_error_code(UriErrc::UnsupportedScheme));
    }
    return std::optional<Uri>(std::move(*uri));
}

Uri checked(Uri proxy) {
    if (proxy.is_https()) {
        throw UsageError("a proxy is spoken to in plain text: its URL begins with http://");
    }
    return proxy;
}

}  // namespace

Result<Proxies> Proxies::from_environment() {
    Proxies proxies;
    const std::string all = variable({"all_proxy", "ALL_PROXY"});
    std::string http = variable({"http_proxy"});
    std::string https = variable({"https_proxy", "HTTPS_PROXY"});
    auto for_http = proxy_of(http.empty() ? all : std::move(http));
    auto for_https = proxy_of(https.empty() ? all : std::move(https));
    if (!for_http || !for_https) {
        return failure(for_http ? for_https.error() : for_http.error());
    }
    proxies.http_ = std::move(*for_http);
    proxies.https_ = std::move(*for_https);
    proxies.except(variable({"no_proxy", "NO_PROXY"}));
    return proxies;
}

Proxies& Proxies::http(Uri proxy) {
    http_ = checked(std::move(proxy));
    return *this;
}

Proxies& Proxies::https(Uri proxy) {
    https_ = checked(std::move(proxy));
    return *this;
}

Proxies& Proxies::all(const Uri& proxy) {
    return http(proxy).https(proxy);
}

Proxies& Proxies::except(std::string_view hosts) {
    while (!hosts.empty()) {
        std::string host(detail::next_element(hosts));
        std::ranges::transform(host, host.begin(), detail::to_lower);
        if (host.starts_with('.')) {
            host.erase(0, 1);
        }
        if (host.starts_with('[') && host.ends_with(']')) {
            host = host.substr(1, host.size() - 2);
        }
        if (!host.empty()) {
            except_.push_back(std::move(host));
        }
    }
    return *this;
}

bool Proxies::is_excepted(std::string_view host) const noexcept {
    return std::ranges::any_of(except_, [host](std::string_view excepted) {
        return excepted == "*" || host == excepted ||
               (host.size() > excepted.size() && host.ends_with(excepted) &&
                host[host.size() - excepted.size() - 1] == '.');
    });
}

const Uri* Proxies::find(const Uri& url) const noexcept {
    const std::optional<Uri>& proxy = url.is_https() ? https_ : http_;
    return proxy && !is_excepted(url.host()) ? &*proxy : nullptr;
}

}  // namespace edo::http
