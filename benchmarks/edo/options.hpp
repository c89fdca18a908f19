// SPDX-License-Identifier: MIT
// The command line of edo's benchmark programs; the same options as the peers take.
#pragma once

#include <edo/runtime/runtime.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace bench {

/// Every option that any of the programs takes. A program ignores those it has no use for.
struct Options {
    std::string_view flavor = "current_thread";
    std::size_t workers = 1;
    std::size_t iterations = 100'000;
    std::size_t repeat = 5;
    std::size_t tasks = 1'000'000;
    std::size_t buffer = 4096;
    std::uint16_t port = 0;
    std::string_view io = "epoll";
    std::uint16_t to = 0;  // the port that a proxy connects to
    std::size_t compute =
        0;  // milliseconds of a task that computes beside the echo; 0: there is none
    std::size_t batch = 0;  // datagrams a system call at most; 0: one, by the plain calls
    std::size_t gro = 0;    // 1: take datagrams that the system has joined
    std::vector<std::string_view> names;  // arguments that are not options, in order

    [[nodiscard]] edo::Runtime build_runtime() const;
};

/// Reads the command line; nothing when there is a mistake in it.
[[nodiscard]] std::optional<Options> parse_options(int argc, char** argv);

}  // namespace bench
