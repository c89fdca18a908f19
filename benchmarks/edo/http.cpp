// SPDX-License-Identifier: MIT
// The twin of hyper_http: a greeting, and an echo of JSON, with TLS or without. See
// ../peers/README.md.

#include "server.hpp"
#include <edo/edo.hpp>
#include <edo/net/http/server/server.hpp>
#include <edo/net/json/text.hpp>
#include <edo/net/tls/acceptor.hpp>

#include <cstdint>
#include <string>

namespace bench {

struct Data {
    std::uint32_t number;
    bool boolean;
};
BOOST_DESCRIBE_STRUCT(Data, (), (number, boolean))

}  // namespace bench

namespace {

using edo::Result;
using edo::Task;
namespace http = edo::http;
namespace tls = edo::tls;

Task<http::Response> echo(http::Request request) {
    const Result<std::string> text = co_await request.body.collect();
    if (!text) {
        co_return http::Response(http::Status::BadRequest);
    }
    const auto data = edo::json::from_text<bench::Data>(*text);
    if (!data) {
        co_return http::Response(http::Status::BadRequest);
    }
    co_return http::Response::json_text(edo::json::to_text(*data));
}

Task<http::Response> greet() {
    co_return http::Response::text("Hello, World!");
}

Task<http::Response> answer(http::Request request) {
    return request.path() == "/json" ? echo(std::move(request)) : greet();
}

Task<Result<void>> serve(bench::Options options) {
    const std::string address = "127.0.0.1:" + std::to_string(options.port);
    http::Server server = co_await edo::propagate(co_await http::Server::bind(address));
    const auto local = co_await edo::propagate(server.local_addr());
    const auto service = http::make_service(answer);
    if (options.names.empty()) {
        bench::announce(local.port());
        co_return co_await server.serve(service);
    }
    if (options.names.size() != 2) {
        throw edo::UsageError("a certificate and its key, or neither");
    }
    const auto config =
        tls::ServerConfig::from_files(std::string(options.names[0]), std::string(options.names[1]));
    if (!config) {
        throw edo::UsageError(config.error().message());
    }
    bench::announce(local.port());
    co_return co_await server.serve(service, tls::TlsAcceptor(*config));
}

}  // namespace

int main(int argc, char** argv) {
    return bench::server_main(argc, argv,
                              "[CERTIFICATE KEY] [--port P] "
                              "[--flavor current_thread|multi] [--workers N]",
                              serve, true);
}
