// SPDX-License-Identifier: MIT
// Tasks to put into a set.
#pragma once

#include "support/event.hpp"
#include "support/flavors.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/join_set.hpp>

#include <optional>
#include <stdexcept>
#include <string>

namespace edo::test {

inline edo::Task<int> yields(int value) {
    co_return value;
}

inline edo::Task<int> yields_after(Event& event, int value) {
    co_await event;
    co_return value;
}

inline edo::Task<int> waits_for_ever(CountsDestruction /*counts*/) {
    Event never;
    co_await never;
    co_return 0;
}

inline edo::Task<int> throws(std::string text) {
    throw std::runtime_error(text);
    co_return 0;
}

inline edo::Task<void> until_alone() {
    while (edo::Handle::current().alive_tasks() > 0) {
        co_await edo::yield_now();
    }
}

using Next = std::optional<edo::JoinResult<int>>;

}  // namespace edo::test
