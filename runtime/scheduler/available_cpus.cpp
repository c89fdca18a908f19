// SPDX-License-Identifier: MIT
#include "edo/runtime/scheduler/available_cpus.hpp"

#include "edo/runtime/errors.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sched.h>
#include <string>
#include <thread>

namespace edo::detail {

namespace {

unsigned affinity_cpus() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (::sched_getaffinity(0, sizeof set, &set) == 0) {
        return unsigned(CPU_COUNT(&set));
    }
    return std::max(1U, std::thread::hardware_concurrency());
}

/// Whole CPUs of a quota and a period in microseconds, rounded up; 0 where there is no limit.
unsigned quota_cpus(double quota, double period) {
    return quota > 0 && period > 0 ? unsigned(std::ceil(quota / period)) : 0;
}

unsigned cgroup_cpus() {
    std::string quota;
    double period = 0;
    if (std::ifstream v2("/sys/fs/cgroup/cpu.max"); v2 >> quota >> period && quota != "max") {
        return quota_cpus(std::strtod(quota.c_str(), nullptr), period);
    }
    double quota_us = 0;
    std::ifstream v1_quota("/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
    std::ifstream v1_period("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
    if (v1_quota >> quota_us && v1_period >> period) {
        return quota_cpus(quota_us, period);
    }
    return 0;
}

}  // namespace

unsigned default_worker_count() {
    if (const char* const text = std::getenv("EDO_WORKER_THREADS")) {
        char* end = nullptr;
        const long count = std::strtol(text, &end, 10);
        if (end == text || *end != '\0' || count < 1 || count > 32767) {
            throw UsageError("edo: EDO_WORKER_THREADS must be a number from 1 to 32767, not '" +
                             std::string(text) + "'");
        }
        return unsigned(count);
    }
    const unsigned limit = cgroup_cpus();
    const unsigned cpus = affinity_cpus();
    return std::max(1U, limit == 0 ? cpus : std::min(cpus, limit));
}

}  // namespace edo::detail
