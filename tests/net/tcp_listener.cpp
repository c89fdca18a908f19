// SPDX-License-Identifier: MIT
#include "fake_system.hpp"
#include "net_test.hpp"
#include "support/child_case.hpp"
#include <edo/net/tcp_listener.hpp>
#include <edo/net/tcp_socket.hpp>

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <map>
#include <memory>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace edo;
using namespace edo::test;
using net::SocketAddr;
using net::TcpListener;
using net::TcpStream;

BOOST_AUTO_TEST_SUITE(tcp_listener)

namespace {

/// The options of the descriptor that the listener has.
int socket_option(int descriptor, int option) {
    int value = -1;
    socklen_t size = sizeof value;
    ::getsockopt(descriptor, SOL_SOCKET, option, &value, &size);
    return value;
}

}  // namespace

BOOST_AUTO_TEST_CASE(port_zero_takes_a_free_port) {
    on_every_runtime([]() -> Task<void> {
        auto one = must(co_await TcpListener::bind("127.0.0.1:0"));
        auto other = must(co_await TcpListener::bind(SocketAddr(net::IpAddr::localhost_v4(), 0)));
        BOOST_TEST(must(one.local_addr()).port() != 0);
        BOOST_TEST(must(one.local_addr()).port() != must(other.local_addr()).port());
    });
}

BOOST_AUTO_TEST_CASE(the_socket_is_set_up_as_documented) {
    on_every_runtime([]() -> Task<void> {
        auto listener = must(co_await TcpListener::bind("127.0.0.1:0"));
        const int descriptor = std::move(listener).into_fd();
        BOOST_TEST(socket_option(descriptor, SO_REUSEADDR) == 1);
        BOOST_TEST(socket_option(descriptor, SO_REUSEPORT) == 0);
        BOOST_TEST(socket_option(descriptor, SO_ACCEPTCONN) == 1);
        BOOST_TEST((::fcntl(descriptor, F_GETFD) & FD_CLOEXEC) != 0);
        BOOST_TEST((::fcntl(descriptor, F_GETFL) & O_NONBLOCK) != 0);
        BOOST_CHECK_THROW(static_cast<void>(listener.accept()), UsageError);

        auto again = must(TcpListener::from_fd(descriptor));
        must(again.set_ttl(9));
        BOOST_TEST(must(again.ttl()) == 9u);
        BOOST_TEST(!must(again.take_error()));
        auto [connected, accepted] =
            co_await join(TcpStream::connect(must(again.local_addr())), again.accept());
        BOOST_TEST(connected.has_value());
        auto server = must(std::move(accepted)).first;
        BOOST_TEST(must(server.ttl()) == 9u);
        const int accepted_descriptor = std::move(server).into_fd();
        BOOST_TEST((::fcntl(accepted_descriptor, F_GETFD) & FD_CLOEXEC) != 0);
        BOOST_TEST((::fcntl(accepted_descriptor, F_GETFL) & O_NONBLOCK) != 0);
        ::close(accepted_descriptor);
    });
}

BOOST_AUTO_TEST_CASE(an_address_in_use_says_so_and_is_named) {
    on_every_runtime([]() -> Task<void> {
        Listening first = co_await listen_on_loopback();
        const auto second = co_await TcpListener::bind(first.address);
        BOOST_REQUIRE(!second.has_value());
        BOOST_TEST((second.error() == std::errc::address_in_use));
        BOOST_TEST(second.error().message() ==
                   "cannot listen on " + first.address.to_string() + ": Address already in use");
        // By name: both addresses of two.test are tried, and the first one is free.
        const std::string name = "two.test:" + std::to_string(first.address.port());
        const auto third = must(co_await TcpListener::bind(name));
        BOOST_TEST(must(third.local_addr()).ip().to_string() == "127.0.0.2");
        const auto fourth = co_await TcpListener::bind(name);
        BOOST_REQUIRE(!fourth.has_value());
        BOOST_TEST(fourth.error().address() == first.address.to_string());
    });
}

BOOST_AUTO_TEST_CASE(addresses_that_cannot_be_bound_are_errors) {
    on_every_runtime([]() -> Task<void> {
        const auto foreign = co_await TcpListener::bind("192.0.2.1:0");
        BOOST_REQUIRE(!foreign.has_value());
        // This machine may have that address; otherwise it is not available.
        BOOST_TEST((foreign.error() == std::errc::address_not_available));
        for (const char* const bad : {"127.0.0.1:70000", "127.0.0.1", "", "127.0.0.1:http"}) {
            const auto refused = co_await TcpListener::bind(bad);
            BOOST_REQUIRE(!refused.has_value());
            BOOST_TEST((refused.error() == std::errc::invalid_argument));
        }
        const auto missing = co_await TcpListener::bind("missing.test:0");
        BOOST_REQUIRE(!missing.has_value());
    });
}

