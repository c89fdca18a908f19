// SPDX-License-Identifier: MIT
#include "support/cancel_driver.hpp"

namespace edo::test {

void CancelScenario::begin(testing::CancelPoint point) {
    context_.emplace(BOOST_TEST_LAZY_MSG(point.message()));
}

Task<Driven> check_clean(Task<Driven> running) {
    Driven driven = co_await std::move(running);
    BOOST_TEST(driven.is_clean(), driven.message());
    co_return driven;
}

}  // namespace edo::test
