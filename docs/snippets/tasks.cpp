// SPDX-License-Identifier: MIT
// The examples in the documentation of AbortHandle, AbortOnDrop and JoinSet.
#include <edo/edo.hpp>
#include <edo/runtime/abort_on_drop.hpp>
#include <edo/runtime/join_set.hpp>

#include <chrono>
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

namespace {

edo::Task<std::string> fetch(std::string page) {
    co_await edo::sleep(1ms);
    co_return "content of " + page;
}

//! [abort_handle]
edo::Task<void> watchdog(edo::AbortHandle watched) {
    co_await edo::sleep(5s);
    watched.abort();  // nothing happens if the task has ended
}

edo::Task<void> fetch_with_watchdog() {
    edo::JoinHandle<std::string> fetching = edo::spawn(fetch("index.html"));
    edo::spawn(watchdog(fetching.abort_handle())).detach();
    const edo::JoinResult<std::string> content = co_await fetching;
    std::cout << content.value_or("it took too long") << '\n';
}
//! [abort_handle]

//! [abort_on_drop]
edo::Task<void> tick() {
    for (;;) {
        co_await edo::sleep(1ms);
        std::cout << '.';
    }
}

edo::Task<void> work_with_progress() {
    const edo::AbortOnDrop<void> progress(edo::spawn(tick()));
    co_await edo::sleep(10ms);
}  // the ticks end here, also if the work is cancelled or throws
//! [abort_on_drop]

//! [join_set]
edo::Task<void> fetch_all(std::vector<std::string> pages) {
    edo::JoinSet<std::string> fetches;
    for (std::string& page : pages) {
        fetches.spawn(fetch(std::move(page)));
    }
    while (std::optional<edo::JoinResult<std::string>> next = co_await fetches.join_next()) {
        if (*next) {
            std::cout << **next << '\n';  // in the order in which they arrive
        } else {
            std::cout << next->error().message() << '\n';
        }
    }
}  // were it cancelled, all fetches would be aborted
//! [join_set]

}  // namespace

int main() {
    edo::run([]() -> edo::Task<void> {
        co_await fetch_with_watchdog();
        co_await work_with_progress();
        std::vector<std::string> pages{"index.html", "news.html"};
        co_await fetch_all(std::move(pages));
    }());
}
