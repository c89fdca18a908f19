// SPDX-License-Identifier: MIT
#include "support/leak_guard.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <thread>
#include <utility>

namespace edo::test {

std::size_t armed_timers(const Handle& runtime) {
    return Resources::now(runtime).timers;
}

LeakGuard::LeakGuard() : start_(count()) {}

LeakGuard::LeakGuard(Handle runtime) : runtime_(std::move(runtime)), start_(count()) {}

LeakGuard::~LeakGuard() {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    Resources end = count();
    while (end != start_ && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        end = count();
    }
    BOOST_TEST(end.frames == start_.frames,
               "coroutine frames leaked: " << end.frames - start_.frames);
    BOOST_TEST(
        end.descriptors == start_.descriptors,
        "open descriptors: " << start_.descriptors << " before, " << end.descriptors << " after");
    BOOST_TEST(end.timers == start_.timers,
               "armed timers: " << start_.timers << " before, " << end.timers << " after");
}

Resources LeakGuard::count() const {
    return runtime_ ? Resources::now(*runtime_) : Resources::now();
}

}  // namespace edo::test
