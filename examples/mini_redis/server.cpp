// SPDX-License-Identifier: MIT
#include "server.hpp"

#include "common/arguments.hpp"
#include "connection.hpp"
#include <edo/net/tcp_listener.hpp>
#include <edo/runtime/select.hpp>
#include <edo/runtime/signal/signal.hpp>
#include <edo/runtime/sleep.hpp>
#include <edo/runtime/spawn.hpp>
#include <edo/runtime/sync/mpsc.hpp>
#include <edo/runtime/sync/semaphore.hpp>

#include <csignal>
#include <iostream>
#include <memory>
#include <utility>

namespace mini_redis {

namespace {

using edo::Result;
using edo::Task;
using edo::net::TcpListener;
using edo::net::TcpStream;
using edo::sync::OwnedSemaphorePermit;
using edo::sync::Semaphore;
using edo::sync::mpsc::Sender;

/// Each connection holds a sender of this channel. When the last one is gone, the receiver finds
/// the end of the channel: nothing is ever sent.
using Presence = Sender<edo::Unit>;

Task<void> handle(TcpStream stream, std::shared_ptr<Shared> shared, OwnedSemaphorePermit /*permit*/,
                  Presence /*presence*/) {
    Connection connection(std::move(stream), *shared);
    co_await connection.run();
}

/// Accepts clients, as many as there are permits. Ends when it cannot go on.
Task<void> accept_all(TcpListener listener, std::shared_ptr<Shared> shared, unsigned limit,
                      Presence presence) {
    const auto permits = std::make_shared<Semaphore>(limit);
    for (;;) {
        // Without a permit nobody is accepted: who comes then waits in the system's queue.
        auto permit = co_await Semaphore::acquire_owned(permits);
        auto accepted = co_await listener.accept();
        if (!accepted) {
            example::complain("cannot accept: " + accepted.error().message());
            co_return;
        }
        edo::spawn(handle(std::move(accepted->first), shared, std::move(permit.value()), presence))
            .detach();
    }
}

Task<void> expire(std::shared_ptr<Shared> shared, Presence /*presence*/) {
    static_cast<void>(co_await shared->stop.run_until_cancelled(shared->store.remove_expired()));
}

}  // namespace

Task<int> serve(ServerOptions options) {
    // Listening for signals starts before anybody can know that the server is there.
    edo::signal::Signal interrupt = edo::signal::Signal::create(SIGINT).value();
    edo::signal::Signal terminate = edo::signal::Signal::create(SIGTERM).value();
    auto listener = co_await TcpListener::bind(example::endpoint(options.host, options.port));
    if (!listener) {
        example::complain(listener.error().message());
        co_return 1;
    }
    std::cout << "mini_redis listening on " << listener->local_addr().value() << std::endl;

    const auto shared = std::make_shared<Shared>();
    auto [presence, all_done] = edo::sync::mpsc::channel<edo::Unit>(1);
    edo::spawn(expire(shared, presence)).detach();
    const auto end = co_await edo::select(
        accept_all(std::move(*listener), shared, options.max_connections, std::move(presence)),
        interrupt.recv(), terminate.recv());
    const int exit_code = end.is<0>() ? 1 : 0;

    // `accept_all` is gone, and with it the listener.
    shared->stop.cancel();
    const auto first = co_await edo::select(edo::biased, all_done.recv(), interrupt.recv(),
                                            terminate.recv(), edo::sleep(options.shutdown_time));
    if (!first.is<0>()) {
        example::complain(std::to_string(all_done.sender_strong_count()) +
                          " connections were cut off");
    }
    co_return exit_code;
}

}  // namespace mini_redis
