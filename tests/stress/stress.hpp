// SPDX-License-Identifier: MIT
// What stress tests share: seeds that are printed, a limit of time, and pieces of load.
#pragma once

#include "support/event.hpp"
#include "support/threads.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/core/random.hpp>
#include <edo/runtime/core/sanitizers.hpp>
#include <edo/runtime/reactor/io_op.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace edo::test {

/// The seed of this process: EDO_STRESS_SEED, or a random one.
[[nodiscard]] std::uint64_t stress_seed();

/// How many rounds a test makes: fewer in builds with a sanitizer.
[[nodiscard]] constexpr int rounds(int count) {
    return detail::kSanitized ? count / 4 : count;
}

/// A generator for part `n` of a test.
[[nodiscard]] inline detail::Random random_of(std::uint64_t n) {
    return detail::Random(stress_seed() + n * 0x9E3779B97F4A7C15U);
}

/// Prints the seed with each failed check, and ends the process, with the seed, when the test
/// hangs.
class [[nodiscard]] StressGuard {
public:
    explicit StressGuard(const char* test, std::chrono::seconds limit = std::chrono::seconds(50));
    ~StressGuard();
    StressGuard(const StressGuard&) = delete;
    StressGuard& operator=(const StressGuard&) = delete;

private:
    void watch(const char* test, std::chrono::seconds limit);

    std::mutex lock_;
    std::condition_variable changed_;
    bool over_ = false;
    std::thread watcher_;
};

/// Threads that are not part of any runtime and set the events that tasks wait for.
class ForeignWakers {
public:
    explicit ForeignWakers(unsigned threads);
    /// Sets what is left first.
    ~ForeignWakers();
    ForeignWakers(const ForeignWakers&) = delete;
    ForeignWakers& operator=(const ForeignWakers&) = delete;

    /// An event that one of the threads sets soon.
    [[nodiscard]] std::shared_ptr<Event> soon();

private:
    void work();

    std::mutex lock_;
    std::condition_variable changed_;
    std::vector<std::shared_ptr<Event>> queue_;
    bool over_ = false;
    std::vector<std::thread> threads_;
};

/// Two connected, non-blocking stream sockets.
struct SocketPair {
    SocketPair();
    detail::IoSourcePtr a;
    detail::IoSourcePtr b;
};

/// Reads one byte. False at the end of the stream, and on errors.
class [[nodiscard]] ReadByte : public detail::IoOp {
public:
    explicit ReadByte(detail::IoSource& source) noexcept
        : IoOp(source, detail::Direction::Read, &ReadByte::attempt) {}
    bool await_resume() const noexcept { return !wait_error() && count_ == 1; }

private:
    static bool attempt(IoOp& op, std::uint32_t generation) noexcept;
    long count_ = 0;
};

/// Writes one byte. False on errors.
class [[nodiscard]] WriteByte : public detail::IoOp {
public:
    explicit WriteByte(detail::IoSource& source) noexcept
        : IoOp(source, detail::Direction::Write, &WriteByte::attempt) {}
    bool await_resume() const noexcept { return !wait_error() && count_ == 1; }

private:
    static bool attempt(IoOp& op, std::uint32_t generation) noexcept;
    long count_ = 0;
};

/// Ends the process, with the seed, unless `condition` holds: checks of Boost.Test belong to the
/// main thread.
void must(bool condition);

}  // namespace edo::test
