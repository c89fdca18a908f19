// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/client/client_response.hpp"
#include "edo/net/http/client/connector.hpp"
#include "edo/net/http/client/cookie_jar.hpp"
#include "edo/net/http/client/error.hpp"
#include "edo/net/http/client/proxy.hpp"
#include "edo/net/http/client/request_builder.hpp"
#include "edo/net/http/client/settings.hpp"
#include "edo/net/http/method.hpp"
#include "edo/net/http/uri.hpp"
#include "edo/net/tls/config.hpp"
#include "edo/net/tls/identity.hpp"
#include "edo/runtime/time/instant.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace edo::http {

class Client;

/// A URL as an argument: text, which is parsed, or a `Uri`.
class UrlArgument {
public:
    UrlArgument(const char* text) : UrlArgument(std::string_view(text)) {}
    UrlArgument(const std::string& text) : UrlArgument(std::string_view(text)) {}
    UrlArgument(std::string_view text) : uri_(Uri::parse(text)) {
        if (!uri_) {
            text_ = printable(text);
        }
    }
    UrlArgument(Uri uri) : uri_(std::move(uri)) {}

    [[nodiscard]] Result<Uri> take() && { return std::move(uri_); }
    /// What is shown of a text that is no URL: without what might be credentials.
    [[nodiscard]] const std::string& text() const noexcept { return text_; }

private:
    [[nodiscard]] static std::string printable(std::string_view text);

    Result<Uri> uri_;
    std::string text_;
};

/// The settings of a `Client`.
///
/// @par Example
/// @snippet http_client.cpp builder
class ClientBuilder {
public:
    ClientBuilder();

    /// How long making a connection may take: the look-up of the name, TCP, the proxy and TLS.
    /// Default 10 seconds.
    ClientBuilder& connect_timeout(std::optional<Duration> limit);
    /// How long nothing may move while a request is sent or an answer read; each read and each
    /// write begins anew. Default 30 seconds.
    ClientBuilder& read_timeout(std::optional<Duration> limit);
    /// How long a request may take in all, from `send` until the body of the answer has been read.
    /// Default none: a large download may take long, and one that stands still is ended by
    /// `read_timeout`.
    ClientBuilder& timeout(std::optional<Duration> limit);

    /// How many redirects are followed. With 0 the answer that redirects is handed out. Default 10.
    ClientBuilder& max_redirects(std::size_t count);
    /// A header for each request that does not set it itself.
    /// @throws UsageError as `Headers::append`.
    ClientBuilder& default_header(std::string_view name, std::string_view value);
    /// The header User-Agent. Default "edo".
    ClientBuilder& user_agent(std::string_view name);

    /// Keeps cookies in a new jar. Off by default.
    ClientBuilder& cookies();
    /// Keeps cookies in that jar, which other clients may share.
    ClientBuilder& cookies(std::shared_ptr<CookieJar> jar);
    /// Default none; see `Proxies::from_environment`.
    ClientBuilder& proxies(Proxies proxies);
    /// Whether answers may come compressed; they are decompressed as they are read. Default yes.
    /// @param limit How many bytes may come out of one answer. Default 256 MB.
    ClientBuilder& gzip(bool on, std::uint64_t limit = std::uint64_t{256} << 20);

