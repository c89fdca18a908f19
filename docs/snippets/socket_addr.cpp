// SPDX-License-Identifier: MIT
// The examples in the documentation of SocketAddr and lookup_host.
#include <edo/edo.hpp>

#include <iostream>
#include <string>

namespace {

//! [parse]
void addresses() {
    using edo::net::IpAddr;
    using edo::net::SocketAddr;

    const SocketAddr made(IpAddr::v4(127, 0, 0, 1), 8080);
    const auto parsed = SocketAddr::parse("127.0.0.1:8080");
    if (parsed && *parsed == made) {
        std::cout << parsed->ip() << " and port " << parsed->port() << '\n';
    }
    const auto wrong = SocketAddr::parse("localhost:8080");  // a name: see lookup_host
    std::cout << wrong.error().message() << '\n';            // Invalid argument
}
//! [parse]

//! [lookup_host]
edo::Task<void> print_addresses(std::string host) {
    const auto found = co_await edo::net::lookup_host(host);
    if (!found) {
        // For example: cannot look up example.invalid:80: Host not found (authoritative)
        std::cerr << found.error().message() << '\n';
        co_return;
    }
    for (const edo::net::SocketAddr& address : *found) {
        std::cout << address << '\n';
    }
}
//! [lookup_host]

}  // namespace

int main() {
    addresses();
    edo::run(print_addresses("localhost:80"));
}
