// SPDX-License-Identifier: MIT
// Servers that do not care what they listen on.
#include "net_test.hpp"
#include "support/temporary_directory.hpp"
#include <edo/net/listener.hpp>
#include <edo/net/unix_listener.hpp>
#include <edo/runtime/stream/limit.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>

using namespace edo;
using namespace edo::test;

BOOST_AUTO_TEST_SUITE(listeners)

static_assert(net::Listener<net::TcpListener>);
static_assert(net::Listener<net::UnixListener>);
static_assert(!net::Listener<net::UnixStream>);

namespace {

template <net::Listener L>
Task<std::string> serve_one(L& listener) {
    auto [stream, from] = must(co_await listener.accept());
    co_return co_await read_to_end(stream);
}

template <class Stream>
Task<int> send(Task<net::AddressResult<Stream>> connecting) {
    Stream stream = must(co_await std::move(connecting));
    must(co_await stream.write_all("hello"));
    co_return 0;
}

}  // namespace

BOOST_AUTO_TEST_CASE(one_server_serves_any_listener) {
    on_every_runtime([]() -> Task<void> {
        Listening tcp = co_await listen_on_loopback();
        BOOST_TEST(tcp.listener.descriptor() > 2);
        auto [over_tcp, sent] =
            co_await join(serve_one(tcp.listener), send(net::TcpStream::connect(tcp.address)));
        BOOST_TEST(over_tcp == "hello");
        const TemporaryDirectory directory;
        auto unix = must(net::UnixListener::bind(directory.file("socket")));
        BOOST_TEST(unix.descriptor() > 2);
        auto [over_unix, sent_too] = co_await join(
            serve_one(unix), send(net::UnixStream::connect(directory.file("socket"))));
        BOOST_TEST(over_unix == "hello");
        BOOST_TEST(sent + sent_too == 0);
    });
}

BOOST_AUTO_TEST_CASE(connections_are_a_stream) {
    on_every_runtime([]() -> Task<void> {
        Listening listening = co_await listen_on_loopback();
        const auto receive_two = [](net::TcpListener& listener) -> Task<std::string> {
            auto connections = net::incoming(listener) | stream::take(2);
            std::string all;
            while (auto connection = co_await connections.next()) {
                all += co_await read_to_end(connection->value());
            }
            co_return all;
        };
        auto [got, one, two] = co_await join(receive_two(listening.listener),
                                             send(net::TcpStream::connect(listening.address)),
                                             send(net::TcpStream::connect(listening.address)));
        BOOST_TEST(got == "hellohello");
        BOOST_TEST(one + two == 0);
    });
}

namespace {

/// A listener of one's own, which does not work for long.
class Broken {
public:
    using Stream = net::TcpStream;
    using Address = int;

    Broken() = default;
    Task<Result<std::pair<net::TcpStream, int>>> accept() {
        ++accepts;
        co_return failure(std::errc::bad_file_descriptor);
    }
    [[nodiscard]] Result<int> local_addr() const { return 1; }
    int accepts = 0;
};
static_assert(net::Listener<Broken>);

}  // namespace

BOOST_AUTO_TEST_CASE(an_error_of_the_listener_ends_the_stream) {
    on_every_runtime([]() -> Task<void> {
        Broken broken;
        auto connections = net::incoming(broken);
        const auto error = co_await connections.next();
        BOOST_TEST((error->error() == std::errc::bad_file_descriptor));
        const auto end = co_await connections.next();
        BOOST_TEST(!end.has_value());
        BOOST_TEST(broken.accepts == 1);
        BOOST_TEST(&connections.inner() == &broken);
    });
}

BOOST_AUTO_TEST_SUITE_END()
