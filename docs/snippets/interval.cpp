// SPDX-License-Identifier: MIT
// The examples in the documentation of Interval and DelayQueue.
#include <edo/edo.hpp>
#include <edo/runtime/delay_queue.hpp>
#include <edo/runtime/interval.hpp>

#include <chrono>
#include <iostream>
#include <string>

using namespace std::chrono_literals;

namespace {

//! [interval]
edo::Task<void> report_three_times() {
    edo::Interval interval = edo::interval(10ms);
    interval.set_missed_tick_behavior(edo::MissedTickBehavior::Skip);
    for (int i = 0; i < 3; ++i) {
        static_cast<void>(co_await interval.tick());
        std::cout << "still alive\n";
    }
}
//! [interval]

//! [delay_queue]
edo::Task<void> expire_sessions() {
    edo::DelayQueue<std::string> sessions;
    const edo::DelayKey ada = sessions.insert("Ada", 10ms);
    sessions.insert("Grace", 20ms);
    sessions.reset(ada, 30ms);  // was seen again
    while (const auto expired = co_await sessions.next()) {
        std::cout << expired->value << " has gone\n";
    }
}
//! [delay_queue]

}  // namespace

int main() {
    edo::Runtime runtime = edo::Builder::current_thread().start_paused().build();
    runtime.block_on(
        []() -> edo::Task<void> { co_await edo::join(report_three_times(), expire_sessions()); });
}
