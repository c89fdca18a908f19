// SPDX-License-Identifier: MIT
// The examples in the documentation of the synchronisation primitives.
#include <edo/edo.hpp>
#include <edo/runtime/sync/barrier.hpp>
#include <edo/runtime/sync/cancellation_token.hpp>
#include <edo/runtime/sync/mutex.hpp>
#include <edo/runtime/sync/notify.hpp>
#include <edo/runtime/sync/once_cell.hpp>
#include <edo/runtime/sync/rw_lock.hpp>
#include <edo/runtime/sync/semaphore.hpp>
#include <edo/runtime/sync/set_once.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <tuple>

using namespace std::chrono_literals;

namespace {

//! [semaphore]
edo::Task<void> download(std::string name, std::shared_ptr<edo::sync::Semaphore> slots) {
    // At most as many downloads at a time as the semaphore has permits.
    const auto slot = co_await edo::sync::Semaphore::acquire_owned(slots);
    if (!slot) {
        co_return;  // closed: no new downloads
    }
    co_await edo::sleep(1ms);
    std::cout << "have " << name << '\n';
}  // the permit is returned

edo::Task<void> download_all() {
    const auto slots = std::make_shared<edo::sync::Semaphore>(2);
    auto first = edo::spawn(download("a", slots));
    auto second = edo::spawn(download("b", slots));
    auto third = edo::spawn(download("c", slots));
    co_await edo::join(first, second, third);
}
//! [semaphore]

//! [mutex]
struct Session {
    int requests = 0;
    std::string last;
};

edo::Task<void> request(edo::sync::Mutex<Session>& session, std::string what) {
    auto guard = co_await session.lock();
    guard->requests += 1;
    co_await edo::sleep(1ms);  // the others wait, without blocking their threads
    guard->last = what;
}  // unlocked
//! [mutex]

//! [map]
edo::Task<void> forget_last(edo::sync::Mutex<Session>& session) {
    auto guard = co_await session.lock();
    auto last = std::move(guard).map([](Session& s) -> std::string& { return s.last; });
    last->clear();
}
//! [map]

//! [try_map]
edo::Task<void> shout_last(edo::sync::Mutex<Session>& session) {
    auto guard = co_await session.lock();
    auto letter = std::move(guard).try_map(
        [](Session& s) { return s.last.empty() ? nullptr : &s.last.front(); });
    if (letter) {
        **letter = '!';
    }  // else the guard is what it was
}
//! [try_map]

edo::Task<void> use_session() {
    edo::sync::Mutex<Session> session;
    co_await edo::join(request(session, "GET /"), request(session, "GET /a"));
    co_await shout_last(session);
    co_await forget_last(session);
    std::cout << session.get_mut().requests << " requests\n";
}

//! [notify]
struct Door {
    std::atomic<bool> is_open = false;
    edo::sync::Notify changed;
};

edo::Task<void> wait_until_open(Door& door) {
    for (;;) {
        edo::sync::Notified changed = door.changed.notified();
        if (door.is_open) {
            co_return;
        }
        co_await changed;  // also if it has changed since the first line
    }
}

void open(Door& door) {
    door.is_open = true;
    door.changed.notify_waiters();
}
//! [notify]

edo::Task<void> use_door() {
    Door door;
    auto waiting = edo::spawn([&door]() -> edo::Task<void> { co_await wait_until_open(door); });
    open(door);
    co_await waiting;
    std::cout << "inside\n";
}

//! [cancellation]
edo::Task<void> serve(edo::sync::CancellationToken stop) {
    while (!stop.is_cancelled()) {
        auto next = co_await edo::select(stop.cancelled(), edo::sleep(1ms));
        if (next.index() == 1) {
            std::cout << "working\n";
        }
    }
}

edo::Task<void> serve_for_a_while() {
    const edo::sync::CancellationToken all;
    auto first = edo::spawn(serve(all.child_token()));  // can be stopped alone
    auto second = edo::spawn(serve(all));
    co_await edo::sleep(3ms);
    all.cancel();
    co_await edo::join(first, second);
}
//! [cancellation]

//! [run_until_cancelled]
edo::Task<std::string> answer() {
    co_await edo::sleep(1h);
    co_return "42";
}

edo::Task<void> ask(edo::sync::CancellationToken stop) {
    const auto text = co_await stop.run_until_cancelled(answer());
    std::cout << text.value_or("no answer") << '\n';
}
//! [run_until_cancelled]

edo::Task<void> stop_asking() {
    const edo::sync::CancellationToken stop;
    auto asking = edo::spawn(ask(stop));
    stop.cancel();
    co_await asking;
}

//! [rw_lock]
using Prices = std::map<std::string, int>;

edo::Task<int> price_of(edo::sync::RwLock<Prices>& prices, std::string what) {
    const auto reader = co_await prices.read();  // beside other readers
    const auto found = reader->find(what);
    co_return found == reader->end() ? 0 : found->second;
}

edo::Task<int> change_price(edo::sync::RwLock<Prices>& prices, std::string what, int price) {
    auto writer = co_await prices.write();  // alone
    (*writer)[what] = price;
    const auto reader = std::move(writer).downgrade();  // others may read again
    int sum = 0;
    for (const auto& [name, each] : *reader) {
        sum += each;
    }
    co_return sum;
}
//! [rw_lock]

edo::Task<void> trade() {
    edo::sync::RwLock<Prices> prices(Prices{{"tea", 3}});
    const int sum = co_await change_price(prices, "biscuits", 8);
    const int tea = co_await price_of(prices, "tea");
    std::cout << sum << ' ' << tea << '\n';
}

//! [barrier]
edo::Task<void> simulate(int part, edo::sync::Barrier& step_done) {
    for (int step = 0; step < 3; ++step) {
        co_await edo::sleep(std::chrono::milliseconds(part));
        const auto result = co_await step_done.wait();  // until all parts are done with it
        if (result.is_leader()) {
            std::cout << "step " << step << '\n';
        }
    }
}

edo::Task<void> simulate_all() {
    edo::sync::Barrier step_done(2);
    co_await edo::join(simulate(1, step_done), simulate(2, step_done));
}
//! [barrier]

//! [once_cell]
edo::Task<std::string> load_settings() {
    co_await edo::sleep(1ms);
    co_return "colour = blue";
}

edo::Task<std::size_t> use_settings(edo::sync::OnceCell<std::string>& settings) {
    const std::string& text = co_await settings.get_or_init(load_settings);  // loaded once
    co_return text.size();
}
//! [once_cell]

edo::Task<void> use_settings_twice() {
    edo::sync::OnceCell<std::string> settings;
    const auto sizes = co_await edo::join(use_settings(settings), use_settings(settings));
    std::cout << std::get<0>(sizes) << ' ' << std::get<1>(sizes) << '\n';
}

//! [set_once]
edo::Task<void> greet(edo::sync::SetOnce<std::string>& name) {
    const std::string& text = co_await name.wait();
    std::cout << "hello " << text << '\n';
}

edo::Task<void> announce(edo::sync::SetOnce<std::string>& name) {
    const auto set = name.set("Ada");
    if (!set) {
        std::cout << set.error().message() << '\n';
    }
    co_return;
}
//! [set_once]

edo::Task<void> meet() {
    edo::sync::SetOnce<std::string> name;
    co_await edo::join(greet(name), announce(name), announce(name));
}

}  // namespace

int main() {
    edo::run([]() -> edo::Task<void> {
        co_await download_all();
        co_await use_session();
        co_await use_door();
        co_await serve_for_a_while();
        co_await stop_asking();
        co_await trade();
        co_await simulate_all();
        co_await use_settings_twice();
        co_await meet();
    }());
}
