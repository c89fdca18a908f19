// SPDX-License-Identifier: MIT
// The examples in the documentation of the channels.
#include <edo/edo.hpp>
#include <edo/runtime/sync/broadcast.hpp>
#include <edo/runtime/sync/mpsc.hpp>
#include <edo/runtime/sync/oneshot.hpp>
#include <edo/runtime/sync/watch.hpp>

#include <chrono>
#include <iostream>
#include <string>
#include <utility>

using namespace std::chrono_literals;

namespace {

namespace sync = edo::sync;

//! [oneshot]
edo::Task<void> compute(sync::oneshot::Sender<int> answer) {
    co_await edo::yield_now();
    const auto sent = std::move(answer).send(42);
    if (!sent) {
        std::cout << "nobody wants to know that it is " << sent.error().value << '\n';
    }
}

edo::Task<void> ask() {
    auto [sender, receiver] = sync::oneshot::channel<int>();
    edo::spawn(compute(std::move(sender))).detach();
    const auto answer = co_await receiver;
    if (answer) {
        std::cout << "the answer is " << *answer << '\n';
    }
}
//! [oneshot]

//! [send_error]
void send_too_late() {
    auto [sender, receiver] = sync::oneshot::channel<std::string>();
    receiver.close();
    auto sent = std::move(sender).send("a long letter");
    if (!sent) {
        const std::string letter = std::move(sent.error().value);  // nothing is lost
        std::cout << "not sent: " << letter << '\n';
    }
}
//! [send_error]

//! [mpsc]
edo::Task<void> produce(sync::mpsc::Sender<std::string> sender, std::string name) {
    for (int i = 1; i <= 3; ++i) {
        // Waits while the channel is full.
        const auto sent = co_await sender.send(name + " " + std::to_string(i));
        if (!sent) {
            co_return;  // the receiver is gone
        }
    }
}

edo::Task<void> collect() {
    auto [sender, receiver] = sync::mpsc::channel<std::string>(2);
    edo::spawn(produce(sender, "apple")).detach();
    edo::spawn(produce(std::move(sender), "pear")).detach();
    // Ends when both senders are gone.
    while (const auto fruit = co_await receiver.recv()) {
        std::cout << *fruit << '\n';
    }
}
//! [mpsc]

//! [send_or_give_up]
edo::Task<void> send_or_give_up(sync::mpsc::Sender<std::string>& sender, std::string text) {
    auto first = co_await edo::select(sender.send(std::move(text)), edo::sleep(10ms));
    if (first.is<1>()) {
        std::cout << "still here: " << text << '\n';  // the send was dropped, not the text
    }
}
//! [send_or_give_up]

//! [reserve]
edo::Task<void> measure(sync::mpsc::Sender<double>& sender) {
    auto permit = co_await sender.reserve();  // first the room, then the work
    if (permit) {
        std::move(*permit).send(36.6);
    }
}
//! [reserve]

edo::Task<void> use_capacity() {
    auto [texts, no_reader] = sync::mpsc::channel<std::string>(1);
    co_await send_or_give_up(texts, "first");
    co_await send_or_give_up(texts, "second");
    auto [values, reader] = sync::mpsc::channel<double>(1);
    co_await measure(values);
    const auto value = co_await reader.recv();
    std::cout << value.value_or(0) << '\n';
}

//! [unbounded]
edo::Task<void> log_lines() {
    auto [sender, receiver] = sync::mpsc::unbounded_channel<std::string>();
    const auto sent = sender.send("from anywhere, without waiting");
    receiver.close();  // what was sent can still be received
    while (const auto line = co_await receiver.recv()) {
        std::cout << *line << (sent ? "\n" : "?\n");
    }
}
//! [unbounded]

//! [watch]
edo::Task<void> follow(sync::watch::Receiver<int> level) {
    for (;;) {
        const auto changed = co_await level.changed();
        if (!changed) {
            co_return;  // nobody will set it again
        }
        const int now = *level.borrow_and_update();  // the newest; some may have been skipped
        std::cout << "level " << now << '\n';
    }
}

edo::Task<void> change_level() {
    auto [sender, receiver] = sync::watch::channel(1);
    edo::JoinHandle<void> follower = edo::spawn(follow(receiver));
    const auto sent = sender.send(2);
    sender.send_modify([](int& level) { ++level; });
    {
        const auto high = co_await receiver.wait_for([](const int& level) { return level >= 3; });
        std::cout << (sent && high ? "it is high\n" : "it stays low\n");
    }  // until here the value was locked
    {
        const auto last = std::move(sender);
    }  // dropped: the follower ends
    const auto joined = co_await follower;
    std::cout << (joined ? "done\n" : "failed\n");
}
//! [watch]

//! [broadcast]
edo::Task<void> listen(sync::broadcast::Receiver<std::string> news, std::string name) {
    for (;;) {
        const auto item = co_await news.recv();
        if (item) {
            std::cout << name << ": " << *item << '\n';
        } else if (item.error().is_lagged()) {
            std::cout << name << " missed " << item.error().missed() << '\n';
        } else {
            co_return;  // nobody sends any more
        }
    }
}

edo::Task<void> publish() {
    auto [sender, receiver] = sync::broadcast::channel<std::string>(16);
    edo::JoinHandle<void> one = edo::spawn(listen(sender.subscribe(), "one"));
    edo::JoinHandle<void> two = edo::spawn(listen(std::move(receiver), "two"));
    const auto count = sender.send("it rains");
    std::cout << "sent to " << count.value_or(0) << '\n';
    {
        const auto last = std::move(sender);
    }  // dropped: the listeners end
    co_await edo::join(one, two);
}
//! [broadcast]

}  // namespace

int main() {
    edo::run([]() -> edo::Task<void> {
        co_await ask();
        send_too_late();
        co_await collect();
        co_await use_capacity();
        co_await log_lines();
        co_await change_level();
        co_await publish();
    }());
}
