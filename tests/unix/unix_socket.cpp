// SPDX-License-Identifier: MIT
#include "net/net_test.hpp"
#include "support/temporary_directory.hpp"
#include <edo/net/unix_socket.hpp>

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <string>
#include <utility>

using namespace edo;
using namespace edo::test;
using net::UnixAddr;
using net::UnixListener;
using net::UnixSocket;
using net::UnixStream;

BOOST_AUTO_TEST_SUITE(unix_socket)

BOOST_AUTO_TEST_CASE(a_client_connects_from_the_address_it_was_given) {
    on_every_runtime([]() -> Task<void> {
        const TemporaryDirectory directory;
        UnixSocket server = must(UnixSocket::new_stream());
        BOOST_TEST((::fcntl(server.descriptor(), F_GETFD) & FD_CLOEXEC) != 0);
        BOOST_TEST(must(server.local_addr()).is_unnamed());
        must(server.bind(directory.file("server")));
        BOOST_TEST((must(server.local_addr()).path() == directory.file("server")));
        UnixListener listener = must(std::move(server).listen(5));
        BOOST_CHECK_THROW(static_cast<void>(server.local_addr()), UsageError);
        BOOST_CHECK_THROW(static_cast<void>(std::move(server).listen()), UsageError);

        UnixSocket client = must(UnixSocket::new_stream());
        must(client.bind(directory.file("client")));
        auto [connected, accepted] =
            co_await join(std::move(client).connect(directory.file("server")), listener.accept());
        UnixStream near = must(std::move(connected));
        auto [far, from] = must(std::move(accepted));
        BOOST_TEST((from.path() == directory.file("client")));
        must(co_await near.write_all("hello"));
        const std::string got = co_await read_exactly(far, 5);
        BOOST_TEST(got == "hello");
    });
}

BOOST_AUTO_TEST_CASE(a_datagram_socket_gets_its_address_before_it_is_one) {
    on_every_runtime([]() -> Task<void> {
        const TemporaryDirectory directory;
        UnixSocket socket = must(UnixSocket::new_datagram());
        must(socket.bind(directory.file("here")));
        const net::UnixDatagram receiver = std::move(socket).datagram();
        const net::UnixDatagram sender = must(UnixSocket::new_datagram()).datagram();
        must(co_await sender.send_to("to here", directory.file("here")));
        std::string buffer(100, '\0');
        const auto received = must(co_await receiver.recv_from(room(buffer)));
        BOOST_TEST(buffer.substr(0, received.size) == "to here");
        BOOST_TEST(received.from.is_unnamed());
    });
}

BOOST_AUTO_TEST_CASE(errors_say_what_they_are_about) {
    on_every_runtime([]() -> Task<void> {
        const TemporaryDirectory directory;
        const std::string path = directory.file("socket");
        UnixSocket first = must(UnixSocket::new_stream());
        must(first.bind(path));
        UnixSocket second = must(UnixSocket::new_stream());
        const auto taken = second.bind(path);
        BOOST_TEST((taken.error() == std::errc::address_in_use));
        BOOST_TEST(taken.error().message().find("cannot bind " + path) == 0u);
        const auto too_long = second.bind(std::string(200, 'x'));
        BOOST_TEST((too_long.error() == std::errc::filename_too_long));
        const auto refused = co_await std::move(second).connect(path);  // it does not listen
        BOOST_TEST((refused.error() == std::errc::connection_refused));
        const auto nowhere = co_await must(UnixSocket::new_stream()).connect(std::string(200, 'x'));
        BOOST_TEST((nowhere.error() == std::errc::filename_too_long));
        const auto unbound = must(UnixSocket::new_stream()).listen();
        BOOST_TEST((unbound.error() == std::errc::invalid_argument));
    });
}

BOOST_AUTO_TEST_CASE(a_socket_of_the_wrong_type_is_a_misuse_and_stays_as_it_is) {
    const LeakGuard guard;
    UnixSocket datagram = must(UnixSocket::new_datagram());
    BOOST_CHECK_THROW(static_cast<void>(std::move(datagram).listen()), UsageError);
    BOOST_CHECK_THROW(static_cast<void>(std::move(datagram).connect("/x")), UsageError);
    BOOST_TEST(std::move(datagram).datagram().descriptor() > 2);
    UnixSocket stream = must(UnixSocket::new_stream());
    BOOST_CHECK_THROW(static_cast<void>(std::move(stream).datagram()), UsageError);
    BOOST_TEST(stream.descriptor() > 2);
}

BOOST_AUTO_TEST_SUITE_END()
