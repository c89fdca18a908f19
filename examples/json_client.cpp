// SPDX-License-Identifier: MIT
// Sends one reading of a sensor to json_server, as a line of JSON, and prints the answer.
//
//     json_server                         then, in another terminal:
//     json_client

#include "common/arguments.hpp"
#include "common/printable.hpp"
#include "common/run.hpp"
#include "common/sensor_data.hpp"
#include <edo/edo.hpp>
#include <edo/net/json/text.hpp>
#include <edo/runtime/codec/framed.hpp>
#include <edo/runtime/codec/lines_codec.hpp>

#include <chrono>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>

namespace {

using edo::Result;
using edo::Task;
using edo::net::TcpStream;
using namespace std::chrono_literals;

constexpr const char* kUsage =
    R"(usage: json_client [--host HOST] [--port PORT] [--device ID]

Sends a reading of a sensor as a line of JSON, and prints the answer.

    --host HOST      the server (default 127.0.0.1)
    --port PORT      its port (default 1234)
    --device ID      the name of the sensor (default ESP32-001)

The exit code is 0 if the server has taken the reading, 1 if it has refused it, or has not answered.
)";

constexpr auto kPatience = 30s;

// How the answers of a server begin.
constexpr std::string_view kTaken = "ACK: ";
constexpr std::string_view kRefused = "ERROR: ";

struct Options {
    std::string host = "127.0.0.1";
    std::uint16_t port = 1234;
    std::string device = "ESP32-001";
};

example::SensorData reading(const Options& options) {
    example::SensorData data;
    data.device_id = options.device;
    data.temperature_c = 21.5F;
    data.humidity_percent = 60.2F;
    data.timestamp = 1678886400;
    return data;
}

/// Sends a line and waits for another one.
Task<Result<std::string>> ask(TcpStream stream, std::string question) {
    edo::codec::Framed lines(std::move(stream), edo::codec::LinesCodec());
    co_await edo::propagate(co_await lines.send(std::move(question)));
    auto answer = co_await lines.next();
    if (!answer) {
        co_return edo::failure(edo::Errc::UnexpectedEof);
    }
    co_return std::move(*answer);
}

Task<int> talk(Options options) {
    const std::string server = example::endpoint(options.host, options.port);
    auto stream = co_await TcpStream::connect(server);
    if (!stream) {
        example::complain(stream.error().message());
        co_return 1;
    }
    std::cout << "Connected to JSON server." << std::endl;

    const std::string text = edo::json::to_text(reading(options));
    std::cout << "Sending JSON: " << text << std::endl;
    auto answered = co_await edo::timeout(kPatience, ask(std::move(*stream), text));
    const Result<std::string> answer =
        answered ? std::move(*answered) : Result<std::string>(edo::failure(answered.error()));
    if (!answer) {
        example::complain("no answer from " + server + ": " + answer.error().message());
        co_return 1;
    }
    std::cout << "Server response: " << example::printable(*answer) << std::endl;
    if (answer->starts_with(kRefused)) {
        example::complain(server + " has refused the reading");
        co_return 1;
    }
    if (!answer->starts_with(kTaken)) {
        example::complain("the answer of " + server + " is none of a JSON server");
        co_return 1;
    }
    co_return 0;
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    example::parse_arguments(
        argc, argv, kUsage,
        {{"--host", &options.host}, {"--port", &options.port}, {"--device", &options.device}});

    return example::run(talk(options));
}
