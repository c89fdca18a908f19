// SPDX-License-Identifier: MIT
#pragma once

#include <edo/runtime/join_handle.hpp>
#include <edo/runtime/task/task.hpp>

#include <type_traits>

namespace bench {

/// Waits for a driver that must not fail; for `block_on`.
template <class T>
edo::Task<T> join(edo::JoinHandle<T> driver) {
    auto ended = co_await driver;
    if (!ended) {
        ended.error().rethrow();
    }
    if constexpr (!std::is_void_v<T>) {
        co_return *ended;
    }
}

}  // namespace bench
