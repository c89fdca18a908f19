// SPDX-License-Identifier: MIT
// Nothing may be left behind: coroutine frames, file descriptors, timers.
#pragma once

#include <edo/runtime/handle.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace edo::test {

/// What a test may leave behind, counted now.
struct Resources {
    Resources() = default;

    std::int64_t frames = 0;      ///< coroutine frames and task cells, in the whole process
    std::size_t descriptors = 0;  ///< open file descriptors of the process
    std::size_t timers = 0;       ///< armed timers of one runtime

    /// Counts frames and descriptors.
    [[nodiscard]] static Resources now();
    /// Counts the timers of `runtime`, too.
    [[nodiscard]] static Resources now(const Handle& runtime);

    friend bool operator==(const Resources&, const Resources&) = default;
};

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
