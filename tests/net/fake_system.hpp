// SPDX-License-Identifier: MIT
// The tests' own versions of two functions of the system. They pass all calls on to the real ones,
// unless a test says otherwise.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>

namespace edo::test {

/// Look-ups of names that end in ".slow.test" hang until the test lets them go, then answer
/// 127.0.0.1. "two.test" has the addresses 127.0.0.2 and 127.0.0.1, in this order, twice.
/// "missing.test" does not exist.
class SlowLookUps {
public:
    SlowLookUps();
    ~SlowLookUps();  // lets all go and waits for them
    SlowLookUps(const SlowLookUps&) = delete;
    SlowLookUps& operator=(const SlowLookUps&) = delete;

    /// Blocks until `count` look-ups hang.
    void wait_until_hanging(std::size_t count);
    [[nodiscard]] std::size_t hanging();
    /// How many were ever started.
    [[nodiscard]] std::size_t started();
    /// Lets `count` of them go.
    void release(std::size_t count);
    /// The name of the thread of the last one.
    [[nodiscard]] std::string thread_name();
};

/// The next calls of `accept4` fail with these errors.
void fail_accepts(std::initializer_list<int> errors);
/// How often `accept4` was called in this process.
[[nodiscard]] std::size_t accept_calls();

}  // namespace edo::test
