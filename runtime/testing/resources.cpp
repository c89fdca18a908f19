// SPDX-License-Identifier: MIT
#include "edo/runtime/testing/resources.hpp"

#include "edo/runtime/core/frame_pool.hpp"
#include "edo/runtime/scheduler/scheduler.hpp"
#include "edo/runtime/signal/signal_registry.hpp"

#include <filesystem>
#include <iterator>

namespace edo::testing {

namespace {

std::size_t open_descriptors() {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    const auto found = std::size_t(std::distance(begin(all), end(all)));
    return found - 1 - detail::signal_descriptors();  // not the one that lists them, either
}

std::size_t armed_timers(const Handle& runtime) {
    std::size_t sum = 0;
    for (unsigned i = 0; i < runtime.scheduler().worker_count(); ++i) {
        sum += runtime.scheduler().worker(i).timers().size();
    }
    return sum;
}

void append(std::string& text, const char* name, std::int64_t change) {
    if (change == 0) {
        return;
    }
    if (!text.empty()) {
        text += ", ";
    }
    text += name;
    text += change > 0 ? " +" : " ";
    text += std::to_string(change);
}

}  // namespace

Resources Resources::now() {
    Resources resources;
    resources.frames = detail::live_frames();
    resources.descriptors = open_descriptors();
    return resources;
}

Resources Resources::now(const Handle& runtime) {
    Resources resources = now();
    resources.timers = armed_timers(runtime);
    return resources;
}

std::string difference(const Resources& before, const Resources& after) {
    std::string text;
    append(text, "frames", after.frames - before.frames);
    append(text, "descriptors", std::int64_t(after.descriptors) - std::int64_t(before.descriptors));
    append(text, "timers", std::int64_t(after.timers) - std::int64_t(before.timers));
    return text.empty() ? "nothing" : text;
}

}  // namespace edo::testing
