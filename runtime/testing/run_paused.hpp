// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/runtime.hpp"
#include "edo/runtime/task/task.hpp"

#include <concepts>
#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace edo::testing {

/// The seed that `run_paused` uses unless it is told another one: any fixed number makes a test do
/// the same every time.
inline constexpr std::uint64_t kDefaultSeed = 1;

/// How `run_paused` builds its runtime: current_thread, clock paused, random choices seeded. For
/// tests that want to set more.
[[nodiscard]] inline Builder paused_builder(std::uint64_t seed = kDefaultSeed) {
    Builder builder = Builder::current_thread();
    builder.start_paused().seed(seed);
    return builder;
}

/// Runs `task` to its end where time stands still: on a current_thread runtime of its own, whose
/// clock jumps to the next timer when there is nothing else to do. A sleep of an hour takes no
/// time, and timers fire in their exact order.
///
/// The random choices of the runtime, such as the branch that `select` starts with, are the same in
/// every run.
///
/// @param seed Of the random choices.
/// @return What the task yields; an exception that leaves it is thrown here.
/// @throws UsageError if the calling thread runs tasks already.
/// @par Misuse
/// Sockets and child processes do not hold up a paused clock: a `timeout` around them is over at
/// once. Test such code with `ScriptedStream` or `io::duplex` instead. See `edo::pause`.
///
/// @par Example
/// @snippet testing.cpp run_paused
template <class T>
T run_paused(Task<T> task, std::uint64_t seed = kDefaultSeed) {
    Runtime runtime = paused_builder(seed).build();
    return runtime.block_on(std::move(task));
}

/// The same with a function that returns a task; it is kept alive until the task is done.
template <class Function>
    requires detail::TaskFactory<Function>
auto run_paused(Function&& function, std::uint64_t seed = kDefaultSeed) {
    Runtime runtime = paused_builder(seed).build();
    return runtime.block_on(std::forward<Function>(function));
}

/// Thrown by `run_paused_with_seeds`: says which seed failed and why. The exception itself is
/// nested: `std::rethrow_if_nested`.
class SeedError : public std::runtime_error {
public:
    SeedError(std::uint64_t seed, const std::string& why)
        : std::runtime_error("edo: with seed " + std::to_string(seed) + ": " + why), seed_(seed) {}

    /// To be given to `run_paused`, which then fails in the same way.
    [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }

private:
    std::uint64_t seed_;
};

/// Runs `make()` with `count` seeds, from `first` on, each on a runtime as `run_paused` has it: a
/// test that must pass whatever order the random choices give.
///
/// @param make Called once a seed; returns the task.
/// @throws SeedError with the first exception that leaves a task, nested.
///
/// @par Example
/// @snippet testing.cpp seeds
template <class Make>
    requires detail::TaskFactory<Make>
void run_paused_with_seeds(std::uint64_t count, Make make, std::uint64_t first = kDefaultSeed) {
    for (std::uint64_t i = 0; i < count; ++i) {
        try {
            static_cast<void>(run_paused(make(), first + i));
        } catch (const std::exception& error) {
            std::throw_with_nested(SeedError(first + i, error.what()));
        } catch (...) {
            std::throw_with_nested(
                SeedError(first + i, "an exception that is not a std::exception"));
        }
    }
}

}  // namespace edo::testing