    /// How many connections of a host wait for their next request, and for how long. Default 32 and
    /// 90 seconds. With 0 each request has a connection of its own.
    ClientBuilder& max_idle_per_host(std::size_t count);
    ClientBuilder& idle_timeout(std::optional<Duration> limit);
    /// How large the head of an answer may be. Default 64 KB and 100 headers.
    ClientBuilder& max_header_bytes(std::size_t bytes);
    ClientBuilder& max_headers(std::size_t count);
    /// Speaks HTTP/1.1 only. By default a server of `https://` may choose HTTP/2.
    ClientBuilder& http1_only();
    /// Speaks HTTP/2 only, without asking whether the server does, to `http://` as well.
    ClientBuilder& http2_prior_knowledge();
    /// How many bytes of one answer may come ahead of the task that reads it, with HTTP/2. Default
    /// 1 MB. On lines that are fast and long it limits the throughput.
    /// @throws UsageError for 0, or 2 GB and more.
    ClientBuilder& http2_window(std::uint32_t bytes);
    /// After which silence a server that owes an answer in HTTP/2 is asked whether it is there
    /// (PING), and how long it may take to say so: then all requests of that connection fail.
    /// Default: it is not asked.
    ClientBuilder& http2_keep_alive(std::optional<Duration> interval,
                                    Duration timeout = std::chrono::seconds(20));
    /// Whom to trust and what to show on `https://`. Default: the authorities of the system, with
    /// verification. The list of protocols (ALPN) is set by the client.
    ClientBuilder& tls(tls::ClientConfig config);
    /// The certificate to show to servers of `https://` that ask for one; beside what `tls` sets.
    /// @par Example
    /// @snippet http_client.cpp identity
    ClientBuilder& identity(tls::Identity identity);
    /// What makes the connections, in place of TCP and TLS.
    ClientBuilder& connector(std::shared_ptr<Connector> connector);

    /// Makes the client.
    [[nodiscard]] Client build() const;

private:
    detail::ClientSettings settings_;
};

/// An HTTP client: one for the whole program, or for each kind of server.
///
/// It speaks HTTP/1.1, and HTTP/2 where a server of `https://` chooses it (ALPN). A connection of
/// HTTP/2 carries as many requests at the same time as the server allows; further ones open another
/// connection. What is dropped there ends its own request only. When the last copy of the client
/// and the last answer are gone, the connection says goodbye.
///
/// Copies are cheap, and share the settings and the pool of connections. Connections are kept open
/// after an answer that was read to its end, for the next request to that host. A connection out of
/// the pool that turns out to be closed by the server is replaced once, without an error, where
/// that can do no harm: for GET, HEAD, OPTIONS, TRACE, PUT and DELETE with a body in memory. A POST
/// is never sent twice; it may fail for that reason. Only what a server of HTTP/2 has certainly not
/// looked at (GOAWAY, REFUSED_STREAM) is sent again whatever it is, with a body in memory, up to
/// three times.
///
/// @par Thread safety
/// All functions may be called by several tasks, on several threads, at the same time.
/// @par Example
/// @snippet http_client.cpp get
class Client {
public:
    /// With the default settings.
    Client() : Client(ClientBuilder().build()) {}
    [[nodiscard]] static ClientBuilder builder() { return {}; }

    /// A request. A text that is no URL is reported by `send`.
    [[nodiscard]] RequestBuilder request(Method method, UrlArgument url) const;
    [[nodiscard]] RequestBuilder get(UrlArgument url) const {
        return request(Method::Get, std::move(url));
    }
    [[nodiscard]] RequestBuilder head(UrlArgument url) const {
        return request(Method::Head, std::move(url));
    }
    [[nodiscard]] RequestBuilder post(UrlArgument url) const {
        return request(Method::Post, std::move(url));
    }
    [[nodiscard]] RequestBuilder put(UrlArgument url) const {
        return request(Method::Put, std::move(url));
    }
    [[nodiscard]] RequestBuilder patch(UrlArgument url) const {
        return request(Method::Patch, std::move(url));
    }
    /// DELETE.
    [[nodiscard]] RequestBuilder remove(UrlArgument url) const {
        return request(Method::Delete, std::move(url));
    }

    /// How many connections wait for their next request.
    [[nodiscard]] std::size_t idle_connections() const { return core_->pool->size(); }

private:
    friend class ClientBuilder;
    explicit Client(std::shared_ptr<detail::ClientCore> core) noexcept : core_(std::move(core)) {}

    std::shared_ptr<detail::ClientCore> core_;
};

}  // namespace edo::http
