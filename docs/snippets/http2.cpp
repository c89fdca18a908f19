// SPDX-License-Identifier: MIT
// The examples in the documentation of HTTP/2.
#include <edo/edo.hpp>
#include <edo/net/http/h2/serve_connection.hpp>
#include <edo/net/tls/acceptor.hpp>

#include <utility>

namespace snippets {

using edo::Task;
using edo::http::Request;
using edo::http::Response;
using edo::http::Serving;
using edo::net::TcpListener;
using edo::net::TcpStream;
using edo::tls::ServerConfig;
using edo::tls::TlsAcceptor;

//! [serve]
Task<Response> greet(Request request) {
    co_return Response::text("hello, this is " + request.target + '\n');
}

Task<void> serve(TlsAcceptor acceptor, Serving serving, TcpStream connection) {
    auto stream = co_await acceptor.accept(std::move(connection));
    if (stream && stream->alpn() == "h2") {
        co_await edo::http::h2::serve_connection(std::move(*stream), std::move(serving));
    }
}

Task<void> run_server(ServerConfig config, TcpListener listener) {
    config.set_alpn({"h2"});
    const TlsAcceptor acceptor(config);
    const Serving serving(edo::http::make_service(&greet));
    for (;;) {
        auto accepted = co_await listener.accept();
        if (accepted) {
            edo::spawn(serve(acceptor, serving, std::move(accepted->first))).detach();
        }
    }
}
//! [serve]

}  // namespace snippets
