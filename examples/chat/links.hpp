// SPDX-License-Identifier: MIT
// The two kinds of links to people: lines over a stream, and messages over a WebSocket.
#pragma once

#include "common/printable.hpp"
#include "conversation.hpp"
#include <edo/net/http/ws/websocket.hpp>
#include <edo/runtime/codec/framed.hpp>
#include <edo/runtime/codec/lines_codec.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace chat {

/// Text of others, fit to be shown.
inline Heard shown(const std::string& line) {
    return std::optional(example::printable(line));
}

/// A question for a sign of life is the line PING; the answer, PONG, is as good as any line.
template <edo::io::AsyncReadWrite Stream>
class LineLink {
public:
    explicit LineLink(Stream stream)
        : lines_(std::move(stream), edo::codec::LinesCodec(kLongestLine)) {}

    edo::Task<Heard> next() {
        auto line = co_await lines_.next();
        if (!line) {
            co_return std::nullopt;
        }
        if (*line) {
            co_return shown(**line);
        }
        const std::error_code error = line->error();
        if (error != edo::Errc::LimitExceeded && error != edo::Errc::InvalidData) {
            co_return edo::failure(error);
        }
        static_cast<void>(co_await lines_.next());  // the end that follows an error
        co_return std::string();                    // the line was stepped over
    }

    edo::Task<edo::Result<void>> send(std::string line) { return lines_.send(std::move(line)); }
    edo::Task<edo::Result<void>> send_all(const std::vector<std::string>& lines) {
        for (const std::string& line : lines) {
            co_await edo::propagate(co_await lines_.feed(line));
        }
        co_return co_await lines_.flush();
    }
    edo::Task<edo::Result<void>> ping() { return send("PING"); }

private:
    edo::codec::Framed<Stream, edo::codec::LinesCodec> lines_;
};

/// Browsers answer pings by themselves.
class SocketLink {
public:
    explicit SocketLink(edo::http::ws::WebSocket<>& socket) : socket_(socket) {}

    edo::Task<Heard> next() {
        auto message = co_await edo::propagate(co_await socket_.recv());
        if (!message) {
            co_return std::nullopt;
        }
        co_return message->is_text() ? shown(message->data()) : Heard(std::string());
    }

    edo::Task<edo::Result<void>> send(std::string line) {
        return socket_.send_text(std::move(line));
    }
    edo::Task<edo::Result<void>> send_all(const std::vector<std::string>& lines) {
        for (const std::string& line : lines) {
            co_await edo::propagate(co_await send(line));
        }
        co_return edo::Result<void>();
    }
    edo::Task<edo::Result<void>> ping() { return socket_.ping(); }

private:
    edo::http::ws::WebSocket<>& socket_;
};

}  // namespace chat
