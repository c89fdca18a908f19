// SPDX-License-Identifier: MIT
// The examples in the documentation of fork_join.
#include <edo/edo.hpp>
#include <edo/runtime/fork_join.hpp>

#include <algorithm>
#include <cstddef>
#include <iostream>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace {

//! [fork_join]
edo::Task<void> sort(std::span<int> numbers) {  // borrows them
    constexpr std::size_t kFew = 1000;          // for which a sort of its own is quick enough
    if (numbers.size() <= kFew) {
        std::sort(numbers.begin(), numbers.end());
        co_return;
    }
    const std::size_t half = numbers.size() / 2;
    std::nth_element(numbers.begin(), numbers.begin() + std::ptrdiff_t(half), numbers.end());
    co_await edo::fork_join(sort(numbers.first(half)), sort(numbers.subspan(half)));
}
//! [fork_join]

//! [fork_join_all]
edo::Task<std::size_t> count_words(std::string text) {
    const std::size_t spaces = std::size_t(std::count(text.begin(), text.end(), ' '));
    co_return text.empty() ? 0 : spaces + 1;
}

edo::Task<std::size_t> count_all_words(std::vector<std::string> texts) {
    std::vector<edo::Task<std::size_t>> counts;
    for (std::string& text : texts) {
        counts.push_back(count_words(std::move(text)));
    }
    const std::vector<std::size_t> words = co_await edo::fork_join_all(std::move(counts));
    std::size_t sum = 0;
    for (const std::size_t of_one : words) {
        sum += of_one;
    }
    co_return sum;
}
//! [fork_join_all]

}  // namespace

int main() {
    edo::run([]() -> edo::Task<void> {
        std::vector<int> numbers(10'000);
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            numbers[i] = int((i * 7919) % numbers.size());
        }
        co_await sort(numbers);
        std::cout << std::is_sorted(numbers.begin(), numbers.end()) << '\n';
        std::vector<std::string> texts{"to be", "or not to be", ""};
        const std::size_t words = co_await count_all_words(std::move(texts));
        std::cout << words << '\n';
    }());
}
