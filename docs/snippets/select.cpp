// SPDX-License-Identifier: MIT
// The example in the documentation of select.
#include <edo/edo.hpp>

#include <chrono>
#include <iostream>
#include <string>
#include <utility>

using namespace std::chrono_literals;

namespace {

//! [select]
edo::Task<std::string> ask(std::string whom, std::chrono::milliseconds time) {
    co_await edo::sleep(time);
    co_return "answer of " + whom;
}

edo::Task<void> ask_both() {
    // The slower one is destroyed before the answer is handed over.
    auto first = co_await edo::select(ask("one", 20ms), ask("two", 10ms));
    const std::string answer =
        first.match([](std::string text) { return text; }, [](std::string text) { return text; });
    std::cout << answer << '\n';
}

edo::Task<void> ask_patiently() {
    edo::Task<std::string> answer = ask("three", 25ms);
    for (;;) {
        // By reference, the question goes on when the other branch wins.
        auto first = co_await edo::select(answer, edo::sleep(10ms));
        if (first.is<0>()) {
            std::cout << first.get<0>() << '\n';
            co_return;
        }
        std::cout << "still waiting\n";
    }
}
//! [select]

}  // namespace

int main() {
    edo::run([]() -> edo::Task<void> { co_await edo::join(ask_both(), ask_patiently()); }());
}
