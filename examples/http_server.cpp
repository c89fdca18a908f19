// SPDX-License-Identifier: MIT
// An HTTP server that is put together of filters: one looks at the path, one at the method, one at
// the body, and what they extract is handed to a plain function.
//
//     http_server                         then, in another terminal:
//     curl -i --json '{"number": 5, "boolean": true}' http://127.0.0.1:3030/data
//
//     scripts/make_certificate /tmp/keys
//     http_server --cert /tmp/keys/cert.pem --key /tmp/keys/key.pem --files docs
//     curl --cacert /tmp/keys/ca.pem https://localhost:3030/files/http.md
//
// With a certificate it speaks HTTPS; either way HTTP/1.1 and HTTP/2, as the client likes. SIGHUP
// makes it read the certificate again.
//
// Whatever does not fit is answered by the filter that finds it out: 404 another path, 405 another
// method, 415 a body that is no JSON by its own account, 413 one that is too long, 400 one that is
// no `Data`.

#include "common/arguments.hpp"
#include "common/certificate.hpp"
#include "common/run.hpp"
#include <edo/edo.hpp>
#include <edo/net/http/filter.hpp>
#include <edo/net/http/server/server.hpp>

#include <boost/describe/class.hpp>

#include <cstdint>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace {

using namespace edo::http::filter;

constexpr const char* kUsage =
    R"(usage: http_server [--host HOST] [--port PORT] [--files DIRECTORY] [--cert FILE --key FILE]

Answers a POST of {"number": N, "boolean": B} to /data.

    --host HOST          the address to listen on (default 127.0.0.1)
    --port PORT          the port to listen on; 0 takes a free one (default 3030)
    --files DIRECTORY    also answers GET of /files/... with the files of this directory
    --cert FILE          speaks HTTPS with this certificate (PEM, with those that lead to its
                         issuer); read again at SIGHUP
    --key FILE           the key of the certificate
)";

struct Options {
    std::string host = "127.0.0.1";
    std::uint16_t port = 3030;
    std::string files;
    example::Certificate certificate;
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

std::shared_ptr<edo::http::Service> make_service(const Options& options) {
    if (options.files.empty()) {
        return service(routes());
    }
    return service(routes() or (path("files") & fs::dir(options.files)));
}

edo::Task<edo::Result<void>> serve_https(edo::http::Server server, Options options,
                                         edo::tls::ServerConfig config) {
    const edo::tls::TlsAcceptor acceptor(config);
    edo::spawn(example::reload_on_hangup(acceptor, options.certificate)).detach();
    co_return co_await server.serve(make_service(options), acceptor);
}

edo::Task<int> serve(Options options) {
    std::optional<edo::tls::ServerConfig> config;
    if (options.certificate.is_given()) {
        config = options.certificate.read();
        if (!config) {
            co_return 1;
        }
    }
    std::error_code ignored;
    if (!options.files.empty() && !std::filesystem::is_directory(options.files, ignored)) {
        example::complain("--files takes a directory, which '" + options.files + "' is not");
        co_return 1;
    }
    auto server = co_await edo::http::Server::bind(example::endpoint(options.host, options.port));
    if (!server) {
        example::complain(server.error().message());
        co_return 1;
    }
    std::cout << (config ? "HTTPS" : "HTTP") << " Server listening on "
              << server->local_addr().value() << std::endl;

    edo::Result<void> served;
    if (config) {
        served = co_await serve_https(std::move(*server), options, std::move(*config));
    } else {
        served = co_await server->serve(make_service(options));
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
                              {"--files", &options.files},
                              {"--cert", &options.certificate.cert_file},
                              {"--key", &options.certificate.key_file}});
    options.certificate.check_options();

    return example::run(serve(options));
}
