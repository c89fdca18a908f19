// SPDX-License-Identifier: MIT
// Two tasks that sleep twice, joined: with edo.

#include <edo/edo.hpp>

using namespace std::chrono_literals;

edo::Task<void> sleep_twice() {
    co_await edo::sleep(1s);
    co_await edo::sleep(1s);
}

edo::Task<void> async_main() {
    co_await edo::join(sleep_twice(), sleep_twice());
}

int main() {
    edo::run(async_main());
}
