// SPDX-License-Identifier: MIT
// Tasks and values for the checks of channels.
#pragma once

#include "edo_model.hpp"

#include <memory>
#include <utility>

namespace edo::model {

/// Lies on the heap: who reads it without having been given it races with who made it, and a value
/// that is dropped twice, or never, is noticed.
using Value = std::unique_ptr<int>;

inline Value value(int number) {
    return std::make_unique<int>(number);
}

/// The sum of all until the end.
template <class From>
Task<int> sum_of_all(From receiver) {
    int sum = 0;
    for (;;) {
        auto received = co_await receiver.recv();
        if (!received) {
            co_return sum;
        }
        sum += **received;
    }
}

/// The sum of so many; then the receiver goes.
template <class From>
Task<int> sum_of(From receiver, int count) {
    int sum = 0;
    for (int i = 0; i < count; ++i) {
        auto received = co_await receiver.recv();
        sum += received ? **received : -100;
    }
    co_return sum;
}

}  // namespace edo::model
