// SPDX-License-Identifier: MIT
#include <edo/net/ip_addr.hpp>
#include <edo/net/socket_addr.hpp>

#include <boost/test/unit_test.hpp>

#include <map>
#include <sstream>
#include <string>
#include <unordered_set>
#include <vector>

using edo::net::IpAddr;
using edo::net::SocketAddr;

BOOST_AUTO_TEST_SUITE(socket_addr)

BOOST_AUTO_TEST_CASE(texts_of_addresses_come_back_unchanged) {
    for (const char* const text : {"0.0.0.0:0", "127.0.0.1:80", "255.255.255.255:65535", "[::]:0",
                                   "[::1]:8080", "[2001:db8::1]:443", "[::ffff:1.2.3.4]:1"}) {
        BOOST_TEST_CONTEXT(text) {
            const auto address = SocketAddr::parse(text);
            BOOST_REQUIRE(address.has_value());
            BOOST_TEST(address->to_string() == text);
            std::ostringstream out;
            out << *address << ' ' << address->ip();
            BOOST_TEST(out.str() == text + (' ' + address->ip().to_string()));
        }
    }
}

BOOST_AUTO_TEST_CASE(parts_of_an_address_can_be_read_and_set) {
    SocketAddr address = SocketAddr::parse("192.0.2.7:1234").value();
    BOOST_TEST(address.is_v4());
    BOOST_TEST(!address.is_v6());
    BOOST_TEST(address.port() == 1234);
    BOOST_TEST((address.ip() == IpAddr::v4(192, 0, 2, 7)));
    BOOST_TEST(address.ip().bytes().size() == 4);
    BOOST_TEST(int(address.ip().bytes()[3]) == 7);
    address.set_port(1);
    address.set_ip(IpAddr::localhost_v6());
    BOOST_TEST(address.to_string() == "[::1]:1");
    BOOST_TEST(address.ip().bytes().size() == 16);
}

BOOST_AUTO_TEST_CASE(what_is_not_an_address_is_refused) {
    const std::vector<std::string> texts = {"",
                                            ":",
                                            "127.0.0.1",
                                            "127.0.0.1:",
                                            "127.0.0.1:x",
                                            ":80",
                                            "1.2.3:80",
                                            "1.2.3.4.5:80",
                                            "256.0.0.1:80",
                                            "127.0.0.1:65536",
                                            "::1:80",
                                            "[::1]",
                                            "[::1]80",
                                            "[::1:80",
                                            "::1]:80",
                                            "[1.2.3.4]:80",
                                            "localhost:80",
                                            " 127.0.0.1:80",
                                            "127.0.0.1:80 ",
                                            "127.0.0.1:-1",
                                            "127.0.0.1:+1",
                                            "[]:80",
                                            "[fe80::1%]:80",
                                            "[fe80::1%nosuch0]:80",
                                            "1.2.3.4%1:80",
                                            std::string("127.0.0.1\0x:80", 14)};
    for (const std::string& text : texts) {
        BOOST_TEST_CONTEXT(text) {
            const auto address = SocketAddr::parse(text);
            BOOST_REQUIRE(!address.has_value());
            BOOST_TEST((address.error() == std::errc::invalid_argument));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_scope_is_read_by_number_and_by_name) {
    const auto by_number = SocketAddr::parse("[fe80::1%7]:80");
    BOOST_REQUIRE(by_number.has_value());
    BOOST_TEST(by_number->ip().scope_id() == 7u);
    BOOST_TEST(by_number->to_string() == "[fe80::1%7]:80");
    const auto by_name = SocketAddr::parse("[fe80::1%lo]:80");
    BOOST_REQUIRE(by_name.has_value());
    BOOST_TEST(by_name->ip().scope_id() == 1u);
    BOOST_TEST((*by_name != *by_number));
}

BOOST_AUTO_TEST_CASE(addresses_know_what_they_are_for) {
    BOOST_TEST(IpAddr::parse("127.1.2.3").value().is_loopback());
    BOOST_TEST(IpAddr::localhost_v6().is_loopback());
    BOOST_TEST(!IpAddr::v4(126, 0, 0, 1).is_loopback());
    BOOST_TEST(IpAddr::unspecified_v4().is_unspecified());
    BOOST_TEST(IpAddr::unspecified_v6().is_unspecified());
    BOOST_TEST(!IpAddr::localhost_v4().is_unspecified());
    BOOST_TEST(IpAddr::v4(224, 0, 0, 1).is_multicast());
    BOOST_TEST(IpAddr::v4(239, 255, 255, 255).is_multicast());
    BOOST_TEST(!IpAddr::v4(240, 0, 0, 0).is_multicast());
    BOOST_TEST(IpAddr::parse("ff02::1").value().is_multicast());
    BOOST_TEST(!IpAddr::parse("fe80::1").value().is_multicast());
}

BOOST_AUTO_TEST_CASE(addresses_are_ordered_and_can_be_keys) {
    std::map<SocketAddr, int> ordered;
    std::unordered_set<SocketAddr> hashed;
    for (const char* const text :
         {"[::1]:1", "10.0.0.1:2", "10.0.0.1:1", "9.0.0.1:3", "[::]:9", "10.0.0.1:2"}) {
        ordered.emplace(SocketAddr::parse(text).value(), 0);
        hashed.insert(SocketAddr::parse(text).value());
    }
    std::string order;
    for (const auto& [address, unused] : ordered) {
        order += address.to_string() + ' ';
    }
    BOOST_TEST(order == "9.0.0.1:3 10.0.0.1:1 10.0.0.1:2 [::]:9 [::1]:1 ");
    BOOST_TEST(hashed.size() == 5u);
    BOOST_TEST(hashed.contains(SocketAddr::parse("[::]:9").value()));
    // The same bytes do not make an IPv4 address equal to an IPv6 one.
    BOOST_TEST((IpAddr::unspecified_v4() != IpAddr::unspecified_v6()));
}

BOOST_AUTO_TEST_SUITE_END()
