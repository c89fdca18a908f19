// SPDX-License-Identifier: MIT
// What each task or connection has of, and a member more would make larger for all.
#include <edo/runtime/reactor/io_source.hpp>
#include <edo/runtime/result.hpp>
#include <edo/runtime/task/task_cell.hpp>

#include <boost/test/unit_test.hpp>

#include <cstddef>

namespace {

using edo::Result;
using edo::detail::IoSource;
using edo::detail::ResultSlot;
using edo::detail::TaskCell;

BOOST_AUTO_TEST_SUITE(sizes)

BOOST_AUTO_TEST_CASE(the_result_of_a_task_takes_the_place_of_its_coroutine) {
    BOOST_TEST(sizeof(TaskCell<void>) == 80U);
    BOOST_TEST(sizeof(TaskCell<int>) == 80U);
    BOOST_TEST(sizeof(TaskCell<Result<void>>) == 80U);
    BOOST_TEST(sizeof(TaskCell<Result<std::size_t>>) == 80U);
}

BOOST_AUTO_TEST_CASE(a_result_of_one_word_takes_two) {
    BOOST_TEST(sizeof(ResultSlot<Result<void>>) == 16U);
    BOOST_TEST(sizeof(ResultSlot<Result<std::size_t>>) == 16U);
}

BOOST_AUTO_TEST_CASE(a_descriptor_takes_one_line_of_the_cache) {
    BOOST_TEST(sizeof(IoSource) == 64U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
