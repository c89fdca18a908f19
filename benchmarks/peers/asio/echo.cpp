// TCP echo server with Boost.Asio coroutines, see ../README.md.
//
// One io_context a thread, each with its own reactor; the first one accepts and deals the
// connections out in turn. The executor type is spelled out everywhere, because the default,
// `any_io_executor`, costs an indirect call and a reference count at each step.

#include "options.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>

#include <cstdio>
#include <exception>
#include <memory>
#include <sys/resource.h>
#include <thread>
#include <utility>
#include <vector>

namespace asio = boost::asio;
using asio::ip::tcp;

using Executor = asio::io_context::executor_type;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;
using Socket = asio::basic_stream_socket<tcp, Executor>;
using Signals = asio::basic_signal_set<Executor>;
using Contexts = std::vector<std::unique_ptr<asio::io_context>>;

constexpr asio::use_awaitable_t<Executor> use_awaitable;

static asio::awaitable<void, Executor> echo(Socket socket, std::size_t buffer_size) {
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

static asio::awaitable<void, Executor> serve(Acceptor& acceptor, Contexts& contexts,
                                             std::size_t buffer_size) {
    for (std::size_t next = 0;; next = (next + 1) % contexts.size()) {
        const Executor home = contexts[next]->get_executor();
        Socket socket = co_await acceptor.async_accept(home, use_awaitable);
        asio::co_spawn(home, echo(std::move(socket), buffer_size), asio::detached);
    }
}

static void run(const Options& options) {
    Contexts contexts;
    for (std::size_t i = 0; i < options.workers; ++i) {
        // The hint promises that one thread runs it, not that one thread uses it.
        contexts.push_back(std::make_unique<asio::io_context>(1));
    }
    asio::io_context& first = *contexts.front();

    Signals signals(first.get_executor(), SIGTERM, SIGINT);
    signals.async_wait([&contexts](auto, int) {
        for (auto& context : contexts) {
            context->stop();
        }
    });

    Acceptor acceptor(first.get_executor());
    acceptor.open(tcp::v4());
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    acceptor.bind({asio::ip::address_v4::loopback(), options.port});
    acceptor.listen(1024);
    std::printf("listening on 127.0.0.1:%d\n", acceptor.local_endpoint().port());
    std::fflush(stdout);
    asio::co_spawn(first, serve(acceptor, contexts, options.buffer), [](std::exception_ptr error) {
        if (error) {
            std::rethrow_exception(error);  // comes out of io_context::run
        }
    });

    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < contexts.size(); ++i) {
        threads.emplace_back([&context = *contexts[i]] {
            const auto work = asio::make_work_guard(context);
            context.run();
        });
    }
    first.run();
}

static void raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int main(int argc, char** argv) {
    const auto options = parse_options(argc, argv);
    if (!options || !options->names.empty()) {
        std::fprintf(stderr,
                     "usage: asio_echo [--port P] [--flavor current_thread|multi]"
                     " [--workers N] [--buffer BYTES]\n");
        return 2;
    }
    raise_descriptor_limit();
    try {
        run(*options);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "asio_echo: %s\n", error.what());
        return 1;
    }
}
