// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/h1/limits.hpp"
#include "edo/runtime/time/instant.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace edo::http::h2 {

/// What a client's connection is told when it is made.
struct ClientOptions {
    ClientOptions() = default;

    /// Of the head and the trailers of an answer.
    h1::Limits limits;
    /// How many bytes of one answer may come ahead of the task that reads it.
    std::uint32_t window = std::uint32_t{1} << 20;
    /// After which silence the server is asked whether it is there, while it owes an answer.
    std::optional<Duration> ping_interval;
    /// How long that may take.
    Duration ping_timeout = std::chrono::seconds(20);
};

}  // namespace edo::http::h2
