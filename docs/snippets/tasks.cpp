// SPDX-License-Identifier: MIT
// The examples in the documentation of AbortHandle, AbortOnDrop, JoinSet, JoinQueue, JoinMap and
// TaskTracker.
#include <edo/edo.hpp>
#include <edo/runtime/abort_guard.hpp>
#include <edo/runtime/abort_on_drop.hpp>
#include <edo/runtime/join_map.hpp>
#include <edo/runtime/join_queue.hpp>
#include <edo/runtime/join_set.hpp>
#include <edo/runtime/task_tracker.hpp>

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

//! [abort_guard]
edo::Task<void> first_of(std::string page, std::string mirror) {
    edo::JoinSet<std::string> fetches;
    // Whoever is later is not needed, and the set may live on.
    const edo::AbortGuard one(fetches.spawn(fetch(std::move(page))));
    const edo::AbortGuard two(fetches.spawn(fetch(std::move(mirror))));
    const auto first = co_await fetches.join_next();
    std::cout << first->value() << '\n';
}
//! [abort_guard]

//! [build_task]
edo::Task<void> fetch_with_names(std::vector<std::string> pages) {
    edo::JoinSet<std::string> fetches;
    for (std::string& page : pages) {
        auto builder = fetches.build_task();
        builder.name("fetch " + page).spawn(fetch(std::move(page)));  // seen in `dump_tasks`
    }
    co_await fetches.join_all();
}
//! [build_task]

//! [join_queue]
edo::Task<void> print_in_order(std::vector<std::string> pages) {
    edo::JoinQueue<std::string> fetches;
    for (std::string& page : pages) {
        fetches.spawn(fetch(std::move(page)));  // all at the same time
    }
    const std::vector<std::string> contents = co_await fetches.join_all();
    for (const std::string& content : contents) {
        std::cout << content << '\n';  // in the order of `pages`
    }
}
//! [join_queue]

//! [join_map]
edo::Task<void> refresh(std::vector<std::string> clicks) {
    edo::JoinMap<std::string, std::string> pages;
    for (const std::string& page : clicks) {
        pages.spawn(page, fetch(page));  // a second click aborts the first fetch of that page
    }
    for (;;) {
        const auto next = co_await pages.join_next();
        if (!next) {
            break;
        }
        std::cout << next->first << ": " << next->second.value_or("failed") << '\n';
    }
}
//! [join_map]

//! [task_tracker]
edo::Task<void> serve(int requests) {
    edo::TaskTracker tracker;
    for (int i = 0; i < requests; ++i) {
        tracker.spawn(fetch("page " + std::to_string(i))).detach();  // leaves no result behind
    }
    tracker.close();  // no more requests are accepted
    co_await tracker.wait();
    std::cout << "all requests were answered\n";
}
//! [task_tracker]

}  // namespace

int main() {
    edo::run([]() -> edo::Task<void> {
        co_await fetch_with_watchdog();
        co_await work_with_progress();
        std::vector<std::string> pages{"index.html", "news.html"};
        co_await fetch_all(std::move(pages));
        std::vector<std::string> chapters{"1.html", "2.html", "3.html"};
        co_await print_in_order(std::move(chapters));
        co_await first_of("index.html", "copy/index.html");
        std::vector<std::string> named{"1.html", "2.html"};
        co_await fetch_with_names(std::move(named));
        std::vector<std::string> clicks{"index.html", "news.html", "index.html"};
        co_await refresh(std::move(clicks));
        co_await serve(3);
    }());
}
