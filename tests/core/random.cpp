// SPDX-License-Identifier: MIT
#include <edo/runtime/core/random.hpp>

#include <boost/test/unit_test.hpp>

#include <array>

using edo::detail::Random;

namespace {

BOOST_AUTO_TEST_SUITE(random_numbers)

BOOST_AUTO_TEST_CASE(are_the_same_for_the_same_seed) {
    Random a(7);
    Random b(7);
    Random c(8);
    bool differs = false;
    for (int i = 0; i < 100; ++i) {
        const std::uint64_t n = a.next();
        BOOST_TEST(n == b.next());
        differs = differs || n != c.next();
    }
    BOOST_TEST(differs);
}

BOOST_AUTO_TEST_CASE(are_spread_evenly_below_their_bound) {
    Random random(1);
    std::array<int, 5> counts{};
    for (int i = 0; i < 10'000; ++i) {
        ++counts.at(random.below(5));
    }
    for (const int count : counts) {
        BOOST_TEST(count > 1800);
        BOOST_TEST(count < 2200);
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
