// SPDX-License-Identifier: MIT
// The twin of hyper_http: a greeting, and an echo of JSON, see ../peers/README.md.

#include "server.hpp"
#include <edo/edo.hpp>
#include <edo/net/http/h2/serve_connection.hpp>
#include <edo/net/http/server/driver.hpp>
#include <edo/net/http/server/server.hpp>
#include <edo/net/json/text.hpp>
#include <edo/net/tls/acceptor.hpp>
#include <edo/net/tls/tls_stream.hpp>

#include <cstdint>
#include <memory>
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
namespace net = edo::net;
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

class Http2Starter final : public http::ConnectionStarter {
public:
    Task<void> start(net::TcpStream stream, http::Serving serving) override {
        return http::h2::serve_connection(std::move(stream), std::move(serving));
    }
};

class TlsStarter final : public http::ConnectionStarter {
public:
    explicit TlsStarter(const tls::ServerConfig& config) : acceptor_(config) {}

    Task<void> start(net::TcpStream stream, http::Serving serving) override {
        auto encrypted = co_await acceptor_.accept(std::move(stream));
        if (encrypted) {
            co_await http::serve_connection(std::move(*encrypted), std::move(serving));
        }
    }

private:
    tls::TlsAcceptor acceptor_;
};

std::shared_ptr<http::ConnectionStarter> make_starter(const bench::Options& options) {
    if (options.names.at(0) == "http2") {
        return std::make_shared<Http2Starter>();
    }
    if (options.names.at(0) != "tls" || options.names.size() != 3) {
        throw edo::UsageError("http2, or tls CERTIFICATE KEY");
    }
    auto config = tls::ServerConfig::from_files(std::string(options.names[1]),
                                                std::string(options.names[2]));
    if (!config) {
        throw edo::UsageError(config.error().message());
    }
    return std::make_shared<TlsStarter>(*config);
}

Task<Result<void>> serve(bench::Options options) {
    const std::string address = "127.0.0.1:" + std::to_string(options.port);
    http::Server server = co_await edo::propagate(co_await http::Server::bind(address));
    const auto local = co_await edo::propagate(server.local_addr());
    const auto service = http::make_service(answer);
    const auto starter = options.names.empty() ? nullptr : make_starter(options);
    bench::announce(local.port());
    if (starter == nullptr) {
        co_return co_await server.serve(service);
    }
    co_return co_await server.serve(service, starter);
}

}  // namespace

int main(int argc, char** argv) {
    return bench::server_main(argc, argv,
                              "[http2 | tls CERTIFICATE KEY] [--port P] "
                              "[--flavor current_thread|multi] [--workers N]",
                              serve, true);
}
