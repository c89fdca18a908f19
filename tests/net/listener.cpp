// SPDX-License-Identifier: MIT
// Servers that do not care what they listen on.
#include "net_test.hpp"
#include "support/temporary_directory.hpp"
#include <edo/net/for_each_connection.hpp>
#include <edo/net/listener.hpp>
#include <edo/net/unix_listener.hpp>
#include <edo/runtime/stream/limit.hpp>

#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <string>
#include <system_error>
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

BOOST_AUTO_TEST_CASE(each_connection_is_handled_in_a_task_of_its_own) {
    on_every_runtime([]() -> Task<void> {
        Listening listening = co_await listen_on_loopback();
        const std::string greeting = "a greeting that is too long for the place in a string";
        const auto answer = [greeting](net::TcpStream stream, net::SocketAddr peer) -> Task<void> {
            const std::string name = co_await read_to_end(stream);
            if (name == "throw") {
                throw std::runtime_error("a handler that fails");
            }
            must(co_await stream.write_all(greeting + name + peer.to_string()));
        };
        const auto ask = [](net::SocketAddr address, std::string name) -> Task<std::string> {
            net::TcpStream stream = must(co_await net::TcpStream::connect(address));
            const std::string own = must(stream.local_addr()).to_string();
            must(co_await stream.write_all(name));
            must(co_await stream.shutdown());
            const std::string answered = co_await read_to_end(stream);
            co_return answered.ends_with(own) ? answered.substr(0, answered.size() - own.size())
                                              : answered;
        };
        const auto ask_all = [&](net::SocketAddr address) -> Task<void> {
            // The one that waits holds nobody up.
            const net::TcpStream silent = must(co_await net::TcpStream::connect(address));
            std::string answered = co_await ask(address, "Ada");
            BOOST_TEST(answered == greeting + "Ada");
            answered = co_await ask(address, "throw");
            BOOST_TEST(answered == "");
            answered = co_await ask(address, "Bob");
            BOOST_TEST(answered == greeting + "Bob");
        };
        auto first = co_await select(net::for_each_connection(listening.listener, answer),
                                     ask_all(listening.address));
        BOOST_TEST(first.is<1>());
    });
}

BOOST_AUTO_TEST_CASE(an_error_of_the_listener_ends_the_loop) {
    on_every_runtime([]() -> Task<void> {
        Broken broken;
        const auto never = [](net::TcpStream, int) -> Task<void> { co_return; };
        const std::error_code error = co_await net::for_each_connection(broken, never);
        BOOST_TEST((error == std::errc::bad_file_descriptor));
        BOOST_TEST(broken.accepts == 1);
    });
}

BOOST_AUTO_TEST_SUITE_END()
