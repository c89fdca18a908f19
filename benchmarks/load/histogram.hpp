// SPDX-License-Identifier: MIT
// A histogram of latencies: constant memory, a relative error below 1.6 % at every scale.

#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace load {

/// Counts nanoseconds in buckets: 64 of them for each power of two.
class Histogram {
public:
    void record(std::uint64_t value) {
        ++buckets_[bucket_of(value)];
        ++count_;
        max_ = std::max(max_, value);
    }

    std::uint64_t count() const { return count_; }
    std::uint64_t max() const { return max_; }

    /// The smallest value, rounded up to the end of its bucket, that at least `fraction` of all
    /// recorded values do not exceed; 0 when nothing was recorded.
    std::uint64_t quantile(double fraction) const {
        const auto rank = static_cast<std::uint64_t>(
            std::max(1.0, std::ceil(fraction * static_cast<double>(count_))));
        std::uint64_t seen = 0;
        for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
            seen += buckets_[bucket];
            if (seen >= rank) {
                return std::min(last_value_of(bucket), max_);
            }
        }
        return max_;
    }

private:
    static constexpr unsigned kBits = 6;
    static constexpr std::uint64_t kBucketsAPower = 1u << kBits;

    // Values below 2 * kBucketsAPower have a bucket each. Above, `shift` low bits are dropped so
    // that what is left starts with a one and has kBits + 1 bits.
    static std::size_t bucket_of(std::uint64_t value) {
        const auto width = static_cast<unsigned>(std::bit_width(value));
        const unsigned shift = width > kBits + 1 ? width - kBits - 1 : 0;
        return (value >> shift) + shift * kBucketsAPower;
    }

    static std::uint64_t last_value_of(std::size_t bucket) {
        const std::size_t shift = bucket < 2 * kBucketsAPower ? 0 : bucket / kBucketsAPower - 1;
        return ((bucket - shift * kBucketsAPower + 1) << shift) - 1;
    }

    std::array<std::uint64_t, (64 - kBits + 1) * kBucketsAPower> buckets_{};
    std::uint64_t count_ = 0;
    std::uint64_t max_ = 0;
};

}  // namespace load
