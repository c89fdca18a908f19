// SPDX-License-Identifier: MIT
#include "edo/runtime/histogram.hpp"

#include "edo/runtime/errors.hpp"

#include <algorithm>
#include <bit>
#include <string>

namespace edo {

namespace {

constexpr unsigned kMostPrecise = 10;

std::uint64_t count_of(std::chrono::nanoseconds duration) noexcept {
    return std::uint64_t(std::max<std::int64_t>(duration.count(), 0));
}

}  // namespace

LogHistogram& LogHistogram::min_value(std::chrono::nanoseconds value) noexcept {
    min_ = value;
    return *this;
}

LogHistogram& LogHistogram::max_value(std::chrono::nanoseconds value) noexcept {
    max_ = value;
    return *this;
}

LogHistogram& LogHistogram::max_error(double error) noexcept {
    error_ = error;
    exact_ = false;
    return *this;
}

LogHistogram& LogHistogram::precision_exact(unsigned p) noexcept {
    precision_ = p;
    exact_ = true;
    return *this;
}

LogHistogram& LogHistogram::max_buckets(std::size_t count) noexcept {
    max_buckets_ = count;
    return *this;
}

HistogramConfiguration HistogramConfiguration::linear(std::chrono::nanoseconds width,
                                                      std::size_t buckets) {
    if (width.count() <= 0 || buckets == 0) {
        throw UsageError("edo: a histogram needs at least one bucket, and buckets that are wide");
    }
    HistogramConfiguration made;
    made.buckets_ = buckets;
    made.width_ = std::uint64_t(width.count());
    return made;
}

HistogramConfiguration HistogramConfiguration::log(const LogHistogram& settings) {
    if (settings.min_.count() <= 0 || settings.max_ < settings.min_) {
        throw UsageError("edo: a LogHistogram needs 0 < min_value <= max_value");
    }
    if (settings.exact_ ? settings.precision_ > kMostPrecise
                        : !(settings.error_ >= 0.001 && settings.error_ <= 1)) {
        throw UsageError(
            "edo: a LogHistogram has a max_error from 0.001 to 1, or a precision of at most 10");
    }
    HistogramConfiguration made;
    made.shift_ = unsigned(std::bit_width(count_of(settings.min_)) - 1);
    made.precision_ = settings.precision_;
    if (!settings.exact_) {
        made.precision_ = 0;
        for (double error = 1; error > settings.error_ && made.precision_ < kMostPrecise;) {
            error /= 2;
            ++made.precision_;
        }
    }
    for (;;) {
        made.buckets_ = made.index_of(count_of(settings.max_) >> made.shift_) + 1;
        if (settings.max_buckets_ == 0 || made.buckets_ <= settings.max_buckets_) {
            return made;
        }
        if (made.precision_ == 0) {
            throw UsageError("edo: a LogHistogram from min_value to max_value needs at least " +
                             std::to_string(made.buckets_) + " buckets");
        }
        --made.precision_;
    }
}

/// Below 2^p the buckets are one unit wide. From there on, each doubling, from 2^e to 2^(e + 1), is
/// cut into 2^p of them, so the p + 1 highest bits of the number tell which one it is.
std::size_t HistogramConfiguration::index_of(std::uint64_t units) const noexcept {
    if (units >> precision_ == 0) {
        return std::size_t(units);
    }
    const auto drop = unsigned(std::bit_width(units)) - 1 - precision_;
    return (std::size_t(drop) << precision_) + std::size_t(units >> drop);
}

std::size_t HistogramConfiguration::bucket_of(std::chrono::nanoseconds duration) const noexcept {
    const std::uint64_t count = count_of(duration);
    const std::size_t index = width_ != 0 ? std::size_t(count / width_) : index_of(count >> shift_);
    return std::min(index, buckets_ - 1);
}

std::chrono::nanoseconds HistogramConfiguration::start_of(std::size_t bucket) const noexcept {
    if (width_ != 0) {
        return std::chrono::nanoseconds(std::int64_t(bucket * width_));
    }
    const std::size_t doubling = bucket >> precision_;
    if (doubling <= 1) {
        return std::chrono::nanoseconds(std::int64_t(std::uint64_t(bucket) << shift_));
    }
    const auto drop = unsigned(doubling) - 1;
    const std::uint64_t units = std::uint64_t(bucket - (std::size_t(drop) << precision_)) << drop;
    return std::chrono::nanoseconds(std::int64_t(units << shift_));
}

HistogramRange HistogramConfiguration::bucket_range(std::size_t bucket) const {
    if (bucket >= buckets_) {
        throw UsageError("edo: there is no bucket " + std::to_string(bucket) +
                         "; the histogram has " + std::to_string(buckets_));
    }
    return {start_of(bucket),
            bucket + 1 < buckets_ ? start_of(bucket + 1) : std::chrono::nanoseconds::max()};
}

}  // namespace edo
