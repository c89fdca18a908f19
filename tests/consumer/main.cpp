// SPDX-License-Identifier: MIT

#include <edo/edo.hpp>

#include <chrono>

using namespace std::chrono_literals;

edo::Task<void> async_main() {
    co_await edo::sleep(1ms);
}

int main() {
    edo::run(async_main());
}
