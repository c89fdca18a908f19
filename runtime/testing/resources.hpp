// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/handle.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace edo::testing {

/// What a test may leave behind, counted at one moment. Two of them, from before and after, tell
/// what leaked.
///
/// Other threads, a runtime's among them, may be about to free something that is over already: look
/// again for a while before you call it a leak, or count where no runtime is alive.
///
/// @par Example
/// @snippet testing.cpp resources
struct Resources {
    Resources() = default;

    std::int64_t frames = 0;  ///< coroutine frames, tasks and their like, in the whole process
    /// Open file descriptors of the process, but for the one that it keeps for signals from the
    /// first `signal::Signal` on.
    std::size_t descriptors = 0;
    std::size_t timers = 0;  ///< armed timers of one runtime; 0 if none was given

    /// Counts frames and descriptors.
    /// @throws std::system_error if the descriptors of the process cannot be listed.
    [[nodiscard]] static Resources now();
    /// Counts the timers of `runtime`, too.
    [[nodiscard]] static Resources now(const Handle& runtime);

    friend bool operator==(const Resources&, const Resources&) = default;
};

/// For example "frames +2, descriptors -1"; "nothing" if they are equal.
[[nodiscard]] std::string difference(const Resources& before, const Resources& after);

}  // namespace edo::testing
