// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace edo {

/// Buckets that get wider with the durations they count, so that a short and a long one are known
/// equally well: 2^p of them for each doubling of the duration.
///
/// The scheme is that of H2 histograms, which Tokio uses, too: https://h2histogram.org
///
/// @par Misuse
/// What cannot be throws `UsageError` when `HistogramConfiguration::log` is called.
class LogHistogram {
public:
    /// 100 ns to 60 s, 25 % wide.
    LogHistogram() noexcept = default;

    /// Shorter durations are counted in the first bucket. Rounded down to a power of two of
    /// nanoseconds.
    LogHistogram& min_value(std::chrono::nanoseconds value) noexcept;
    /// Longer durations are counted in the last bucket.
    LogHistogram& max_value(std::chrono::nanoseconds value) noexcept;
    /// How wide a bucket may be in proportion to its durations: from 0.001 to 1.
    LogHistogram& max_error(double error) noexcept;
    /// The same as `p`: a bucket is at most 2^-p of its durations wide, for p up to 10.
    LogHistogram& precision_exact(unsigned p) noexcept;
    /// Makes the buckets as much wider as is needed to have at most `count` of them.
    LogHistogram& max_buckets(std::size_t count) noexcept;

private:
    friend class HistogramConfiguration;

    std::chrono::nanoseconds min_{100};
    std::chrono::nanoseconds max_ = std::chrono::seconds(60);
    double error_ = 0.25;
    unsigned precision_ = 0;  // with `exact_`
    bool exact_ = false;
    std::size_t max_buckets_ = 0;  // 0: as many as needed
};

/// Durations from the first to before the second; the last bucket of a histogram has no end but
/// `nanoseconds::max()`.
struct HistogramRange {
    HistogramRange(std::chrono::nanoseconds range_start,
                   std::chrono::nanoseconds range_end) noexcept
        : start(range_start), end(range_end) {}

    std::chrono::nanoseconds start;
    std::chrono::nanoseconds end;
};

/// Which durations each bucket of a histogram counts; see `Builder`.
///
/// @par Example
/// @snippet metrics.cpp histogram
class HistogramConfiguration {
public:
    /// `buckets` buckets, each `width` wide, beginning at 0. Longer durations are counted in the
    /// last one.
    /// @throws UsageError unless both are positive.
    [[nodiscard]] static HistogramConfiguration linear(std::chrono::nanoseconds width,
                                                       std::size_t buckets);
    /// Buckets that get wider with their durations.
    /// @throws UsageError if the settings contradict each other.
    [[nodiscard]] static HistogramConfiguration log(const LogHistogram& settings = LogHistogram());

    [[nodiscard]] std::size_t num_buckets() const noexcept { return buckets_; }
    /// The bucket that counts a duration.
    [[nodiscard]] std::size_t bucket_of(std::chrono::nanoseconds duration) const noexcept;
    /// @throws UsageError if there is no such bucket.
    [[nodiscard]] HistogramRange bucket_range(std::size_t bucket) const;

private:
    HistogramConfiguration() = default;
    [[nodiscard]] std::size_t index_of(std::uint64_t units) const noexcept;
    [[nodiscard]] std::chrono::nanoseconds start_of(std::size_t bucket) const noexcept;

    std::size_t buckets_ = 0;
    std::uint64_t width_ = 0;  // of a linear one, in ns; else 0
    unsigned shift_ = 0;       // of a logarithmic one: 2^shift ns are the unit
    unsigned precision_ = 0;   // 2^precision buckets for each doubling
};

}  // namespace edo
