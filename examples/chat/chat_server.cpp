// SPDX-License-Identifier: MIT
// A chat: whatever one says, all others get. People come with lines over TCP, and with a browser
// over a WebSocket, into the same room.
//
//     chat_server                         then, in other terminals:
//     chat_client --name alice
//     nc 127.0.0.1 7979                   where you answer PING with PONG, or any line
//     and http://127.0.0.1:8080/ in a browser
//
// Each person has a task with two branches, one that hears and one that tells. The room never waits
// for anybody: who does not take his lines in time is disconnected.

#include "common/arguments.hpp"
#include "common/run.hpp"
#include "conversation.hpp"
#include "links.hpp"
#include "page.hpp"
#include "room.hpp"
#include <edo/edo.hpp>
#include <edo/net/http/server/server.hpp>
#include <edo/net/http/ws/handshake.hpp>

#include <chrono>
#include <iostream>
#include <memory>
#include <string>
#include <syncstream>
#include <utility>

namespace {

using edo::Result;
using edo::Task;
using edo::net::SocketAddr;
using edo::net::TcpListener;
using edo::net::TcpStream;
namespace http = edo::http;

constexpr const char* kUsage =
    R"(usage: chat_server [--host HOST] [--port PORT] [--web-port PORT] [--heartbeat MS] [--patience MS]

A chat for people with lines over TCP, and with browsers.

    --host HOST      the address to listen on (default 127.0.0.1)
    --port PORT      the port for lines; 0 takes a free one (default 7979)
    --web-port PORT  the port for browsers; 0 takes a free one (default 8080)
    --heartbeat MS   how often people are asked whether they are still there: with the line PING,
                     which any line answers. Two heartbeats without one, and they are gone.
                     0 asks nobody (default 30000)
    --patience MS    who does not take a line for that long is disconnected (default 10000)
)";

struct Options {
    std::string host = "127.0.0.1";
    std::uint16_t port = 7979;
    std::uint16_t web_port = 8080;
    chat::Timing timing;
};

Task<void> serve_lines(TcpStream stream, SocketAddr client, std::shared_ptr<chat::Room> room,
                       chat::Timing timing) {
    chat::LineLink<TcpStream> link(std::move(stream));
    chat::Conversation conversation(link, *room, timing);
    co_await conversation.run(client.to_string());
}

Task<int> accept_lines(TcpListener listener, std::shared_ptr<chat::Room> room,
                       chat::Timing timing) {
    for (;;) {
        auto accepted = co_await listener.accept();
        if (!accepted) {
            example::complain("cannot accept: " + accepted.error().message());
            co_return 1;
        }
        auto& [stream, client] = *accepted;
        edo::spawn(serve_lines(std::move(stream), client, room, timing)).detach();
    }
}

Task<void> serve_socket(http::ws::WebSocket<> socket, std::string client,
                        std::shared_ptr<chat::Room> room, chat::Timing timing) {
    chat::SocketLink link(socket);
    chat::Conversation conversation(link, *room, timing);
    co_await conversation.run(client);
    // A browser that is still there learns that this was no accident.
    static_cast<void>(
        co_await edo::timeout(timing.patience, socket.close(http::ws::close_code::kPolicy)));
}

/// Answers the browsers.
Task<http::Response> answer(http::Request request, std::shared_ptr<chat::Room> room,
                            chat::Timing timing) {
    if (request.path() == "/") {
        co_return http::Response::html(std::string(chat::page()));
    }
    if (request.path() != "/chat") {
        co_return http::Response(http::Status::NotFound);
    }
    if (!http::ws::is_same_origin(request)) {
        co_return http::Response(http::Status::Forbidden);
    }
    const std::string client = request.peer ? request.peer->to_string() : "a browser";
    auto serve = [client, room, timing](http::ws::WebSocket<> socket) {
        return serve_socket(std::move(socket), client, room, timing);
    };
    const auto limits = http::ws::Options().max_message_size(chat::kLongestLine);
    co_return http::ws::accept(request, std::move(serve), limits);
}

Task<int> serve_browsers(http::Server server, std::shared_ptr<chat::Room> room,
                         chat::Timing timing) {
    const auto service = http::make_service(
        [room, timing](http::Request request) { return answer(std::move(request), room, timing); });
    const Result<void> served = co_await server.serve(service);
    if (!served) {
        example::complain("cannot serve browsers: " + served.error().message());
    }
    co_return 1;
}

Task<int> serve(Options options) {
    auto listener = co_await TcpListener::bind(example::endpoint(options.host, options.port));
    if (!listener) {
        example::complain(listener.error().message());
        co_return 1;
    }
    auto web = co_await http::Server::bind(example::endpoint(options.host, options.web_port));
    if (!web) {
        example::complain(web.error().message());
        co_return 1;
    }
    std::osyncstream(std::cout) << "Chat Server listening on " << listener->local_addr().value()
                                << "\nChat page at http://" << web->local_addr().value() << "/"
                                << std::endl;
    const auto room = std::make_shared<chat::Room>();
    auto first = co_await edo::select(accept_lines(std::move(*listener), room, options.timing),
                                      serve_browsers(std::move(*web), room, options.timing));
    co_return first.is<0>() ? first.get<0>() : first.get<1>();
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    example::parse_arguments(argc, argv, kUsage,
                             {{"--host", &options.host},
                              {"--port", &options.port},
                              {"--web-port", &options.web_port},
                              {"--heartbeat", &options.timing.heartbeat},
                              {"--patience", &options.timing.patience}});

    return example::run(serve(options));
}
