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
using edo::detail::TaskCell;

BOOST_AUTO_TEST_SUITE(sizes)

BOOST_AUTO_TEST_CASE(the_result_of_a_task_takes_the_place_of_its_coroutine) {
    BOOST_TEST(sizeof(TaskCell<void>) == 80U);
    BOOST_TEST(sizeof(TaskCell<Result<std::size_t>>) == 96U);
}

BOOST_AUTO_TEST_CASE(a_descriptor_takes_80_bytes) {
    BOOST_TEST(sizeof(IoSource) == 80U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
