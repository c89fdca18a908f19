// SPDX-License-Identifier: MIT
// TCP echo server with Boost.Asio coroutines and one io_context that all threads run, see
// ../README.md.
//
// Asio's form of work sharing: one reactor and one queue, under a lock. A connection needs no
// strand, since its coroutine never does two things at once.

#include "echo_session.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <thread>

static asio::awaitable<void, Executor> serve(Acceptor& acceptor, std::size_t buffer_size) {
    const Executor executor = acceptor.get_executor();
    for (;;) {
        Socket socket = co_await acceptor.async_accept(use_awaitable);
        asio::co_spawn(executor, echo(std::move(socket), buffer_size), asio::detached);
    }
}

static void run(const Options& options) {
    asio::io_context context(static_cast<int>(options.workers));
    Signals signals(context.get_executor(), SIGTERM, SIGINT);
    signals.async_wait([&context](auto, int) { context.stop(); });
    Acceptor acceptor = listen(context, options.port);
    asio::co_spawn(context, serve(acceptor, options.buffer), [](std::exception_ptr error) {
        if (error) {
            std::rethrow_exception(error);  // comes out of io_context::run
        }
    });

    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < options.workers; ++i) {
        threads.emplace_back([&context] { context.run(); });
    }
    context.run();
}

int main(int argc, char** argv) {
    return serve_main(argc, argv, run);
}
