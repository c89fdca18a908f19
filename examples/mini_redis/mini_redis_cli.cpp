// SPDX-License-Identifier: MIT
// A client for mini_redis_server, and for Redis itself.
//
//     mini_redis_cli SET greeting "hello world"
//     mini_redis_cli GET greeting
//     mini_redis_cli SUBSCRIBE news       prints what is published, until Ctrl-C
//     mini_redis_cli                      takes one command a line from standard input

#include "client_codec.hpp"
#include "common/arguments.hpp"
#include "common/run.hpp"
#include "show.hpp"
#include "words.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/codec/framed.hpp>

#include <algorithm>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <strings.h>
#include <system_error>
#include <utility>

namespace {

using edo::Result;
using edo::Task;
using edo::net::TcpStream;
using mini_redis::ClientCodec;
using mini_redis::Reply;
using mini_redis::Words;

constexpr const char* kUsage =
    R"(usage: mini_redis_cli [--host HOST] [--port PORT] [COMMAND [ARGUMENT...]]

Sends a command to a server that speaks the protocol of Redis (RESP2), and prints its reply. Without
a command, takes one a line from standard input; words with blanks go into "quotes". After
SUBSCRIBE, prints what is published until Ctrl-C.

    --host HOST      where the server is (default 127.0.0.1)
    --port PORT      its port (default 6379)

Ends with 1 if the last reply was an error.
)";

struct Options {
    Options() = default;

    std::string host = "127.0.0.1";
    std::uint16_t port = 6379;
    Words command;
};

class Client {
public:
    explicit Client(TcpStream stream) : framed_(std::move(stream), ClientCodec()) {}

    /// Sends a command and prints the reply; all that come, if it subscribes.
    Task<Result<void>> run(Words command) {
        const bool subscribes = strcasecmp(command.at(0).c_str(), "SUBSCRIBE") == 0;
        co_await edo::propagate(co_await framed_.send(std::move(command)));
        do {
            auto reply = co_await framed_.next();
            if (!reply) {
                co_return edo::failure(make_error_code(edo::Errc::UnexpectedEof));
            }
            const Reply received = co_await edo::propagate(std::move(*reply));
            was_error_ = received.kind == Reply::Kind::Error;
            std::cout << show(received) << std::flush;
        } while (subscribes && !was_error_);
        co_return Result<void>();
    }

    /// Takes commands from standard input, one a line.
    Task<Result<void>> run_lines() {
        edo::io::BufReader reader(edo::io::stdin());
        auto lines = reader.lines();
        for (;;) {
            const std::optional<std::string> line =
                co_await edo::propagate(co_await lines.next_line());
            if (!line) {
                co_return Result<void>();
            }
            std::optional<Words> words = mini_redis::split_words(*line);
            if (!words) {
                example::complain("the quotes are not balanced");
            } else if (!words->empty()) {
                co_await edo::propagate(co_await run(std::move(*words)));
            }
        }
    }

    [[nodiscard]] bool was_error() const { return was_error_; }

private:
    edo::codec::Framed<TcpStream, ClientCodec> framed_;
    bool was_error_ = false;
};

std::string explain(const std::error_code& error) {
    if (error == edo::Errc::UnexpectedEof) {
        return "the server has closed the connection";
    }
    if (error == edo::Errc::InvalidData) {
        return "the server sends what is not RESP2";
    }
    return error.message();
}

Task<int> talk(Options options) {
    auto stream = co_await TcpStream::connect(example::endpoint(options.host, options.port));
    if (!stream) {
        example::complain(stream.error().message());
        co_return 1;
    }
    stream->set_nodelay(true);
    Client client(std::move(*stream));
    Result<void> done;
    if (options.command.empty()) {
        done = co_await client.run_lines();
    } else {
        done = co_await client.run(std::move(options.command));
    }
    if (!done) {
        example::complain(explain(done.error()));
        co_return 1;
    }
    co_return client.was_error() ? 1 : 0;
}

/// How many of the words of the command line are the program's name and its options.
int count_options(int argc, char** argv) {
    int i = 1;
    while (i < argc && std::string_view(argv[i]).starts_with('-')) {
        const std::string_view word = argv[i];
        const bool takes_value = word == "--host" || word == "--port";
        i += takes_value ? 2 : 1;
    }
    return std::min(i, argc);
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    const int own = count_options(argc, argv);
    example::parse_arguments(own, argv, kUsage,
                             {{"--host", &options.host}, {"--port", &options.port}});
    options.command.assign(argv + own, argv + argc);

    return example::run(talk(std::move(options)), 1);
}
