// SPDX-License-Identifier: MIT
// The examples in the documentation of join and try_join.
#include <edo/edo.hpp>

#include <chrono>
#include <iostream>
#include <string>
#include <tuple>

using namespace std::chrono_literals;

namespace {

//! [join]
edo::Task<int> price_of(std::string what) {
    co_await edo::sleep(10ms);  // asks somebody, say
    co_return static_cast<int>(what.size());
}

edo::Task<void> add_up() {
    // Both wait at the same time: together they take 10 ms, not 20.
    const auto prices = co_await edo::join(price_of("tea"), price_of("biscuits"));
    std::cout << std::get<0>(prices) + std::get<1>(prices) << '\n';
}
//! [join]

//! [try_join]
edo::Task<edo::Result<int>> length_of(std::string name) {
    if (name.empty()) {
        co_return edo::failure(std::errc::invalid_argument);
    }
    co_await edo::sleep(10ms);
    co_return static_cast<int>(name.size());
}

edo::Task<edo::Result<int>> length_of_both(std::string first, std::string second) {
    const auto lengths = co_await edo::try_join(length_of(first), length_of(second));
    if (!lengths) {
        co_return edo::failure(lengths.error());  // the other one was not waited for
    }
    co_return std::get<0>(*lengths) + std::get<1>(*lengths);
}
//! [try_join]

}  // namespace

int main() {
    edo::run([]() -> edo::Task<void> {
        co_await add_up();
        const edo::Result<int> length = co_await length_of_both("Romeo", "");
        std::cout << length.error().message() << '\n';
    }());
}
