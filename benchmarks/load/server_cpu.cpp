// SPDX-License-Identifier: MIT
#include "server_cpu.hpp"

#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace load {

namespace {

std::optional<std::uint64_t> sum_of_schedstats(pid_t pid) {
    std::error_code error;
    std::filesystem::directory_iterator tasks("/proc/" + std::to_string(pid) + "/task", error);
    if (error) {
        return std::nullopt;
    }
    std::uint64_t sum = 0;
    for (; tasks != std::filesystem::directory_iterator(); tasks.increment(error)) {
        std::uint64_t on_cpu = 0;
        std::ifstream(tasks->path() / "schedstat") >> on_cpu;
        sum += on_cpu;
        if (error) {
            break;
        }
    }
    return sum;
}

}  // namespace

std::optional<std::uint64_t> process_cpu_time(pid_t pid) {
    clockid_t clock{};
    timespec time{};
    if (clock_getcpuclockid(pid, &clock) == 0 && clock_gettime(clock, &time) == 0) {
        return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000u +
               static_cast<std::uint64_t>(time.tv_nsec);
    }
    return sum_of_schedstats(pid);
}

}  // namespace load
