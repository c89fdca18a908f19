// SPDX-License-Identifier: MIT
#include "edo/runtime/core/leaf.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

using edo::detail::Leaf;
using edo::detail::TaggedLeafList;

namespace {

constexpr std::size_t kCount = 4;

/// Takes leaves out of a list in one order, and looks at what is left after each.
void take_out(const std::array<std::size_t, kCount>& order) {
    std::array<Leaf, kCount> leaves;
    TaggedLeafList list;
    for (std::size_t i = 0; i < kCount; ++i) {
        list.push_back(leaves[i], std::uint8_t(i));
    }
    for (const std::size_t taken : order) {
        list.remove(leaves[taken]);
        for (std::size_t i = 0; i < kCount; ++i) {
            BOOST_TEST_REQUIRE(list.has(std::uint8_t(i)) == leaves[i].is_linked());
        }
        BOOST_TEST_REQUIRE(!leaves[taken].is_linked());
        // A new one at the end finds the last one that is left, wherever the gap is.
        Leaf last;
        list.push_back(last, kCount);
        BOOST_TEST_REQUIRE(list.has(kCount));
        list.remove(last);
        BOOST_TEST_REQUIRE(!list.has(kCount));
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(leaf_list)

BOOST_AUTO_TEST_CASE(tagged_leaves_are_taken_out_in_any_order) {
    std::array<std::size_t, kCount> order{0, 1, 2, 3};
    do {
        take_out(order);
    } while (std::next_permutation(order.begin(), order.end()));
}

BOOST_AUTO_TEST_CASE(an_emptied_list_can_be_used_again) {
    TaggedLeafList list;
    Leaf leaf;
    for (int round = 0; round < 2; ++round) {
        BOOST_TEST(!list.has(1));
        list.push_back(leaf, 1);
        BOOST_TEST(list.has(1));
        list.remove(leaf);
    }
    BOOST_TEST(!list.has(1));
}

BOOST_AUTO_TEST_SUITE_END()
