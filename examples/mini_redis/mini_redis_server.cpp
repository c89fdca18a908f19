// SPDX-License-Identifier: MIT
// A server that clients of Redis can talk to; see README.md.
//
//     mini_redis_server                   then, in another terminal:
//     mini_redis_cli SET greeting hello   or any other client, such as redis-cli
//     mini_redis_cli GET greeting
//
// Ctrl-C ends it, when it has answered what has arrived.

#include "common/arguments.hpp"
#include "server.hpp"
#include <edo/runtime/runtime.hpp>

#include <exception>
#include <utility>

namespace {

constexpr const char* kUsage =
    R"(usage: mini_redis_server [--host HOST] [--port PORT] [--workers N] [--max-connections N]
                         [--shutdown-time MS]

Keeps keys and values in memory for clients that speak the protocol of Redis (RESP2).

    --host HOST            the address to listen on (default 127.0.0.1)
    --port PORT            the port to listen on; 0 takes a free one (default 6379)
    --workers N            the number of worker threads (default: one a processor)
    --max-connections N    serve at most that many clients at once; others wait (default 10000)
    --shutdown-time MS     when it is to end, wait at most that many milliseconds for the clients
                           to take their replies (default 10000)
)";

}  // namespace

int main(int argc, char** argv) {
    mini_redis::ServerOptions options;
    unsigned workers = 0;
    example::parse_arguments(argc, argv, kUsage,
                             {{"--host", &options.host},
                              {"--port", &options.port},
                              {"--workers", &workers},
                              {"--max-connections", &options.max_connections},
                              {"--shutdown-time", &options.shutdown_time}});
    if (options.max_connections == 0) {
        example::complain("--max-connections takes a number from 1 to 65535; see --help");
        return 2;
    }
    try {
        edo::Runtime runtime = edo::Builder::multi_thread(workers).build();
        return runtime.block_on(mini_redis::serve(std::move(options)));
    } catch (const std::exception& error) {
        example::complain(error.what());
        return 1;
    }
}
