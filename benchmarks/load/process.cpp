// SPDX-License-Identifier: MIT
#include "process.hpp"

#include "arguments.hpp"

#include <cerrno>
#include <cstdio>
#include <exception>
#include <sched.h>
#include <sys/resource.h>
#include <system_error>
#include <unistd.h>

namespace load {

namespace {

constexpr rlim_t kOtherDescriptors = 16;
constexpr unsigned kGraceSeconds = 60;

}  // namespace

void pin(const std::vector<int>& cpus) {
    if (cpus.empty()) {
        return;
    }
    cpu_set_t set;
    CPU_ZERO(&set);
    for (const int cpu : cpus) {
        CPU_SET(static_cast<std::size_t>(cpu), &set);
    }
    if (sched_setaffinity(0, sizeof set, &set) != 0) {
        throw std::system_error(errno, std::generic_category(), "--cpu");
    }
}

bool become_urgent() {
    const sched_param priority{.sched_priority = 1};
    return sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &priority) == 0;
}

void raise_descriptor_limit(std::size_t descriptors) {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (descriptors + kOtherDescriptors > limit.rlim_cur) {
        throw UsageError{"these are more connections than this process may open; see ulimit -Hn"};
    }
}

void end_after(std::chrono::nanoseconds expected) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(expected);
    alarm(static_cast<unsigned>(seconds.count()) + kGraceSeconds);
}

int guarded_main(const char* name, const char* usage, int (*run)(int, char**), int argc,
                 char** argv) {
    try {
        return run(argc, argv);
    } catch (const UsageError& error) {
        std::fprintf(stderr, "%s: %s\n%s", name, error.what.c_str(), usage);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", name, error.what());
    }
    return 2;
}

}  // namespace load