BOOST_AUTO_TEST_CASE(an_address_can_be_bound_again_while_old_connections_end) {
    on_every_runtime([]() -> Task<void> {
        SocketAddr address;
        {
            Listening listening = co_await listen_on_loopback();
            address = listening.address;
            auto [connected, accepted] =
                co_await join(TcpStream::connect(address), listening.listener.accept());
            TcpStream client = must(std::move(connected));
            {
                const auto server = must(std::move(accepted));
                // The server's end closes first, so it is the one that has to wait.
            }
            const std::string end = co_await read_text(client);
            BOOST_TEST(end.empty());
        }
        const auto again = co_await TcpListener::bind(address);
        BOOST_TEST(again.has_value());
    });
}

BOOST_AUTO_TEST_CASE(accept_waits_for_a_connection) {
    on_every_runtime([]() -> Task<void> {
        Listening listening = co_await listen_on_loopback();
        const auto none = co_await select(biased, listening.listener.accept(), sleep(1ms));
        BOOST_TEST(none.is<1>());
        auto client = spawn(
            [](SocketAddr address) -> Task<void> { must(co_await TcpStream::connect(address)); },
            listening.address);
        must(co_await listening.listener.accept());
        const auto ended = co_await client;
        BOOST_TEST(ended.has_value());
    });
}

BOOST_AUTO_TEST_CASE(connections_in_the_queue_are_accepted_in_order) {
    on_every_runtime([]() -> Task<void> {
        Listening listening = co_await listen_on_loopback();
        std::vector<TcpStream> clients;
        for (int i = 0; i < 20; ++i) {
            clients.push_back(must(co_await TcpStream::connect(listening.address)));
        }
        for (const TcpStream& client : clients) {
            const auto accepted = must(co_await listening.listener.accept());
            BOOST_TEST((accepted.second == must(client.local_addr())));
        }
    });
}

BOOST_AUTO_TEST_CASE(one_connection_goes_to_one_of_several_acceptors) {
    on_every_runtime([]() -> Task<void> {
        Listening listening = co_await listen_on_loopback();
        constexpr int kAcceptors = 8;
        auto shared = std::make_shared<TcpListener>(std::move(listening.listener));
        std::vector<JoinHandle<SocketAddr>> acceptors;
        for (int i = 0; i < kAcceptors; ++i) {
            acceptors.push_back(spawn(
                [](std::shared_ptr<TcpListener> listener) -> Task<SocketAddr> {
                    auto accepted = must(co_await listener->accept());
                    co_return accepted.second;
                },
                shared));
        }
        std::map<SocketAddr, int> seen;
        std::vector<TcpStream> clients;
        for (int i = 0; i < kAcceptors; ++i) {
            clients.push_back(must(co_await TcpStream::connect(listening.address)));
            seen[must(clients.back().local_addr())] = 0;
        }
        for (auto& acceptor : acceptors) {
            const auto from = co_await acceptor;
            ++seen[from.value()];
        }
        BOOST_TEST(seen.size() == std::size_t(kAcceptors));
        for (const auto& [address, times] : seen) {
            BOOST_TEST(times == 1);
        }
    });
}

BOOST_AUTO_TEST_CASE(errors_of_single_connections_are_skipped) {
    on_every_runtime([]() -> Task<void> {
        Listening listening = co_await listen_on_loopback();
        const TcpStream client = must(co_await TcpStream::connect(listening.address));
        fail_accepts({ECONNABORTED, EPROTO, EINTR, EPERM, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET,
                      EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH});
        const Instant start = now();
        const auto accepted = must(co_await listening.listener.accept());
        BOOST_TEST((accepted.second == must(client.local_addr())));
        BOOST_TEST((now() - start < 5s));
    });
}

BOOST_AUTO_TEST_CASE(other_errors_are_returned) {
    on_every_runtime([]() -> Task<void> {
        Listening listening = co_await listen_on_loopback();
        fail_accepts({EINVAL});
        const auto failed = co_await listening.listener.accept();
        BOOST_REQUIRE(!failed.has_value());
        BOOST_TEST((failed.error() == std::errc::invalid_argument));
    });
}

// ---- out of descriptors or memory --------------------------------------------------------------

namespace {

/// Goes once through an accept that is out of descriptors. The undefined-behaviour sanitizer looks
/// at each type it meets for the first time with the help of a pipe, and must have done so before.
Task<void> rehearse_exhaustion() {
    Listening listening = co_await listen_on_loopback();
    const TcpStream client = must(co_await TcpStream::connect(listening.address));
    fail_accepts({EMFILE});
    must(co_await listening.listener.accept());
}

/// No descriptor can be opened while this exists.
class NoDescriptorsLeft {
public:
    NoDescriptorsLeft() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        rlimit none = before_;
        none.rlim_cur = 0;
        ::setrlimit(RLIMIT_NOFILE, &none);
    }
    ~NoDescriptorsLeft() { ::setrlimit(RLIMIT_NOFILE, &before_); }
    NoDescriptorsLeft(const NoDescriptorsLeft&) = delete;
    NoDescriptorsLeft& operator=(const NoDescriptorsLeft&) = delete;

private:
    rlimit before_{};
};

}  // namespace

