// SPDX-License-Identifier: MIT
// The twin of hyper_http: a greeting over HTTP, see ../peers/README.md.

#include "server.hpp"
#include <edo/edo.hpp>
#include <edo/net/http/server/server.hpp>

#include <string>

namespace {

using edo::Result;
using edo::Task;
namespace http = edo::http;

Task<http::Response> answer(http::Request /*request*/) {
    co_return http::Response::text("Hello, World!");
}

Task<Result<void>> serve(bench::Options options) {
    const std::string address = "127.0.0.1:" + std::to_string(options.port);
    http::Server server = co_await edo::propagate(co_await http::Server::bind(address));
    const auto local = co_await edo::propagate(server.local_addr());
    bench::announce(local.port());
    co_return co_await server.serve(http::make_service(answer));
}

}  // namespace

int main(int argc, char** argv) {
    return bench::server_main(argc, argv,
                              "[--port P] [--flavor current_thread|multi] [--workers N]", serve);
}
