// SPDX-License-Identifier: MIT
// A client of HTTP/2, and servers in memory: edo's own, or frames written by hand.
#pragma once

#include "client_test.hpp"
#include "h2_support.hpp"
#include <edo/net/http/client/client.hpp>
#include <edo/net/http/h2/serve_connection.hpp>
#include <edo/net/http/service.hpp>
#include <edo/runtime/join_set.hpp>
#include <edo/runtime/sleep.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace edo::test {

/// A connector that says HTTP/2 was agreed on. Its servers are tasks, aborted with it.
class H2Servers : public http::Connector {
public:
    using Serve = std::function<Task<void>(io::DuplexStream stream, std::size_t index)>;

    explicit H2Servers(Serve serve, std::size_t buffer = 4096)
        : serve_(std::move(serve)), buffer_(buffer) {}

    Task<Result<http::Connected>> connect(const http::Uri& /*url*/,
                                          const http::Uri* /*proxy*/) override {
        co_await sleep(delay);
        auto [ours, theirs] = io::duplex(buffer_);
        servers_.spawn(serve_(std::move(theirs), connections_++));
        http::Connected connected{http::AnyIo(std::move(ours))};
        connected.version = http::Version::Http2;
        co_return connected;
    }
    [[nodiscard]] std::size_t connections() const noexcept { return connections_; }

    Duration delay{0};  // of each connection

private:
    Serve serve_;
    std::size_t buffer_;
    std::size_t connections_ = 0;
    JoinSet<void> servers_;
};

/// Serves with edo's own server.
template <class F>
std::shared_ptr<H2Servers> h2_service(F service, std::size_t buffer = 4096) {
    const http::Serving serving(http::make_service(std::move(service)));
    return std::make_shared<H2Servers>(
        [serving](io::DuplexStream stream, std::size_t) {
            return http::h2::serve_connection(std::move(stream), serving);
        },
        buffer);
}

/// Serves by hand.
inline std::shared_ptr<H2Servers> h2_frames(H2Servers::Serve serve) {
    return std::make_shared<H2Servers>(std::move(serve), std::size_t{64} * 1024);
}

/// A settled builder for them.
inline http::ClientBuilder h2_client_of(std::shared_ptr<http::Connector> servers) {
    return client_of(std::move(servers)).http2_prior_knowledge();
}

/// The server's end of a connection, where frames are written by hand.
class FramePeer {
public:
    explicit FramePeer(io::DuplexStream stream) : stream_(std::move(stream)) {}

    /// Reads until so many requests have come.
    [[nodiscard]] Task<void> requests(int count) {
        const auto are_there = [count](const Seen& all) {
            const auto found = all.frames.find(FrameType::Headers);
            return found != all.frames.end() && found->second >= count;
        };
        co_await until(are_there);
    }
    template <class Enough>
    [[nodiscard]] Task<void> until(Enough enough) {
        const auto buffer = std::make_unique<std::byte[]>(16384);
        while (!enough(seen) && !seen.closed) {
            const auto count = co_await stream_.read(std::span(buffer.get(), 16384));
            if (!count || *count == 0) {
                seen.closed = true;
                break;
            }
            bytes_.append(reinterpret_cast<const char*>(buffer.get()), *count);
            if (bytes_.starts_with("PRI")) {
                if (bytes_.size() < http::h2::kPreface.size()) {
                    continue;
                }
                bytes_.erase(0, http::h2::kPreface.size());
            }
            look_at(bytes_, seen);
        }
    }
    [[nodiscard]] Task<void> to_the_end() {
        co_await until([](const Seen&) { return false; });
    }
    [[nodiscard]] Task<void> send(std::string frames) {
        static_cast<void>(co_await io::write_all(stream_, frames));
    }

    Seen seen;

private:
    io::DuplexStream stream_;
    std::string bytes_;
};

/// Settings: one number.
inline std::string settings(std::uint16_t id, std::uint32_t value) {
    return frame(FrameType::Settings, 0, 0, std::string{char(id >> 8), char(id)} + number(value));
}
inline std::string settings() {
    return frame(FrameType::Settings, 0, 0, {});
}
/// Status 200 in the form of HPACK, and an answer of such a head and a body.
inline const std::string kOk = "\x88";
inline std::string answer_to(std::uint32_t stream, std::string_view body,
                             std::string_view head = kOk) {
    return frame(FrameType::Headers, kEndHeaders, stream, head) +
           frame(FrameType::Data, kEndStream, stream, body);
}
inline std::string reset_of(std::uint32_t stream, std::uint32_t code) {
    return frame(FrameType::Reset, 0, stream, number(code));
}
inline std::string go_away(std::uint32_t last, std::uint32_t code = 0) {
    return frame(FrameType::GoAway, 0, 0, number(last) + number(code));
}

}  // namespace edo::test
