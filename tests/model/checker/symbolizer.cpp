// SPDX-License-Identifier: MIT
#include "checker/symbolizer.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <link.h>
#include <spawn.h>
#include <unistd.h>

namespace edo::model {

namespace {

/// Runs until the end of the process, and reads addresses from its input.
struct Child {
    std::FILE* in = nullptr;
    std::FILE* out = nullptr;
};
Child child;

/// Where the program itself lies in memory, without its libraries.
struct Program {
    std::uintptr_t bias = 0;
    std::uintptr_t end = 0;
};

Program program() {
    Program result;
    ::dl_iterate_phdr(
        [](dl_phdr_info* info, std::size_t, void* to) {
            auto& all = *static_cast<Program*>(to);
            all.bias = info->dlpi_addr;
            for (unsigned i = 0; i < info->dlpi_phnum; ++i) {
                const auto& part = info->dlpi_phdr[i];
                all.end = std::max<std::uintptr_t>(all.end, all.bias + part.p_vaddr + part.p_memsz);
            }
            return 1;  // the program comes first
        },
        &result);
    return result;
}

bool is_of_the_library(const Frame& frame) {
    return frame.file.find("/include/c++/") != std::string::npos ||
           frame.function.starts_with("std::");
}

}  // namespace

void start_symbolizer() {
    if (child.in != nullptr) {
        return;
    }
    int to[2];
    int from[2];
    if (::pipe2(to, O_CLOEXEC) != 0 || ::pipe2(from, O_CLOEXEC) != 0) {
        return;
    }
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, to[0], 0);
    ::posix_spawn_file_actions_adddup2(&actions, from[1], 1);
    char path[4096] = {};
    const ssize_t length = ::readlink("/proc/self/exe", path, sizeof path - 1);
    const std::string object = "--obj=" + std::string(path, length > 0 ? std::size_t(length) : 0);
    const char* const arguments[] = {EDO_MODEL_SYMBOLIZER, object.c_str(), "--inlines",
                                     "--demangle", nullptr};
    pid_t pid = 0;
    if (::posix_spawnp(&pid, EDO_MODEL_SYMBOLIZER, &actions, nullptr,
                       const_cast<char* const*>(arguments), environ) == 0) {
        child.in = ::fdopen(to[1], "w");
        child.out = ::fdopen(from[0], "r");
    }
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(to[0]);
    ::close(from[1]);
}

std::vector<Frame> frames_of(const void* pc) {
    std::vector<Frame> frames;
    static const Program all = program();
    const auto address = reinterpret_cast<std::uintptr_t>(pc);
    if (child.in == nullptr || address < all.bias || address >= all.end) {
        return frames;
    }
    std::fprintf(child.in, "0x%zx\n", std::size_t(address - 1 - all.bias));
    std::fflush(child.in);
    char line[8192];
    // A function and its place for each frame, and an empty line at the end.
    while (std::fgets(line, sizeof line, child.out) != nullptr && line[0] != '\n') {
        Frame frame;
        frame.function = line;
        frame.function.pop_back();
        if (std::fgets(line, sizeof line, child.out) == nullptr) {
            break;
        }
        std::string place = line;
        place.resize(place.rfind(':'));  // the column
        const std::size_t colon = place.rfind(':');
        frame.line = unsigned(std::strtoul(place.c_str() + colon + 1, nullptr, 10));
        frame.file = place.substr(0, colon);
        if (!is_of_the_library(frame)) {
            frames.push_back(std::move(frame));
        }
    }
    return frames;
}

std::string Frame::text() const {
    return function.substr(0, function.find('(')) + " " + file.substr(file.rfind('/') + 1) + ":" +
           std::to_string(line);
}

std::string Frame::source() const {
    std::ifstream in(file);
    std::string text;
    for (unsigned i = 0; i < line && std::getline(in, text); ++i) {
    }
    const std::size_t begin = text.find_first_not_of(' ');
    return begin == std::string::npos ? std::string() : text.substr(begin);
}

}  // namespace edo::model
