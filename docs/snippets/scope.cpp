// SPDX-License-Identifier: MIT
// The examples in the documentation of scope and try_scope.
#include <edo/edo.hpp>
#include <edo/runtime/scope.hpp>
#include <edo/runtime/try_scope.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <iostream>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

namespace {

//! [scope]
edo::Task<void> double_each(std::span<int> numbers) {  // borrows them
    for (int& number : numbers) {
        number *= 2;
    }
    co_return;
}

edo::Task<int> doubled_sum(std::vector<int> numbers) {
    co_await edo::scope([&numbers](edo::Scope& scope) -> edo::Task<void> {
        const std::size_t half = numbers.size() / 2;
        scope.spawn(double_each(std::span(numbers).first(half)));
        scope.spawn(double_each(std::span(numbers).subspan(half)));
        co_return;
    });
    // Both have ended here. Were this function cancelled, they would end before `numbers` does.
    int sum = 0;
    for (const int number : numbers) {
        sum += number;
    }
    co_return sum;
}
//! [scope]

//! [values]
edo::Task<int> count_letters(const std::string& text) {
    co_return static_cast<int>(text.size());
}

edo::Task<int> count_both(std::string first, std::string second) {
    const auto body = [&first, &second](edo::Scope& scope) -> edo::Task<int> {
        edo::ScopedHandle<int> one = scope.spawn(count_letters(first));
        edo::ScopedHandle<int> two = scope.spawn(count_letters(second));
        const edo::JoinResult<int> letters_of_one = co_await one;
        const edo::JoinResult<int> letters_of_two = co_await two;
        co_return letters_of_one.value() + letters_of_two.value();
    };
    co_return co_await edo::scope(body);
}
//! [values]

//! [try_scope]
edo::Task<edo::Result<void>> store(int item, std::vector<std::atomic<int>>& shelf) {
    if (item < 0) {
        co_return edo::failure(std::errc::invalid_argument);
    }
    co_await edo::sleep(1ms);
    shelf[static_cast<std::size_t>(item) % shelf.size()] += item;
    co_return edo::Result<void>();
}

edo::Task<edo::Result<void>> store_all(std::vector<int> items) {
    std::vector<std::atomic<int>> shelf(4);
    co_return co_await edo::try_scope(
        [&items, &shelf](edo::TryScope<>& scope) -> edo::Task<edo::Result<void>> {
            for (const int item : items) {
                scope.spawn(store(item, shelf));  // the first that fails ends the others
            }
            co_return edo::Result<void>();
        });
}
//! [try_scope]

}  // namespace

int main() {
    edo::run([]() -> edo::Task<void> {
        std::vector<int> numbers{1, 2, 3, 4};
        const int sum = co_await doubled_sum(std::move(numbers));
        std::cout << sum << '\n';
        const int letters = co_await count_both(std::string("to be"), std::string("or not"));
        std::cout << letters << '\n';
        std::vector<int> items{1, -1, 2};
        const edo::Result<void> stored = co_await store_all(std::move(items));
        std::cout << (stored ? "stored" : stored.error().message()) << '\n';
    }());
}
