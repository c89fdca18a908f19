// SPDX-License-Identifier: MIT
// The examples in the documentation of sleep, timeout and the paused clock.
#include <edo/edo.hpp>

#include <chrono>
#include <iostream>
#include <string>

using namespace std::chrono_literals;

namespace {

//! [sleep]
edo::Task<void> tick() {
    edo::Instant next = edo::now();
    for (int i = 0; i < 3; ++i) {
        next += 10ms;
        co_await edo::sleep_until(next);  // no drift, however long the loop's body takes
        std::cout << "tick\n";
    }
    co_await edo::sleep(5ms);
}
//! [sleep]

//! [timeout]
edo::Task<std::string> slow_answer() {
    co_await edo::sleep(1h);
    co_return "too late";
}

edo::Task<void> ask() {
    const edo::Result<std::string> answer = co_await edo::timeout(10ms, slow_answer());
    if (answer) {
        std::cout << *answer << '\n';
    } else {
        std::cout << answer.error().message() << '\n';  // deadline has elapsed
    }
}
//! [timeout]

//! [paused]
void a_test_of_slow_code_that_takes_no_time() {
    edo::Runtime runtime = edo::Builder::current_thread().start_paused().build();
    runtime.block_on([]() -> edo::Task<void> {
        const edo::Instant start = edo::now();
        const std::string answer = co_await slow_answer();  // sleeps for an hour
        std::cout << answer << " after " << (edo::now() - start) / 1h << " hour\n";
    });
}
//! [paused]

}  // namespace

int main() {
    edo::run([]() -> edo::Task<void> { co_await edo::join(tick(), ask()); }());
    a_test_of_slow_code_that_takes_no_time();
}
