// SPDX-License-Identifier: MIT
// What it costs to send a value to another task, or to oneself.

#include "support.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/sync/mpsc.hpp>
#include <edo/runtime/sync/oneshot.hpp>

#include <array>
#include <utility>

namespace bench {

namespace {

namespace mpsc = edo::sync::mpsc;
namespace oneshot_channel = edo::sync::oneshot;

constexpr std::size_t kProducers = 8;
constexpr std::size_t kRoom = 1000;

// ---- bounded -----------------------------------------------------------------------------------

Task<Done> mpsc_alone(std::size_t iterations) {
    const std::size_t rounds = divide_up(iterations, kRoom);
    auto [sender, receiver] = mpsc::channel<std::size_t>(kRoom);
    for (std::size_t round = 0; round < rounds; ++round) {
        for (std::size_t i = 0; i < kRoom; ++i) {
            const auto sent = co_await sender.send(i);
            check(sent.has_value(), "mpsc_alone: closed");
        }
        for (std::size_t i = 0; i < kRoom; ++i) {
            const auto value = co_await receiver.recv();
            check(value == i, "mpsc_alone: a wrong value");
        }
    }
    co_return rounds* kRoom;
}

Task<void> send(mpsc::Sender<std::size_t> sender, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        const auto sent = co_await sender.send(i);
        check(sent.has_value(), "mpsc: closed");
    }
}

template <class Receiver>
Task<Done> receive_all(Receiver receiver) {
    std::size_t received = 0;
    for (;;) {
        const auto value = co_await receiver.recv();
        if (!value) {
            break;
        }
        ++received;
    }
    co_return received;
}

template <std::size_t Room, std::size_t Producers>
Task<Done> mpsc_from_tasks(std::size_t iterations) {
    auto [sender, receiver] = mpsc::channel<std::size_t>(Room);
    for (std::size_t i = 1; i < Producers; ++i) {
        edo::spawn(send(sender, divide_up(iterations, Producers))).detach();
    }
    edo::spawn(send(std::move(sender), divide_up(iterations, Producers))).detach();
    co_return co_await receive_all(std::move(receiver));
}

struct Request {
    std::size_t value = 0;
    oneshot_channel::Sender<std::size_t> reply;
};

Task<void> serve(mpsc::Receiver<Request> requests) {
    for (;;) {
        auto request = co_await requests.recv();
        if (!request) {
            break;
        }
        const auto sent = std::move(request->reply).send(request->value + 1);
        check(sent.has_value(), "mpsc_request_reply: nobody waits");
    }
}

Task<Done> mpsc_request_reply(std::size_t iterations) {
    auto [requests, served] = mpsc::channel<Request>(10);
    edo::spawn(serve(std::move(served))).detach();
    for (std::size_t i = 0; i < iterations; ++i) {
        auto [reply, replied] = oneshot_channel::channel<std::size_t>();
        Request request{i, std::move(reply)};
        const auto sent = co_await requests.send(std::move(request));
        check(sent.has_value(), "mpsc_request_reply: closed");
        const auto value = co_await replied;
        check(value == i + 1, "mpsc_request_reply: a wrong reply");
    }
    co_return iterations;
}

// ---- unbounded ---------------------------------------------------------------------------------

Task<Done> unbounded_alone(std::size_t iterations) {
    const std::size_t rounds = divide_up(iterations, kRoom);
    auto [sender, receiver] = mpsc::unbounded_channel<std::size_t>();
    for (std::size_t round = 0; round < rounds; ++round) {
        for (std::size_t i = 0; i < kRoom; ++i) {
            check(sender.send(i).has_value(), "unbounded_alone: closed");
        }
        for (std::size_t i = 0; i < kRoom; ++i) {
            const auto value = co_await receiver.recv();
            check(value == i, "unbounded_alone: a wrong value");
        }
    }
    co_return rounds* kRoom;
}

Task<void> send_unbounded(mpsc::UnboundedSender<std::size_t> sender, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        check(sender.send(i).has_value(), "unbounded: closed");
    }
    co_return;
}

template <std::size_t Producers>
Task<Done> unbounded_from_tasks(std::size_t iterations) {
    auto [sender, receiver] = mpsc::unbounded_channel<std::size_t>();
    for (std::size_t i = 1; i < Producers; ++i) {
        edo::spawn(send_unbounded(sender, divide_up(iterations, Producers))).detach();
    }
    edo::spawn(send_unbounded(std::move(sender), divide_up(iterations, Producers))).detach();
    co_return co_await receive_all(std::move(receiver));
}

// ---- oneshot -----------------------------------------------------------------------------------

Task<Done> oneshot_alone(std::size_t iterations) {
    for (std::size_t i = 0; i < iterations; ++i) {
        auto [sender, receiver] = oneshot_channel::channel<std::size_t>();
        const auto sent = std::move(sender).send(i);
        check(sent.has_value(), "oneshot_alone: nobody waits");
        const auto value = co_await receiver;
        check(value == i, "oneshot_alone: a wrong value");
    }
    co_return iterations;
}

Task<void> answer(oneshot_channel::Sender<std::size_t> sender, std::size_t value) {
    const auto sent = std::move(sender).send(value);
    check(sent.has_value(), "oneshot_task: nobody waits");
    co_return;
}

Task<Done> oneshot_task(std::size_t iterations) {
    for (std::size_t i = 0; i < iterations; ++i) {
        auto [sender, receiver] = oneshot_channel::channel<std::size_t>();
        edo::spawn(answer(std::move(sender), i)).detach();
        const auto value = co_await receiver;
        check(value == i, "oneshot_task: a wrong value");
    }
    co_return iterations;
}

constexpr std::array kScenarios{
    Scenario{"mpsc_alone", mpsc_alone},
    Scenario{"mpsc_1p1c", mpsc_from_tasks<kRoom, 1>},
    Scenario{"mpsc_8p1c", mpsc_from_tasks<kRoom, kProducers>},
    Scenario{"mpsc_8p1c_full", mpsc_from_tasks<10, kProducers>},
    Scenario{"mpsc_rendezvous", mpsc_from_tasks<1, 1>},
    Scenario{"mpsc_request_reply", mpsc_request_reply},
    Scenario{"unbounded_alone", unbounded_alone},
    Scenario{"unbounded_1p1c", unbounded_from_tasks<1>},
    Scenario{"unbounded_8p1c", unbounded_from_tasks<kProducers>},
    Scenario{"oneshot_alone", oneshot_alone},
    Scenario{"oneshot_task", oneshot_task},
};

}  // namespace

std::span<const Scenario> channels() {
    return kScenarios;
}

}  // namespace bench
