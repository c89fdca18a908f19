// SPDX-License-Identifier: MIT
#include "edo/net/http/client/client.hpp"

#include "edo/net/http/client/tcp_connector.hpp"
#include "edo/runtime/errors.hpp"

#include <algorithm>

namespace edo::http {

std::string UrlArgument::printable(std::string_view text) {
    constexpr std::size_t kLongest = 200;
    const std::size_t slashes = text.find("//");
    const std::size_t begin = slashes == std::string_view::npos ? 0 : slashes + 2;
    const std::size_t end = std::min(text.find_first_of("/?#", begin), text.size());
    const std::size_t at = text.substr(0, end).rfind('@');
    std::string shown(text.substr(0, at == std::string_view::npos ? 0 : begin));
    shown += text.substr(at == std::string_view::npos ? 0 : at + 1);
    shown.resize(std::min(shown.size(), kLongest));
    std::ranges::replace_if(shown, [](unsigned char c) { return c < 0x20 || c >= 0x7f; }, '?');
    return shown;
}

ClientBuilder::ClientBuilder() {
    settings_.default_headers.set("Accept", "*/*");
    settings_.default_headers.set("User-Agent", "edo");
}

ClientBuilder& ClientBuilder::connect_timeout(std::optional<Duration> limit) {
    settings_.timeouts.connect = limit;
    return *this;
}

ClientBuilder& ClientBuilder::read_timeout(std::optional<Duration> limit) {
    settings_.timeouts.read = limit;
    return *this;
}

ClientBuilder& ClientBuilder::timeout(std::optional<Duration> limit) {
    settings_.timeouts.total = limit;
    return *this;
}

ClientBuilder& ClientBuilder::max_redirects(std::size_t count) {
    settings_.redirects = count;
    return *this;
}

ClientBuilder& ClientBuilder::default_header(std::string_view name, std::string_view value) {
    settings_.default_headers.set(name, value);
    return *this;
}

ClientBuilder& ClientBuilder::user_agent(std::string_view name) {
    return default_header("User-Agent", name);
}

ClientBuilder& ClientBuilder::cookies() {
    return cookies(std::make_shared<CookieJar>());
}

ClientBuilder& ClientBuilder::cookies(std::shared_ptr<CookieJar> jar) {
    settings_.cookies = std::move(jar);
    return *this;
}

ClientBuilder& ClientBuilder::proxies(Proxies proxies) {
    settings_.proxies = std::move(proxies);
    return *this;
}

ClientBuilder& ClientBuilder::gzip(bool on, std::uint64_t limit) {
    settings_.gunzip_limit = on ? std::optional(limit) : std::nullopt;
    return *this;
}

ClientBuilder& ClientBuilder::max_idle_per_host(std::size_t count) {
    settings_.idle_per_host = count;
    return *this;
}

ClientBuilder& ClientBuilder::idle_timeout(std::optional<Duration> limit) {
    settings_.idle_timeout = limit;
    return *this;
}

ClientBuilder& ClientBuilder::max_header_bytes(std::size_t bytes) {
    settings_.limits.headers = bytes;
    return *this;
}

ClientBuilder& ClientBuilder::max_headers(std::size_t count) {
    settings_.limits.header_count = count;
    return *this;
}

ClientBuilder& ClientBuilder::http1_only() {
    settings_.versions = detail::HttpVersions::Http1;
    return *this;
}

ClientBuilder& ClientBuilder::http2_prior_knowledge() {
    settings_.versions = detail::HttpVersions::Http2;
    return *this;
}

ClientBuilder& ClientBuilder::http2_window(std::uint32_t bytes) {
    constexpr std::uint32_t kMost = 0x7fffffff;  // RFC 9113 section 6.5.2
    if (bytes == 0 || bytes > kMost) {
        throw UsageError("a window of HTTP/2 has between 1 byte and 2 GB");
    }
    settings_.http2.window = bytes;
    return *this;
}

ClientBuilder& ClientBuilder::http2_keep_alive(std::optional<Duration> interval, Duration timeout) {
    settings_.http2.ping_interval = interval;
    settings_.http2.ping_timeout = timeout;
    return *this;
}

ClientBuilder& ClientBuilder::tls(tls::ClientConfig config) {
    settings_.tls = std::move(config);
    return *this;
}

ClientBuilder& ClientBuilder::identity(tls::Identity identity) {
    settings_.identity = std::move(identity);
    return *this;
}

ClientBuilder& ClientBuilder::connector(std::shared_ptr<Connector> connector) {
    if (connector == nullptr) {
        throw UsageError("a client needs a connector: leave it out for TCP");
    }
    settings_.connector = std::move(connector);
    return *this;
}

Client ClientBuilder::build() const {
    detail::ClientSettings settings = settings_;
    if (settings.identity) {
        settings.tls.set_identity(*settings.identity);
    }
    if (settings.connector == nullptr) {
        settings.connector = std::make_shared<detail::TcpConnector>(settings.limits, settings.tls,
                                                                    settings.versions);
        if (settings.versions != detail::HttpVersions::Http1) {
            settings.http1_connector = std::make_shared<detail::TcpConnector>(
                settings.limits, settings.tls, detail::HttpVersions::Http1);
        }
    }
    if (settings.http1_connector == nullptr) {
        settings.http1_connector = settings.connector;
    }
    return Client(std::make_shared<detail::ClientCore>(std::move(settings)));
}

RequestBuilder Client::request(Method method, UrlArgument url) const {
    std::string text = url.text();
    return {core_, method, std::move(url).take(), std::move(text)};
}

}  // namespace edo::http
