// SPDX-License-Identifier: MIT
#include <edo/runtime/errors.hpp>
#include <edo/runtime/histogram.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>

using namespace std::chrono_literals;
using edo::HistogramConfiguration;
using edo::LogHistogram;
using std::chrono::nanoseconds;

namespace {

/// Each bucket begins where the one before it ends, and holds exactly its range.
void check_buckets(const HistogramConfiguration& histogram) {
    nanoseconds end = 0ns;
    for (std::size_t i = 0; i < histogram.num_buckets(); ++i) {
        const edo::HistogramRange range = histogram.bucket_range(i);
        BOOST_TEST(range.start.count() == end.count());
        BOOST_TEST(range.start.count() < range.end.count());
        BOOST_TEST(histogram.bucket_of(range.start) == i);
        BOOST_TEST(histogram.bucket_of(range.end - 1ns) == i);
        end = range.end;
    }
    BOOST_TEST(end.count() == nanoseconds::max().count());
    BOOST_TEST(histogram.bucket_of(-1ns) == 0U);
    BOOST_TEST(histogram.bucket_of(nanoseconds::max()) == histogram.num_buckets() - 1);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(histogram)

BOOST_AUTO_TEST_CASE(a_linear_one_has_buckets_of_one_width) {
    const auto histogram = HistogramConfiguration::linear(10us, 5);
    BOOST_TEST(histogram.num_buckets() == 5U);
    check_buckets(histogram);
    BOOST_TEST(histogram.bucket_of(9'999ns) == 0U);
    BOOST_TEST(histogram.bucket_of(10us) == 1U);
    BOOST_TEST(histogram.bucket_of(1h) == 4U);
    BOOST_TEST(histogram.bucket_range(4).start.count() == 40'000);
}

BOOST_AUTO_TEST_CASE(a_logarithmic_one_has_buckets_that_get_wider) {
    check_buckets(HistogramConfiguration::log());
    for (unsigned precision = 0; precision <= 10; ++precision) {
        const auto histogram = HistogramConfiguration::log(
            LogHistogram().min_value(1us).max_value(2s).precision_exact(precision));
        check_buckets(histogram);
        const std::size_t last = histogram.num_buckets() - 1;
        BOOST_TEST(histogram.bucket_of(2s) == last);
        for (std::size_t i = std::size_t(1) << precision; i < last; ++i) {
            const edo::HistogramRange range = histogram.bucket_range(i);
            const std::int64_t width = (range.end - range.start).count();
            BOOST_TEST((width << precision) <= range.start.count());
        }
    }
}

BOOST_AUTO_TEST_CASE(an_error_chooses_the_precision) {
    const auto coarse = HistogramConfiguration::log(LogHistogram().max_error(1));
    const auto medium = HistogramConfiguration::log(LogHistogram().max_error(0.25));
    const auto fine = HistogramConfiguration::log(LogHistogram().max_error(0.01));
    BOOST_TEST(coarse.num_buckets() < medium.num_buckets());
    BOOST_TEST(medium.num_buckets() ==
               HistogramConfiguration::log(LogHistogram().precision_exact(2)).num_buckets());
    BOOST_TEST(fine.num_buckets() ==
               HistogramConfiguration::log(LogHistogram().precision_exact(7)).num_buckets());
}

BOOST_AUTO_TEST_CASE(buckets_get_wider_until_there_are_few_enough) {
    const auto histogram =
        HistogramConfiguration::log(LogHistogram().precision_exact(8).max_buckets(100));
    BOOST_TEST(histogram.num_buckets() <= 100U);
    BOOST_TEST(histogram.num_buckets() > 50U);
    check_buckets(histogram);
    BOOST_CHECK_THROW(static_cast<void>(HistogramConfiguration::log(LogHistogram().max_buckets(3))),
                      edo::UsageError);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_is_told) {
    BOOST_CHECK_THROW(static_cast<void>(HistogramConfiguration::linear(0ns, 1)), edo::UsageError);
    BOOST_CHECK_THROW(static_cast<void>(HistogramConfiguration::linear(1ns, 0)), edo::UsageError);
    BOOST_CHECK_THROW(static_cast<void>(HistogramConfiguration::log(LogHistogram().min_value(0ns))),
                      edo::UsageError);
    BOOST_CHECK_THROW(
        static_cast<void>(HistogramConfiguration::log(LogHistogram().min_value(2s).max_value(1s))),
        edo::UsageError);
    BOOST_CHECK_THROW(static_cast<void>(HistogramConfiguration::log(LogHistogram().max_error(0))),
                      edo::UsageError);
    BOOST_CHECK_THROW(static_cast<void>(HistogramConfiguration::log(LogHistogram().max_error(2))),
                      edo::UsageError);
    BOOST_CHECK_THROW(
        static_cast<void>(HistogramConfiguration::log(LogHistogram().precision_exact(11))),
        edo::UsageError);
    BOOST_CHECK_THROW(static_cast<void>(HistogramConfiguration::linear(1ns, 1).bucket_range(1)),
                      edo::UsageError);
}

BOOST_AUTO_TEST_SUITE_END()
