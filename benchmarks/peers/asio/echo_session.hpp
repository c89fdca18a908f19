// SPDX-License-Identifier: MIT
// What the two echo servers with Boost.Asio share: the coroutine that serves a connection.
//
// The executor type is spelled out everywhere, because the default, `any_io_executor`, costs an
// indirect call and a reference count at each step.

#pragma once

#include "options.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>

#include <cstdio>
#include <exception>
#include <sys/resource.h>
#include <utility>
#include <vector>

namespace asio = boost::asio;
using asio::ip::tcp;

using Executor = asio::io_context::executor_type;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;
using Socket = asio::basic_stream_socket<tcp, Executor>;
using Signals = asio::basic_signal_set<Executor>;

inline constexpr asio::use_awaitable_t<Executor> use_awaitable;

inline asio::awaitable<void, Executor> echo(Socket socket, std::size_t buffer_size) {
    try {
        socket.set_option(tcp::no_delay(true));
        std::vector<char> bytes(buffer_size);
        for (;;) {
            const auto count = co_await socket.async_read_some(asio::buffer(bytes), use_awaitable);
            co_await asio::async_write(socket, asio::buffer(bytes, count), use_awaitable);
        }
    } catch (const boost::system::system_error&) {
        // The end of the stream, or a broken connection: the load generator's to report.
    }
}

/// Listens, and says where.
inline Acceptor listen(asio::io_context& context, std::uint16_t port) {
    Acceptor acceptor(context.get_executor());
    acceptor.open(tcp::v4());
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    acceptor.bind({asio::ip::address_v4::loopback(), port});
    acceptor.listen(1024);
    std::printf("listening on 127.0.0.1:%d\n", acceptor.local_endpoint().port());
    std::fflush(stdout);
    return acceptor;
}

inline void raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/// Reads the command line, calls `run`, and turns what it throws into a line and a status.
inline int serve_main(int argc, char** argv, void (*run)(const Options&)) {
    const auto options = parse_options(argc, argv);
    if (!options || !options->names.empty()) {
        std::fprintf(stderr,
                     "usage: %s [--port P] [--flavor current_thread|multi]"
                     " [--workers N] [--buffer BYTES]\n",
                     argv[0]);
        return 2;
    }
    raise_descriptor_limit();
    try {
        run(*options);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
        return 1;
    }
    return 0;
}
