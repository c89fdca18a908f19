// SPDX-License-Identifier: MIT
#include "support/threads.hpp"

#include <chrono>
#include <filesystem>
#include <iterator>
#include <thread>

namespace edo::test {

std::size_t count_threads() {
    // ThreadSanitizer adds a thread of its own when the first one starts: have it in each count.
    static const bool started = (std::thread([] {}).join(), true);
    static_cast<void>(started);
    const std::filesystem::directory_iterator all("/proc/self/task");
    return std::size_t(std::distance(begin(all), end(all)));
}

bool threads_fall_to(std::size_t most) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (count_threads() > most) {
        if (std::chrono::steady_clock::now() > deadline) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
}

}  // namespace edo::test
