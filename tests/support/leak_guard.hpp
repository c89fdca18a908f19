// SPDX-License-Identifier: MIT
// Nothing may be left behind: coroutine frames, file descriptors, timers.
#pragma once

#include <edo/runtime/handle.hpp>
#include <edo/runtime/testing/resources.hpp>

#include <cstddef>
#include <optional>

namespace edo::test {

using testing::Resources;

/// The timers that are armed in a runtime.
[[nodiscard]] std::size_t armed_timers(const Handle& runtime);

/// Checks, when it goes out of scope, that there are as many frames, descriptors and timers as when
/// it was made. Threads that are just ending get a few seconds for it.
///
/// Around a runtime (made before it) it catches all that the runtime leaves; inside one, with a
/// handle, it also counts the timers of that runtime.
class [[nodiscard]] LeakGuard {
public:
    LeakGuard();
    explicit LeakGuard(Handle runtime);
    ~LeakGuard();
    LeakGuard(const LeakGuard&) = delete;
    LeakGuard& operator=(const LeakGuard&) = delete;

private:
    [[nodiscard]] Resources count() const;

    std::optional<Handle> runtime_;
    Resources start_;
};

}  // namespace edo::test
