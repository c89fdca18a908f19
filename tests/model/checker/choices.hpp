// SPDX-License-Identifier: MIT
// The choices that make an execution, and the next execution to try.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace edo::model {

struct Limits {
    unsigned preemptions = 2;           ///< of threads that could go on
    unsigned stale_reads = 2;           ///< loads that read not the last store
    std::uint64_t executions = 100000;  ///< tried systematically; then some at random
    std::uint64_t random = 20000;
    std::uint32_t steps = 4000;  ///< operations in one execution; more is a livelock
};

/// An execution is determined by the sequence of its choices. Systematically: depth first, the last
/// choice that has another alternative takes it. At random: drawn, with a seed that is reported.
class Choices {
public:
    /// Begins with the first execution.
    void start(const Limits& limits);
    void start_random(std::uint64_t seed);
    /// Before each execution.
    void rewind() noexcept;
    /// Goes on to the next execution; false when there is none.
    bool advance();

    /// Which thread goes on, of `count`; 0 is the one that runs. Another one is a preemption.
    unsigned preempt(unsigned count);
    /// Which thread goes on when the one that ran cannot.
    unsigned next_thread(unsigned count);
    /// How far the load lags behind, of `count` stores that it may read.
    unsigned stale_read(unsigned count);

    [[nodiscard]] bool is_random() const noexcept { return random_; }
    /// The same choices as before have led to other alternatives, or to an earlier end: the
    /// execution means nothing. To be asked when it has ended.
    [[nodiscard]] bool has_diverged() const noexcept {
        return has_diverged_ || (!random_ && depth_ < path_.size());
    }

private:
    struct Choice {
        std::uint16_t taken;
        std::uint16_t count;
    };
    unsigned choose(unsigned count);

    Limits limits_;
    std::vector<Choice> path_;
    std::size_t depth_ = 0;
    unsigned preemptions_ = 0;
    unsigned stale_reads_ = 0;
    bool random_ = false;
    bool has_diverged_ = false;
    std::minstd_rand generator_;
};

}  // namespace edo::model
