// SPDX-License-Identifier: MIT
// A TCP server for readings of sensors, which come as lines of JSON.
//
//     json_server                         then, in another terminal:
//     json_client
//     nc 127.0.0.1 1234                   type JSON; Ctrl-D ends
//
// A line becomes a struct, and a struct a line, by the description of the struct alone: see
// common/sensor_data.hpp. Whatever a client sends, it is told, and may go on with its next line.

#include "common/arguments.hpp"
#include "common/printable.hpp"
#include "common/run.hpp"
#include "common/sensor_data.hpp"
#include <edo/edo.hpp>
#include <edo/net/json/text.hpp>
#include <edo/runtime/codec/framed.hpp>
#include <edo/runtime/codec/lines_codec.hpp>

#include <array>
#include <charconv>
#include <iostream>
#include <string>
#include <string_view>
#include <syncstream>
#include <utility>

namespace {

using edo::Result;
using edo::Task;
using edo::net::SocketAddr;
using edo::net::TcpListener;
using edo::net::TcpStream;
using example::SensorData;

constexpr const char* kUsage =
    R"(usage: json_server [--host HOST] [--port PORT]

Listens for TCP connections, reads lines of JSON, and acknowledges each.

    --host HOST      the address to listen on (default 127.0.0.1)
    --port PORT      the port to listen on; 0 takes a free one (default 1234)

A line is {"device_id": text, "temperature_c": number, "humidity_percent": number,
"timestamp": whole number} of at most 64 KiB.
)";

constexpr const char* kRefusal = "ERROR: Invalid JSON";

struct Options {
    std::string host = "127.0.0.1";
    std::uint16_t port = 1234;
};

/// As few digits as tell this number from all others.
std::string shortest(float number) {
    std::array<char, 32> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    return {digits.data(), end};
}

std::string describe(const SensorData& data) {
    return "SensorData { device_id: \"" + example::printable(data.device_id) +
           "\", temperature_c: " + shortest(data.temperature_c) +
           ", humidity_percent: " + shortest(data.humidity_percent) +
           ", timestamp: " + std::to_string(data.timestamp) + " }";
}

/// What the client is told about a line.
std::string answer(const std::string& line, const SocketAddr& client) {
    std::osyncstream(std::cout) << "Received raw JSON from " << client << ": "
                                << example::printable(line) << std::endl;
    const auto data = edo::json::from_text<SensorData>(line);
    if (!data) {
        example::complain(client.to_string() + ": " + data.error().message());
        return kRefusal;
    }
    std::osyncstream(std::cout) << "Deserialized data: " << describe(*data) << std::endl;
    // A line break in the name must not become one in the answer.
    return "ACK: Received data from " + example::printable(data->device_id) +
           " (Temp: " + shortest(data->temperature_c) + "C)";
}

/// Whether the codec has refused a line, and stepped over it; else the connection has failed.
bool is_about_a_line(const std::error_code& error) {
    return error == edo::Errc::LimitExceeded || error == edo::Errc::InvalidData;
}

Task<Result<void>> serve_lines(TcpStream stream, SocketAddr client) {
    edo::codec::Framed lines(std::move(stream), edo::codec::LinesCodec());
    for (;;) {
        auto line = co_await lines.next();
        if (!line) {
            co_return Result<void>();
        }
        std::string reply = kRefusal;
        if (*line) {
            reply = answer(**line, client);
        } else if (is_about_a_line(line->error())) {
            example::complain(client.to_string() + ": " + line->error().message());
            static_cast<void>(co_await lines.next());  // the end that follows an error
        } else {
            co_return edo::failure(line->error());
        }
        co_await edo::propagate(co_await lines.send(std::move(reply)));
    }
}

Task<void> handle(TcpStream stream, SocketAddr client) {
    std::osyncstream(std::cout) << "Handling JSON connection from: " << client << std::endl;
    const Result<void> ended = co_await serve_lines(std::move(stream), client);
    if (!ended) {
        example::complain(client.to_string() + ": " + ended.error().message());
    }
}

Task<int> serve(Options options) {
    auto listener = co_await TcpListener::bind(example::endpoint(options.host, options.port));
    if (!listener) {
        example::complain(listener.error().message());
        co_return 1;
    }
    std::osyncstream(std::cout) << "JSON Server listening on " << listener->local_addr().value()
                                << std::endl;
    for (;;) {
        auto accepted = co_await listener->accept();
        if (!accepted) {
            example::complain("cannot accept: " + accepted.error().message());
            co_return 1;
        }
        auto& [stream, client] = *accepted;
        edo::spawn(handle(std::move(stream), client)).detach();
    }
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    example::parse_arguments(argc, argv, kUsage,
                             {{"--host", &options.host}, {"--port", &options.port}});

    return example::run(serve(options));
}
