// SPDX-License-Identifier: MIT
// Jobs for threads of their own, and bytes from a reader to a writer.

#include "support.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/io/copy.hpp>
#include <edo/runtime/io/duplex.hpp>
#include <edo/runtime/io/empty.hpp>
#include <edo/runtime/io/take.hpp>

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

namespace bench {

namespace {

Task<Done> spawn_blocking(std::size_t iterations) {
    for (std::size_t i = 0; i < iterations; ++i) {
        const auto ended = co_await edo::spawn_blocking([] {});
        check(ended.has_value(), "spawn_blocking: a job failed");
    }
    co_return iterations;
}

Task<Done> spawn_blocking_burst(std::size_t iterations) {
    const std::size_t bursts = divide_up(iterations, kBatch);
    std::vector<edo::JoinHandle<void>> handles;
    handles.reserve(kBatch);
    for (std::size_t burst = 0; burst < bursts; ++burst) {
        for (std::size_t i = 0; i < kBatch; ++i) {
            handles.push_back(edo::spawn_blocking([] {}));
        }
        for (auto& handle : handles) {
            const auto ended = co_await handle;
            check(ended.has_value(), "spawn_blocking_burst: a job failed");
        }
        handles.clear();
    }
    co_return bursts* kBatch;
}

constexpr std::uint64_t kPiece = std::uint64_t{64} << 10;  // bytes, of an operation
constexpr std::size_t kPipe = std::size_t{16} << 10;       // bytes that the pipe holds

Task<Done> copy_memory(std::size_t iterations) {
    for (std::size_t i = 0; i < iterations; ++i) {
        auto reader = edo::io::take(edo::io::repeat(std::byte{1}), kPiece);
        auto writer = edo::io::sink();
        const auto copied = co_await edo::io::copy(reader, writer);
        check(copied == kPiece, "copy_memory: bytes are missing");
    }
    co_return iterations;
}

Task<void> fill_pipe(edo::io::DuplexStream pipe, std::uint64_t bytes) {
    auto reader = edo::io::take(edo::io::repeat(std::byte{1}), bytes);
    const auto copied = co_await edo::io::copy(reader, pipe);
    check(copied == bytes, "copy_pipe: the pipe broke");
}

Task<Done> copy_pipe(std::size_t iterations) {
    auto [near_end, far_end] = edo::io::duplex(kPipe);
    edo::spawn(fill_pipe(std::move(far_end), iterations * kPiece)).detach();
    auto writer = edo::io::sink();
    const auto copied = co_await edo::io::copy(near_end, writer);
    check(copied == iterations * kPiece, "copy_pipe: bytes are missing");
    co_return iterations;
}

constexpr std::array kScenarios{
    Scenario{"spawn_blocking", spawn_blocking},
    Scenario{"spawn_blocking_burst", spawn_blocking_burst},
    Scenario{"copy_memory", copy_memory},
    Scenario{"copy_pipe", copy_pipe},
};

}  // namespace

std::span<const Scenario> blocking_and_copying() {
    return kScenarios;
}

}  // namespace bench
