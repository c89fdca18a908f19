// SPDX-License-Identifier: MIT
// An HTTP server that is put together of filters: one looks at the path, one at the method, one at
// the body, and what they extract is handed to a plain function.
//
//     http_server                         then, in another terminal:
//     curl -i --json '{"number": 5, "boolean": true}' http://127.0.0.1:8080/data
//
// Whatever does not fit is answered by the filter that finds it out: 404 another path, 405 another
// method, 415 a body that is no JSON by its own account, 413 one that is too long, 400 one that is
// no `Data`.

#include "common/arguments.hpp"
#include "common/run.hpp"
#include <edo/edo.hpp>
#include <edo/net/http/filter.hpp>
#include <edo/net/http/server/server.hpp>

#include <boost/describe/class.hpp>

#include <cstdint>
#include <iostream>
#include <string>

namespace {

using namespace edo::http::filter;

constexpr const char* kUsage =
    R"(usage: http_server [--host HOST] [--port PORT]

Answers a POST of {"number": N, "boolean": B} to /data.

    --host HOST      the address to listen on (default 127.0.0.1)
    --port PORT      the port to listen on; 0 takes a free one (default 8080)
)";

struct Options {
    std::string host = "127.0.0.1";
    std::uint16_t port = 8080;
};

struct Data {
    std::uint32_t number;
    bool boolean;
};
BOOST_DESCRIBE_STRUCT(Data, (), (number, boolean))

std::string received(Data data) {
    return "Received: Data { number: " + std::to_string(data.number) +
           ", boolean: " + (data.boolean ? "true" : "false") + " }";
}

constexpr std::uint64_t kLongestBody = 16 * 1024;

auto routes() {
    const auto data_in_body = body::content_length_limit(kLongestBody) & body::json<Data>();

    return (path("data" / end()) & post() & data_in_body) | map(received);
}

edo::Task<int> serve(Options options) {
    auto server = co_await edo::http::Server::bind(example::endpoint(options.host, options.port));
    if (!server) {
        example::complain(server.error().message());
        co_return 1;
    }
    std::cout << "HTTP Server listening on " << server->local_addr().value() << std::endl;

    const auto served = co_await server->serve(service(routes()));
    if (!served) {
        example::complain(served.error().message());
        co_return 1;
    }
    co_return 0;
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    example::parse_arguments(argc, argv, kUsage,
                             {{"--host", &options.host}, {"--port", &options.port}});

    return example::run(serve(options));
}
