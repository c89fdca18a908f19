// SPDX-License-Identifier: MIT
// Talks to a Redis server through hiredis, a C library that knows nothing of edo. It has calls that
// do not block; `AsyncFd` waits in between.
//
//     async_fd_hiredis --port 6379        then type commands: SET key value, GET key, INCR n ...
//
// Built only where hiredis is installed.

#include "common/arguments.hpp"
#include "common/printable.hpp"
#include "common/run.hpp"
#include <edo/edo.hpp>
#include <edo/net/async_fd.hpp>

#include <csignal>
#include <cstdint>
#include <hiredis/hiredis.h>
#include <iostream>
#include <memory>
#include <span>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace {

using edo::Result;
using edo::Task;

constexpr const char* kUsage =
    R"(usage: async_fd_hiredis [--host HOST] [--port PORT]

Sends the lines of standard input as commands to a Redis server, and prints its answers.

    --host HOST          the server's numeric address (default 127.0.0.1)
    --port PORT          the server's port (default 6379)
)";

struct Options {
    std::string host = "127.0.0.1";
    std::uint16_t port = 6379;
};

struct Free {
    void operator()(redisContext* context) const noexcept { redisFree(context); }
    void operator()(redisReply* reply) const noexcept { freeReplyObject(reply); }
};
using Reply = std::unique_ptr<redisReply, Free>;

/// What hiredis knows of a connection. It owns the descriptor: `AsyncFd` asks for it, and destroys
/// this object when its own registration is gone.
class Context {
public:
    Context(const std::string& host, std::uint16_t port)
        : context_(redisConnectNonBlock(host.c_str(), port)) {}

    [[nodiscard]] redisContext* get() const noexcept { return context_.get(); }
    [[nodiscard]] int descriptor() const noexcept { return context_ ? context_->fd : -1; }

private:
    std::unique_ptr<redisContext, Free> context_;
};

class Redis {
public:
    explicit Redis(edo::net::AsyncFd<Context> connection) : connection_(std::move(connection)) {}

    /// Sends one command and waits for the answer. Null is the error that `error()` describes.
    Task<Reply> command(std::vector<std::string> words) {
        std::vector<const char*> texts;
        std::vector<std::size_t> sizes;
        for (const std::string& word : words) {
            texts.push_back(word.data());
            sizes.push_back(word.size());
        }
        redisAppendCommandArgv(context(), int(words.size()), texts.data(), sizes.data());
        int all_written = 0;
        while (all_written == 0) {
            // hiredis does not tell whether a call would have blocked. So the readiness is never
            // cleared by hand: a wait asks the system anew.
            const auto writable = co_await connection_.writable();
            if (!writable || redisBufferWrite(context(), &all_written) != REDIS_OK) {
                co_return nullptr;
            }
        }
        for (;;) {
            void* reply = nullptr;
            if (redisGetReplyFromReader(context(), &reply) != REDIS_OK) {
                co_return nullptr;
            }
            if (reply != nullptr) {
                co_return Reply(static_cast<redisReply*>(reply));
            }
            const auto readable = co_await connection_.readable();
            if (!readable || redisBufferRead(context()) != REDIS_OK) {
                co_return nullptr;
            }
        }
    }

    [[nodiscard]] std::string error() const {
        return context()->err != 0 ? context()->errstr : "the connection cannot be waited for";
    }

private:
    [[nodiscard]] redisContext* context() const noexcept { return connection_.inner().get(); }

    edo::net::AsyncFd<Context> connection_;
};

std::string describe(const redisReply& reply) {
    const std::string text =
        reply.str == nullptr ? std::string()
                             : example::printable(std::as_bytes(std::span(reply.str, reply.len)));
    switch (reply.type) {
        case REDIS_REPLY_INTEGER:
            return "(integer) " + std::to_string(reply.integer);
        case REDIS_REPLY_NIL:
            return "(nil)";
        case REDIS_REPLY_ERROR:
            return "(error) " + text;
        case REDIS_REPLY_ARRAY: {
            std::string all;
            for (std::size_t i = 0; i < reply.elements; ++i) {
                all += (i == 0 ? "" : " ") + describe(*reply.element[i]);
            }
            return '[' + all + ']';
        }
        default:
            return text;
    }
}

std::vector<std::string> split(const std::string& line) {
    std::istringstream input(line);
    std::vector<std::string> words;
    for (std::string word; input >> word;) {
        words.push_back(std::move(word));
    }
    return words;
}

Task<int> talk(Options options) {
    const std::string server = example::endpoint(options.host, options.port);
    Context context(options.host, options.port);
    if (context.get() == nullptr || context.get()->err != 0) {
        example::complain("cannot connect to " + server);
        co_return 1;
    }
    auto connection = edo::net::AsyncFd<Context>::create(std::move(context));
    if (!connection) {
        example::complain(connection.error().message());
        co_return 1;
    }
    Redis redis(std::move(*connection));
    edo::io::BufReader input(edo::io::stdin());
    auto lines = input.lines();
    for (;;) {
        const auto line = co_await lines.next_line();
        if (!line || !*line) {
            co_return line ? 0 : 1;
        }
        std::vector<std::string> words = split(**line);
        if (words.empty()) {
            continue;
        }
        const Reply reply = co_await redis.command(std::move(words));
        if (reply == nullptr) {
            example::complain("no answer from " + server + ": " + redis.error());
            co_return 1;
        }
        std::cout << describe(*reply) << std::endl;
    }
}

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);  // hiredis writes in a way that raises it
    Options options;
    example::parse_arguments(argc, argv, kUsage,
                             {{"--host", &options.host}, {"--port", &options.port}});
    return example::run(talk(options));
}
