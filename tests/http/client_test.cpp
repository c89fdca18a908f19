// SPDX-License-Identifier: MIT
#include "client_test.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace edo::test {

Task<std::string> Peer::some() {
    if (input_.empty()) {
        std::array<std::byte, 4096> buffer;
        const auto count = co_await stream_->read(buffer);
        if (count) {
            input_.assign(reinterpret_cast<const char*>(buffer.data()), *count);
        }
    }
    co_return std::exchange(input_, std::string());
}

Task<std::string> Peer::head() {
    std::string text;
    for (;;) {
        const std::string more = co_await some();
        text += more;
        const std::size_t end = text.find("\r\n\r\n");
        if (end != std::string::npos) {
            input_ = text.substr(end + 4);
            text.resize(end + 4);
            co_return text;
        }
        if (more.empty()) {
            co_return std::string();
        }
    }
}

Task<std::string> Peer::request() {
    std::string text = co_await head();
    const std::size_t body = text.size();
    const std::size_t length = text.find("\r\nContent-Length: ");
    const bool is_chunked = text.find("\r\nTransfer-Encoding: chunked\r\n") != std::string::npos;
    std::size_t left = 0;
    if (length != std::string::npos) {
        left = std::strtoul(text.c_str() + length + 18, nullptr, 10);
    }
    while (is_chunked ? text.find("0\r\n\r\n", body) == std::string::npos : left > 0) {
        std::string more = co_await some();
        if (more.empty()) {
            co_return std::string();
        }
        const std::size_t taken = is_chunked ? more.size() : std::min(left, more.size());
        text += more.substr(0, taken);
        input_ = more.substr(taken);
        left -= std::min(left, taken);
    }
    co_return text;
}

Task<void> Peer::send(std::string text) {
    std::span<const std::byte> rest = std::as_bytes(std::span(text));
    while (!rest.empty()) {
        const auto count = co_await stream_->write(rest);
        if (!count) {
            co_return;
        }
        rest = rest.subspan(*count);
    }
}

Task<Result<http::Connected>> FakeServers::connect(const http::Uri& url,
                                                   const http::Uri* /*proxy*/) {
    auto [ours, theirs] = io::duplex(buffer_);
    Peer peer(std::move(theirs), std::string(url.origin()), connections_++);
    servers_.spawn(serve_(std::move(peer)));
    co_return http::Connected(http::AnyIo(std::move(ours)));
}

FakeServers::Serve answer(std::string text, std::size_t requests) {
    return [text = std::move(text), requests](Peer peer) {
        return [](Peer server, std::string reply, std::size_t count) -> Task<void> {
            for (std::size_t i = 0; i < count; ++i) {
                const std::string request = co_await server.request();
                if (request.empty()) {
                    break;
                }
                co_await server.send(reply);
            }
        }(std::move(peer), text, requests);
    };
}

http::ClientBuilder client_of(std::shared_ptr<http::Connector> servers) {
    http::ClientBuilder builder;
    builder.connector(std::move(servers)).gzip(false);
    return builder;
}

std::string ok(std::string_view body, std::string_view headers) {
    std::string text = "HTTP/1.1 200 OK\r\n";
    text += headers;
    text += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
    text += body;
    return text;
}

std::string redirect_to(std::string_view location, int status) {
    return "HTTP/1.1 " + std::to_string(status) + " Go\r\nLocation: " + std::string(location) +
           "\r\nContent-Length: 0\r\n\r\n";
}

Task<std::string> outcome(http::RequestBuilder request) {
    auto response = co_await request.send();
    if (!response) {
        co_return response.error().message();
    }
    auto body = co_await response->bytes();
    if (!body) {
        co_return body.error().message();
    }
    co_return std::to_string(int(response->status())) + ' ' + *body;
}

}  // namespace edo::test
