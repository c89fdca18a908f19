// SPDX-License-Identifier: MIT
// The examples in the documentation of spawn, spawn_blocking and JoinHandle.
#include <edo/edo.hpp>

#include <chrono>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <utility>

using namespace std::chrono_literals;

namespace {

//! [spawn]
edo::Task<int> count_words(std::string text) {  // by value: the task may outlive its caller
    std::istringstream words(text);
    int count = 0;
    for (std::string word; words >> word; ++count) {
        co_await edo::yield_now();  // a long computation gives others a turn now and then
    }
    co_return count;
}

edo::Task<void> count_both() {
    edo::JoinHandle<int> first = edo::spawn(count_words("to be or not to be"));
    edo::JoinHandle<int> second = edo::spawn(count_words("that is the question"));
    // Both run by now, perhaps on other threads.
    const auto words_of_first = co_await first;
    const auto words_of_second = co_await second;
    std::cout << words_of_first.value() + words_of_second.value() << " words\n";
}
//! [spawn]

//! [join_handle]
edo::Task<void> watch(edo::JoinHandle<int> worker) {
    auto first = co_await edo::select(worker, edo::sleep(5s));  // `worker` stays ours
    if (first.is<1>()) {
        worker.abort();  // it takes too long; its destructors run where it is suspended
    }
    if (worker.valid()) {
        const edo::JoinResult<int> result = co_await worker;
        if (result) {
            std::cout << "finished just in time: " << *result << '\n';
        } else if (result.error().is_cancelled()) {
            std::cout << "stopped\n";
        } else {
            std::cout << result.error().message() << '\n';  // an exception left the task
        }
    }
}
//! [join_handle]

//! [spawn_blocking]
std::string read_file(const std::string& name) {
    std::ostringstream content;
    content << std::ifstream(name).rdbuf();  // may block: not for a worker thread
    return content.str();
}

edo::Task<void> print_file(std::string name) {
    auto reading = edo::spawn_blocking([name] { return read_file(name); });
    const edo::JoinResult<std::string> content = co_await reading;
    std::cout << content.value();
}
//! [spawn_blocking]

}  // namespace

int main() {
    edo::run([]() -> edo::Task<void> {
        co_await count_both();
        co_await watch(edo::spawn(count_words("brevity is the soul of wit")));
        co_await print_file("/proc/version");
    }());
}
