// SPDX-License-Identifier: MIT
// What it costs to tell other tasks, one or a hundred, that something has happened.

#include "support.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/sync/broadcast.hpp>
#include <edo/runtime/sync/notify.hpp>
#include <edo/runtime/sync/watch.hpp>

#include <array>
#include <atomic>
#include <memory>
#include <utility>
#include <vector>

namespace bench {

namespace {

using edo::sync::Notify;
namespace watch = edo::sync::watch;
namespace broadcast = edo::sync::broadcast;

constexpr std::size_t kWaiters = 100;
constexpr std::size_t kAtOnce = 50;  // single notifications between two turns of the driver

/// How often the waiters have been told something.
std::atomic<std::size_t> told;

// ---- Notify ------------------------------------------------------------------------------------

Task<Done> notify_alone(std::size_t iterations) {
    Notify notify;
    for (std::size_t i = 0; i < iterations; ++i) {
        notify.notify_one();
        co_await notify.notified();
    }
    co_return iterations;
}

struct PingPong {
    Notify ping;
    Notify pong;
};

Task<void> answer(std::shared_ptr<PingPong> both, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        co_await both->ping.notified();
        both->pong.notify_one();
    }
}

Task<Done> notify_ping_pong(std::size_t iterations) {
    const auto both = std::make_shared<PingPong>();
    edo::spawn(answer(both, iterations)).detach();
    for (std::size_t i = 0; i < iterations; ++i) {
        both->ping.notify_one();
        co_await both->pong.notified();
    }
    co_return iterations;
}

Task<void> count_notifications(std::shared_ptr<Notify> notify) {
    for (;;) {
        co_await notify->notified();
        told.fetch_add(1, std::memory_order_relaxed);
    }
}

/// Calls `tell` and yields, again and again, until the waiters have been told often enough.
template <class Tell>
Task<Done> tell_waiters(std::size_t iterations, std::shared_ptr<Notify> notify, Tell tell) {
    std::vector<edo::JoinHandle<void>> waiters;
    for (std::size_t i = 0; i < kWaiters; ++i) {
        waiters.push_back(edo::spawn(count_notifications(notify)));
    }
    co_await edo::yield_now();
    told.store(0, std::memory_order_relaxed);
    while (told.load(std::memory_order_relaxed) < iterations) {
        tell(*notify);
        co_await edo::yield_now();
    }
    const std::size_t all = told.load(std::memory_order_relaxed);
    for (const auto& waiter : waiters) {
        waiter.abort();
    }
    for (auto& waiter : waiters) {
        const auto ended = co_await waiter;
        check(!ended.has_value(), "notify: a waiter ended");
    }
    co_return all;
}

Task<Done> notify_one_of_100(std::size_t iterations) {
    return tell_waiters(iterations, std::make_shared<Notify>(), [](Notify& notify) {
        for (std::size_t i = 0; i < kAtOnce; ++i) {
            notify.notify_one();
        }
    });
}
Task<Done> notify_all_100(std::size_t iterations) {
    return tell_waiters(iterations, std::make_shared<Notify>(),
                        [](Notify& notify) { notify.notify_waiters(); });
}

// ---- watch -------------------------------------------------------------------------------------

Task<Done> watch_alone(std::size_t iterations) {
    auto [sender, receiver] = watch::channel(std::size_t{0});
    for (std::size_t i = 1; i <= iterations; ++i) {
        check(sender.send(i).has_value(), "watch_alone: no receiver");
        const auto changed = co_await receiver.changed();
        check(changed.has_value(), "watch_alone: closed");
        check(*receiver.borrow() == i, "watch_alone: a wrong value");
    }
    co_return iterations;
}

Task<void> count_changes(watch::Receiver<std::size_t> receiver) {
    for (;;) {
        const auto changed = co_await receiver.changed();
        if (!changed.has_value()) {
            break;
        }
        told.fetch_add(1, std::memory_order_relaxed);
    }
}

/// Sends values and yields until the listeners have got enough of them, and ends the listeners.
template <class Sender, class Listen>
Task<Done> send_to_listeners(std::size_t iterations, Sender sender, Listen listen) {
    std::vector<edo::JoinHandle<void>> listeners;
    for (std::size_t i = 0; i < kWaiters; ++i) {
        listeners.push_back(edo::spawn(listen(sender.subscribe())));
    }
    co_await edo::yield_now();
    told.store(0, std::memory_order_relaxed);
    for (std::size_t i = 0; told.load(std::memory_order_relaxed) < iterations; ++i) {
        check(sender.send(i).has_value(), "no receiver");
        co_await edo::yield_now();
    }
    {
        const auto last = std::move(sender);
    }
    for (auto& listener : listeners) {
        co_await join(std::move(listener));
    }
    co_return told.load(std::memory_order_relaxed);
}

Task<Done> watch_to_100(std::size_t iterations) {
    return send_to_listeners(iterations, watch::Sender(std::size_t{0}), count_changes);
}

// ---- broadcast ---------------------------------------------------------------------------------

Task<Done> broadcast_alone(std::size_t iterations) {
    auto [sender, receiver] = broadcast::channel<std::size_t>(16);
    for (std::size_t i = 0; i < iterations; ++i) {
        check(sender.send(i).has_value(), "broadcast_alone: no receiver");
        const auto value = co_await receiver.recv();
        check(value == i, "broadcast_alone: a wrong value");
    }
    co_return iterations;
}

Task<void> count_values(broadcast::Receiver<std::size_t> receiver) {
    for (;;) {
        const auto value = co_await receiver.recv();
        if (value.has_value()) {
            told.fetch_add(1, std::memory_order_relaxed);
        } else if (value.error().is_closed()) {
            break;
        }
    }
}

Task<Done> broadcast_to_100(std::size_t iterations) {
    return send_to_listeners(iterations, broadcast::Sender<std::size_t>(16), count_values);
}

constexpr std::array kScenarios{
    Scenario{"notify_alone", notify_alone},
    Scenario{"notify_ping_pong", notify_ping_pong},
    Scenario{"notify_one_of_100", notify_one_of_100},
    Scenario{"notify_all_100", notify_all_100},
    Scenario{"watch_alone", watch_alone},
    Scenario{"watch_to_100", watch_to_100},
    Scenario{"broadcast_alone", broadcast_alone},
    Scenario{"broadcast_to_100", broadcast_to_100},
};

}  // namespace

std::span<const Scenario> notifications() {
    return kScenarios;
}

}  // namespace bench
