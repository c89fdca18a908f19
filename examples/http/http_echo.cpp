// SPDX-License-Identifier: MIT
// An HTTP server on edo::http alone, without filters: it greets, counts, and sends bodies back.
//
//     http_echo                                       then, in another terminal:
//     curl -v http://127.0.0.1:8080/hello
//     curl -v -T large_file http://127.0.0.1:8080/echo -o copy
//     curl http://127.0.0.1:8080/count
//
// Ctrl-C ends it.

#include "common/arguments.hpp"
#include "common/certificate.hpp"
#include "common/run.hpp"
#include <edo/edo.hpp>
#include <edo/net/http/server/server.hpp>

#include <chrono>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <syncstream>
#include <utility>

namespace {

using edo::Result;
using edo::Task;
namespace http = edo::http;

constexpr const char* kUsage =
    R"(usage: http_echo [--host HOST] [--port PORT] [--header-timeout MS] [--workers N]
                 [--cert FILE --key FILE]

Serves HTTP: /hello greets, /count streams numbers, /echo sends the body of the request back.

    --host HOST            the address to listen on (default 127.0.0.1)
    --port PORT            the port to listen on; 0 takes a free one (default 8080)
    --header-timeout MS    how long the head of a request may take (default 30000)
    --workers N            the number of worker threads (default: one a processor)
    --cert FILE            speaks HTTPS with this certificate
    --key FILE             the key of the certificate
)";

struct Options {
    std::string host = "127.0.0.1";
    std::uint16_t port = 8080;
    std::chrono::milliseconds header_timeout{30'000};
    unsigned workers = 0;
    example::Certificate certificate;
};

/// Numbers, one line each, a little time apart: a body that is made while it is sent.
class Numbers final : public http::BodySource {
public:
    Task<Result<std::optional<std::string>>> next() override {
        if (number_ == 5) {
            co_return std::optional<std::string>();
        }
        co_await edo::sleep(std::chrono::milliseconds(20));
        ++number_;
        co_return std::optional<std::string>(std::to_string(number_) + '\n');
    }

private:
    int number_ = 0;
};

Task<http::Response> answer(http::Request request) {
    if (request.path() == "/hello") {
        co_return http::Response::text("Hello!\n");
    }
    if (request.path() == "/count") {
        http::Response response;
        response.body = http::Body(std::make_unique<Numbers>());
        co_return response;
    }
    if (request.path() == "/echo") {
        http::Response response;
        response.body = std::move(request.body);  // passed on as it arrives, never held as a whole
        co_return response;
    }
    co_return http::Response::text("There is /hello, /count and /echo.\n")
        .with_status(http::Status::NotFound);
}

Task<int> serve(Options options) {
    std::optional<edo::tls::TlsAcceptor> acceptor;
    if (options.certificate.is_given()) {
        const auto config = options.certificate.read();
        if (!config) {
            co_return 1;
        }
        acceptor.emplace(*config);
    }
    http::ServerOptions server_options;
    server_options.header_timeout = options.header_timeout;
    server_options.body_limit = std::uint64_t{1} << 30;
    auto server =
        co_await http::Server::bind(example::endpoint(options.host, options.port), server_options);
    if (!server) {
        example::complain(server.error().message());
        co_return 1;
    }
    std::osyncstream(std::cout) << "HTTP server listening on " << server->local_addr().value()
                                << std::endl;
    Result<void> served;
    if (acceptor) {
        served = co_await server->serve(http::make_service(answer), *acceptor);
    } else {
        served = co_await server->serve(http::make_service(answer));
    }
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
                             {{"--host", &options.host},
                              {"--port", &options.port},
                              {"--header-timeout", &options.header_timeout},
                              {"--workers", &options.workers},
                              {"--cert", &options.certificate.cert_file},
                              {"--key", &options.certificate.key_file}});
    options.certificate.check_options();

    return example::run(serve(options), options.workers);
}
