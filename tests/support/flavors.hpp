// SPDX-License-Identifier: MIT
// One test, every kind of runtime.
#pragma once

#include "support/leak_guard.hpp"
#include <edo/runtime/runtime.hpp>

#include <boost/test/unit_test.hpp>

#include <concepts>
#include <string>
#include <utility>
#include <vector>

namespace edo::test {

/// A kind of runtime, and how to build one.
struct RuntimeKind {
    RuntimeKind(std::string kind_name, Builder kind_builder)
        : name(std::move(kind_name)), builder(std::move(kind_builder)) {}

    std::string name;
    Builder builder;
};

/// current_thread, one worker, four workers.
[[nodiscard]] std::vector<RuntimeKind> flavors();
/// The same, each with the reactors that there are for it.
[[nodiscard]] std::vector<RuntimeKind> flavors_and_reactors();

/// Calls `body` for each kind, either with a running `Runtime&`, or with a `Builder` to change and
/// build from. Says in messages of failed checks which kind it was, and checks that nothing leaks.
template <class Body>
void for_each_kind(const std::vector<RuntimeKind>& kinds, Body& body) {
    for (const RuntimeKind& kind : kinds) {
        BOOST_TEST_CONTEXT("runtime: " << kind.name) {
            const LeakGuard guard;
            if constexpr (std::invocable<Body&, Runtime&>) {
                Runtime runtime = kind.builder.build();
                body(runtime);
            } else {
                body(Builder(kind.builder));
            }
        }
    }
}

/// ```cpp
/// for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(some_task()); });
/// ```
template <class Body>
void for_each_flavor(Body body) {
    for_each_kind(flavors(), body);
}

/// The same with each reactor: for tests of sockets.
template <class Body>
void for_each_flavor_and_reactor(Body body) {
    for_each_kind(flavors_and_reactors(), body);
}

}  // namespace edo::test
