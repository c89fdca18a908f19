// SPDX-License-Identifier: MIT
// A client, and servers in memory that do what the test says.
#pragma once

#include <edo/net/http/client/client.hpp>
#include <edo/runtime/io/duplex.hpp>
#include <edo/runtime/join_set.hpp>
#include <edo/runtime/task/task.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace edo::test {

/// The server's end of a connection.
class Peer {
public:
    Peer(io::DuplexStream stream, std::string origin, std::size_t index)
        : stream_(std::move(stream)), origin_(std::move(origin)), index_(index) {}

    /// The next request with its body, as it was sent; empty when there is none any more.
    [[nodiscard]] Task<std::string> request();
    /// The head of the next request.
    [[nodiscard]] Task<std::string> head();
    /// Some bytes of what follows; nothing at the end.
    [[nodiscard]] Task<std::string> some();
    /// Sends all of it, as long as the client reads.
    [[nodiscard]] Task<void> send(std::string text);
    /// Closes the connection.
    void close() { stream_.reset(); }

    /// To which host, for example "http://a".
    [[nodiscard]] const std::string& origin() const noexcept { return origin_; }
    /// How many connections were made before.
    [[nodiscard]] std::size_t index() const noexcept { return index_; }

private:
    std::optional<io::DuplexStream> stream_;
    std::string origin_;
    std::size_t index_;
    std::string input_;
};

/// A connector whose servers are tasks. They are aborted with it.
class FakeServers : public http::Connector {
public:
    using Serve = std::function<Task<void>(Peer)>;

    /// @param serve Called for each connection.
    /// @param buffer How many bytes a connection holds in each direction.
    explicit FakeServers(Serve serve, std::size_t buffer = 4096)
        : serve_(std::move(serve)), buffer_(buffer) {}

    Task<Result<http::Connected>> connect(const http::Uri& url, const http::Uri* proxy) override;

    [[nodiscard]] std::size_t connections() const noexcept { return connections_; }

private:
    Serve serve_;
    std::size_t buffer_;
    std::size_t connections_ = 0;
    JoinSet<void> servers_;
};

/// A server that answers each request with the same text, and closes the connection after
/// `requests` of them.
[[nodiscard]] FakeServers::Serve answer(std::string text, std::size_t requests = 1);

/// A settled builder: no gzip, so that requests are short.
[[nodiscard]] http::ClientBuilder client_of(std::shared_ptr<http::Connector> servers);

/// Answers of common kinds.
[[nodiscard]] std::string ok(std::string_view body, std::string_view headers = {});
[[nodiscard]] std::string redirect_to(std::string_view location, int status = 302);

/// The status and the body, or the text of the error.
[[nodiscard]] Task<std::string> outcome(http::RequestBuilder request);

}  // namespace edo::test