BOOST_AUTO_TEST_CASE(without_descriptors_accept_waits_until_there_are_some) {
    on_every_runtime([]() -> Task<void> {
        co_await rehearse_exhaustion();
        Listening listening = co_await listen_on_loopback();
        const TcpStream client = must(co_await TcpStream::connect(listening.address));
        Task<Result<std::pair<TcpStream, SocketAddr>>> accepting = listening.listener.accept();
        {
            const NoDescriptorsLeft limit;
            const auto none = co_await select(accepting, [](std::size_t calls) -> Task<void> {
                while (accept_calls() < calls) {
                    co_await sleep(1ms);
                }
            }(accept_calls() + 2));
            BOOST_TEST(none.is<1>());
        }
        const auto accepted = must(co_await std::move(accepting));
        BOOST_TEST((accepted.second == must(client.local_addr())));
    });
}

BOOST_AUTO_TEST_CASE(without_descriptors_accept_does_not_try_all_the_time) {
    for (const ReactorKind reactor : {ReactorKind::Epoll, ReactorKind::Asio}) {
        const LeakGuard guard;
        Runtime runtime = Builder::current_thread().start_paused().reactor(reactor).build();
        runtime.block_on([]() -> Task<void> {
            co_await rehearse_exhaustion();
            Listening listening = co_await listen_on_loopback();
            const TcpStream client = must(co_await TcpStream::connect(listening.address));
            const std::size_t before = accept_calls();
            const NoDescriptorsLeft limit;
            const auto none = co_await select(listening.listener.accept(), sleep(100ms));
            BOOST_TEST(none.is<1>());
            BOOST_TEST(accept_calls() - before == 4u);  // after 0, 10, 30 and 70 ms
        });
    }
}

BOOST_AUTO_TEST_CASE(the_pause_doubles_up_to_a_second_and_starts_small_again) {
    for (const ReactorKind reactor : {ReactorKind::Epoll, ReactorKind::Asio}) {
        const LeakGuard guard;
        Runtime runtime = Builder::current_thread().start_paused().reactor(reactor).build();
        runtime.block_on([]() -> Task<void> {
            Listening listening = co_await listen_on_loopback();
            const TcpStream client = must(co_await TcpStream::connect(listening.address));
            const Instant start = now();
            fail_accepts({EMFILE, ENFILE, ENOBUFS, ENOMEM, EMFILE, EMFILE, EMFILE, EMFILE, EMFILE});
            must(co_await listening.listener.accept());
            BOOST_TEST((now() - start == 10ms + 20ms + 40ms + 80ms + 160ms + 320ms + 640ms + 2s));

            const TcpStream other = must(co_await TcpStream::connect(listening.address));
            const Instant second = now();
            fail_accepts({EMFILE});
            must(co_await listening.listener.accept());
            BOOST_TEST((now() - second == 10ms));
        });
    }
}

BOOST_AUTO_TEST_CASE(an_accept_that_pauses_can_be_dropped) {
    on_every_runtime([]() -> Task<void> {
        Listening listening = co_await listen_on_loopback();
        const TcpStream client = must(co_await TcpStream::connect(listening.address));
        fail_accepts({EMFILE});
        const auto none = co_await select(biased, listening.listener.accept(), yield_now());
        BOOST_TEST(none.is<1>());
        const auto accepted = must(co_await listening.listener.accept());
        BOOST_TEST((accepted.second == must(client.local_addr())));
    });
}

BOOST_AUTO_TEST_CASE(being_out_of_descriptors_is_logged_once_an_episode) {
    if (!is_child()) {  // the log reads its level once a process
        const ChildEnd end =
            run_case_in_child("tcp_listener/being_out_of_descriptors_is_logged_once_an_episode",
                              "EDO_LOG", "warning");
        BOOST_TEST(end.exit_code == 0);
        std::size_t lines = 0;
        for (std::size_t at = 0;
             (at = end.output.find("cannot be accepted", at)) != std::string::npos; ++at) {
            ++lines;
        }
        BOOST_TEST(lines == 2u, end.output);
        return;
    }
    Runtime runtime = Builder::current_thread().start_paused().build();
    runtime.block_on([]() -> Task<void> {
        Listening listening = co_await listen_on_loopback();
        for (int episode = 0; episode < 2; ++episode) {
            const TcpStream client = must(co_await TcpStream::connect(listening.address));
            fail_accepts({EMFILE, EMFILE, EMFILE});
            must(co_await listening.listener.accept());
        }
    });
}

BOOST_AUTO_TEST_SUITE_END()
