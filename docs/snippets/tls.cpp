// SPDX-License-Identifier: MIT
// The examples in the documentation of TLS.
#include <edo/edo.hpp>
#include <edo/net/tls/acceptor.hpp>
#include <edo/net/tls/connector.hpp>

#include <array>
#include <csignal>
#include <iostream>
#include <span>
#include <string>
#include <utility>

namespace snippets {

using edo::Result;
using edo::Task;
using edo::net::TcpListener;
using edo::net::TcpStream;
using edo::tls::ClientConfig;
using edo::tls::ServerConfig;
using edo::tls::TlsAcceptor;
using edo::tls::TlsConnector;
using edo::tls::TlsStream;

//! [echo]
Task<Result<void>> echo(TlsStream<TcpStream> stream) {
    std::array<std::byte, 4096> buffer;
    for (;;) {
        const std::size_t count = co_await edo::propagate(co_await stream.read(buffer));
        if (count == 0) {  // the peer has said that it is done
            co_return co_await stream.shutdown();
        }
        const auto text = std::span<const std::byte>(buffer).first(count);
        co_await edo::propagate(co_await edo::io::write_all(stream, text));
    }
}
//! [echo]

//! [server]
Task<Result<void>> serve(TlsAcceptor acceptor, TcpStream connection) {
    auto stream = co_await edo::propagate(co_await acceptor.accept(std::move(connection)));
    co_return co_await echo(std::move(stream));
}

Task<int> run_server() {
    auto config = ServerConfig::from_files("cert.pem", "key.pem");
    if (!config) {
        // For example: cannot read cert.pem: No such file or directory
        std::cerr << config.error().message() << '\n';
        co_return 1;
    }
    const TlsAcceptor acceptor(*config);
    auto listener = (co_await TcpListener::bind("127.0.0.1:8443")).value();
    for (;;) {
        auto accepted = co_await listener.accept();
        if (accepted) {
            edo::spawn(serve(acceptor, std::move(accepted->first))).detach();
        }
    }
}
//! [server]

//! [client]
Task<Result<std::string>> fetch(const TlsConnector& connector, std::string host) {
    auto connection = co_await edo::propagate(co_await TcpStream::connect(host + ":443"));
    auto stream = co_await edo::propagate(co_await connector.connect(host, std::move(connection)));
    co_await edo::propagate(
        co_await edo::io::write_all(stream, "GET / HTTP/1.0\r\nHost: " + host + "\r\n\r\n"));
    co_return co_await edo::io::read_to_string(stream);  // an error if it was cut off
}

Task<void> run_client() {
    ClientConfig config;  // trusts the authorities of the system
    if (const auto added = config.add_trusted("company_ca.pem"); !added) {
        std::cerr << added.error().message() << '\n';
        co_return;
    }
    const TlsConnector connector(config);
    const auto page = co_await fetch(connector, "intranet.example");
    // For example: the peer's certificate has expired
    std::cout << (page ? *page : page.error().message()) << '\n';
}
//! [client]

//! [reload]
/// Takes a renewed certificate at every SIGHUP, while the server runs.
Task<void> reload_on_hangup(TlsAcceptor acceptor) {
    auto hangup = edo::signal::Signal::create(SIGHUP).value();
    for (;;) {
        co_await hangup.recv();
        auto config = ServerConfig::from_files("cert.pem", "key.pem");
        if (config) {
            acceptor.reload(*config);
        } else {
            std::cerr << config.error().message() << '\n';  // the old one stays
        }
    }
}
//! [reload]

}  // namespace snippets
