// SPDX-License-Identifier: MIT
// TCP echo server with Boost.Asio coroutines, see ../README.md.
//
// One io_context a thread, each with its own reactor; the first one accepts and deals the
// connections out in turn.

#include "echo_session.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <memory>
#include <thread>

using Contexts = std::vector<std::unique_ptr<asio::io_context>>;

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

    Acceptor acceptor = listen(first, options.port);
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

int main(int argc, char** argv) {
    return serve_main(argc, argv, run);
}
