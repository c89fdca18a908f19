// SPDX-License-Identifier: MIT
#include "edo/net/http/server/server.hpp"

#include "edo/runtime/diagnostics/log.hpp"
#include "edo/runtime/errors.hpp"
#include "edo/runtime/select.hpp"
#include "edo/runtime/sleep.hpp"
#include "edo/runtime/sync/cancellation_token.hpp"
#include "edo/runtime/sync/semaphore.hpp"
#include "edo/runtime/sync/watch.hpp"
#include "edo/runtime/task_tracker.hpp"
#include "edo/runtime/timeout.hpp"

#include <algorithm>
#include <exception>
#include <optional>
#include <string>

namespace edo::http {

namespace detail {

struct ServerState {
    explicit ServerState(std::size_t max_connections)
        : slots(max_connections == 0 ? nullptr
                                     : std::make_shared<sync::Semaphore>(max_connections)) {}

    std::shared_ptr<sync::Semaphore> slots;  // null for no limit
    TaskTracker connections;
    sync::CancellationToken stop;
    sync::watch::Sender<Instant> deadline{Instant::max()};
    bool is_served = false;
};

}  // namespace detail

namespace {

class PlainStarter final : public ConnectionStarter {
public:
    Task<void> start(net::TcpStream stream, Serving serving) override {
        return serve_connection(std::move(stream), std::move(serving));
    }
};

/// Tells all connections to end at once, whatever way `serve` ends.
class KillAtEnd {
public:
    explicit KillAtEnd(sync::CancellationToken kill) noexcept : kill_(std::move(kill)) {}
    KillAtEnd(const KillAtEnd&) = delete;
    KillAtEnd& operator=(const KillAtEnd&) = delete;
    ~KillAtEnd() { kill_.cancel(); }

private:
    sync::CancellationToken kill_;
};

/// A connection with its place among those that are allowed.
Task<void> serve_one(net::TcpStream stream, Serving serving,
                     std::shared_ptr<ConnectionStarter> starter,
                     std::optional<sync::OwnedSemaphorePermit> /*slot*/) {
    const sync::CancellationToken kill = serving.kill();
    std::exception_ptr error;
    try {
        static_cast<void>(co_await kill.run_until_cancelled(
            starter->start(std::move(stream), std::move(serving))));
    } catch (...) {
        error = std::current_exception();
    }
    if (error != nullptr) {
        edo::detail::log_error("a connection of a server has ended with an exception");
    }
}

/// Waits until all connections are gone, or the deadline, which may be changed meanwhile, passes.
Task<void> finish(const detail::ServerState& state) {
    sync::watch::Receiver<Instant> changes = state.deadline.subscribe();
    for (;;) {
        const Instant deadline = *changes.borrow_and_update();
        auto first = co_await select(biased, state.connections.wait(), changes.changed(),
                                     sleep_until(deadline));
        if (!first.is<1>()) {
            co_return;
        }
    }
}

}  // namespace

void ServerHandle::shutdown(Duration grace) const {
    const Instant deadline = edo::detail::saturating_add(now(), grace);
    state_->deadline.send_if_modified([deadline](Instant& current) {
        const bool is_sooner = deadline < current;
        current = std::min(current, deadline);
        return is_sooner;
    });
    state_->stop.cancel();
}

std::size_t ServerHandle::connections() const noexcept {
    return state_->connections.size();
}

Task<net::AddressResult<Server>> Server::bind(std::string_view address, ServerOptions options) {
    net::AddressResult<net::TcpListener> listener = co_await net::TcpListener::bind(address);
    if (!listener) {
        co_return failure(std::move(listener).error());
    }
    co_return Server(std::move(*listener), options);
}

Server::Server(net::TcpListener listener, ServerOptions options)
    : listener_(std::move(listener)),
      options_(options),
      state_(std::make_shared<detail::ServerState>(options.max_connections)) {}

Task<Result<void>> Server::serve(std::shared_ptr<Service> service) {
    return serve(std::move(service), std::make_shared<PlainStarter>());
}

Task<Result<void>> Server::serve(std::shared_ptr<Service> service,
                                 std::shared_ptr<ConnectionStarter> starter) {
    if (std::exchange(state_->is_served, true)) {
        throw UsageError("a server serves once: make another one");
    }
    const std::shared_ptr<detail::ServerState> state = state_;
    const Serving serving(std::move(service), options_);
    const KillAtEnd kill_at_end(serving.kill());

    const std::optional<Result<void>> accepted =
        co_await state->stop.run_until_cancelled(accept_all(serving, std::move(starter)));
    listener_ = net::TcpListener();  // nobody waits in its queue in vain
    if (accepted) {
        ServerHandle(state).shutdown();
    }
    serving.stop().cancel();
    state->connections.close();
    co_await finish(*state);
    serving.kill().cancel();
    co_await state->connections.wait();
    co_return accepted.value_or(Result<void>());
}

Task<Result<void>> Server::accept_all(Serving serving, std::shared_ptr<ConnectionStarter> starter) {
    for (;;) {
        std::optional<sync::OwnedSemaphorePermit> slot;
        if (state_->slots != nullptr) {
            auto permit = co_await sync::Semaphore::acquire_owned(state_->slots);
            slot.emplace(std::move(permit).value());
        }
        auto accepted = co_await listener_.accept();
        if (!accepted) {
            co_return failure(accepted.error());
        }
        // Answers are written in one piece; none must wait for the acknowledgement of another.
        static_cast<void>(accepted->first.set_nodelay(true));
        state_->connections
            .spawn(serve_one(std::move(accepted->first), serving.with_peer(accepted->second),
                             starter, std::move(slot)))
            .detach();
    }
}

}  // namespace edo::http
