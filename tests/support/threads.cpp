// SPDX-License-Identifier: MIT
#include "support/threads.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <filesystem>
#include <iterator>
#include <sys/single_threaded.h>
#include <thread>

namespace edo::test {

namespace {

std::size_t threads_now() {
    const std::filesystem::directory_iterator all("/proc/self/task");
    return std::size_t(std::distance(begin(all), end(all)));
}

/// False for good once there was a second thread: what the C library goes by.
bool is_single() {
    return bool(::__libc_single_threaded);
}

}  // namespace

std::size_t count_threads() {
    // ThreadSanitizer adds a thread of its own when the first one starts: have it in each count.
    static const bool started = (std::thread([] {}).join(), true);
    static_cast<void>(started);
    return threads_now();
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

NoNewThread::NoNewThread() : threads_(threads_now()), was_single_(is_single()) {}

NoNewThread::~NoNewThread() {
    BOOST_TEST(threads_now() == threads_);
    BOOST_TEST(is_single() == was_single_);
}

}  // namespace edo::test
