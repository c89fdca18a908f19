// SPDX-License-Identifier: MIT
// The examples in the documentation of WebSockets.
#include <edo/edo.hpp>
#include <edo/net/http/ws/connect.hpp>
#include <edo/net/http/ws/handshake.hpp>
#include <edo/net/http/ws/websocket.hpp>
#include <edo/runtime/codec/framed.hpp>
#include <edo/runtime/io/duplex.hpp>

#include <chrono>
#include <iostream>
#include <optional>
#include <string>
#include <utility>

namespace {

using edo::Result;
using edo::Task;
namespace http = edo::http;
namespace ws = edo::http::ws;

//! [message]
std::string describe(const ws::Message& message) {
    switch (message.kind()) {
        case ws::Message::Kind::Text:
            return message.data();
        case ws::Message::Kind::Binary:
            return std::to_string(message.data().size()) + " bytes";
        default:
            return "a control message";
    }
}
//! [message]

//! [websocket]
/// Sends texts back, and closes after ten.
template <class Stream>
Task<Result<void>> echo_ten(ws::WebSocket<Stream> socket) {
    int count = 0;
    for (;;) {
        std::optional<ws::Message> message = co_await edo::propagate(co_await socket.recv());
        if (!message) {
            co_return Result<void>();  // both sides have said that they are done
        }
        if (!message->is_text() || count == 10) {
            continue;
        }
        co_await edo::propagate(co_await socket.send(std::move(*message)));
        if (++count == 10) {
            co_await edo::propagate(co_await socket.close(ws::close_code::kNormal, "ten"));
        }
    }
}
//! [websocket]

//! [accept]
Task<http::Response> answer(http::Request request) {
    if (!ws::is_same_origin(request)) {
        co_return http::Response(http::Status::Forbidden);
    }
    co_return ws::accept(request, [](ws::WebSocket<> socket) -> Task<void> {
        static_cast<void>(co_await echo_ten(std::move(socket)));
    });
}
//! [accept]

//! [connect]
Task<Result<void>> say_hello() {
    auto stream = co_await edo::propagate(co_await edo::net::TcpStream::connect("127.0.0.1:8080"));
    auto socket =
        co_await edo::propagate(co_await ws::connect(std::move(stream), "127.0.0.1:8080", "/chat"));
    co_await edo::propagate(co_await socket.send_text("hello"));
    co_await edo::propagate(co_await socket.close());
    for (;;) {
        const auto message = co_await edo::propagate(co_await socket.recv());
        if (!message) {
            co_return Result<void>();
        }
        std::cout << describe(*message) << '\n';
    }
}
//! [connect]

//! [codec]
/// Messages over a stream, without the answers to pings that `WebSocket` gives.
template <edo::io::AsyncReadWrite Stream>
Task<Result<void>> print_messages(Stream& stream) {
    edo::codec::FramedRead messages(stream, ws::MessageCodec(ws::Role::Client));
    while (auto message = co_await messages.next()) {
        const auto next = co_await edo::propagate(std::move(*message));
        std::cout << describe(next) << '\n';
    }
    co_return Result<void>();
}
//! [codec]

Task<void> show() {
    auto [near, far] = edo::io::duplex(1024);
    auto echoing = edo::spawn(
        echo_ten(ws::WebSocket<edo::io::DuplexStream>(std::move(near), ws::Role::Server)));
    ws::WebSocket client(std::move(far), ws::Role::Client);
    for (int i = 0; i < 10; ++i) {
        static_cast<void>(co_await client.send_text("hello"));
    }
    while (auto message = (co_await client.recv()).value()) {
        std::cout << describe(*message) << '\n';
    }
    std::cout << client.close_message()->data() << '\n';
    static_cast<void>(co_await echoing);

    auto [reader, writer] = edo::io::duplex(1024);
    static_cast<void>(co_await writer.write("\x81\x02hi"));
    static_cast<void>(co_await writer.shutdown());
    static_cast<void>(co_await print_messages(reader));
    const auto refused = co_await answer(http::Request());
    std::cout << int(refused.status) << '\n';
    static_cast<void>(&say_hello);
}

}  // namespace

int main() {
    edo::run(show());
}
