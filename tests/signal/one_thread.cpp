// SPDX-License-Identifier: MIT
// A server of one thread has one thread, signals included. The kernel and the C library do less in
// a process that has never had a second one.

#include "support/child_case.hpp"
#include "support/threads.hpp"
#include <edo/edo.hpp>
#include <edo/net/tcp_listener.hpp>
#include <edo/net/tcp_stream.hpp>
#include <edo/runtime/signal/signal.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <csignal>
#include <cstddef>
#include <string>

using namespace edo::test;
using edo::Task;
using edo::signal::Signal;

namespace {

Task<void> echo_once(edo::net::TcpListener* listener) {
    auto [stream, peer] = (co_await listener->accept()).value();
    std::array<std::byte, 16> buffer{};
    const std::size_t size = (co_await stream.read(buffer)).value();
    const auto written = co_await stream.write_all(std::span(buffer).first(size));
    BOOST_TEST(written.has_value());
}

Task<void> ask(edo::net::SocketAddr server) {
    auto stream = (co_await edo::net::TcpStream::connect(server)).value();
    const auto written = co_await stream.write_all("hello");
    BOOST_TEST(written.has_value());
    std::array<std::byte, 16> buffer{};
    const std::size_t size = (co_await stream.read(buffer)).value();
    BOOST_TEST(size == 5u);
}

Task<void> serve_until_interrupted() {
    Signal interrupt = Signal::create(SIGINT).value();
    Signal terminate = Signal::create(SIGTERM).value();
    auto listener = (co_await edo::net::TcpListener::bind("127.0.0.1:0")).value();
    auto server = edo::spawn(echo_once(&listener));
    co_await ask(listener.local_addr().value());
    static_cast<void>(co_await server);
    ::raise(SIGINT);
    static_cast<void>(co_await edo::select(terminate.recv(), interrupt.recv()));
    auto interrupted = edo::spawn(edo::signal::ctrl_c());
    co_await edo::yield_now();
    ::raise(SIGINT);
    static_cast<void>(co_await interrupted);
}

void check_one_thread(const char* name, edo::ReactorKind reactor) {
    if (!is_child()) {
        const ChildEnd end =
            run_case_in_child(std::string("one_thread/") + name, "EDO_LOG", "info");
        BOOST_TEST(end.exit_code == 0, end.output);
        return;
    }
    const NoNewThread guard;
    edo::Runtime runtime = edo::Builder::current_thread().reactor(reactor).build();
    runtime.block_on(serve_until_interrupted());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(one_thread)

BOOST_AUTO_TEST_CASE(a_server_of_one_thread_has_one_thread_with_epoll) {
    check_one_thread("a_server_of_one_thread_has_one_thread_with_epoll", edo::ReactorKind::Epoll);
}

BOOST_AUTO_TEST_CASE(a_server_of_one_thread_has_one_thread_with_asio) {
    check_one_thread("a_server_of_one_thread_has_one_thread_with_asio", edo::ReactorKind::Asio);
}

BOOST_AUTO_TEST_CASE(a_server_of_one_thread_has_one_thread_with_io_uring) {
    check_one_thread("a_server_of_one_thread_has_one_thread_with_io_uring",
                     edo::ReactorKind::IoUring);
}

BOOST_AUTO_TEST_SUITE_END()
