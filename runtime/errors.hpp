// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>
#include <system_error>

namespace edo {

/// Thrown when edo is used in a way that cannot work whatever happens at run time: outside a
/// runtime, with a moved-from object, a nested `block_on`. The text says what to do instead.
class UsageError : public std::logic_error {
public:
    using std::logic_error::logic_error;
};

/// Thrown by operations that need a runtime and find none on the calling thread.
class NoRuntimeError : public UsageError {
public:
    using UsageError::UsageError;
};

/// Errors of edo itself, beside those of the operating system.
enum class Errc {
    /// The peer closed the connection before all requested bytes had arrived.
    UnexpectedEof = 1,
    /// A line, message or stream is longer than the limit that the caller set.
    LimitExceeded,
    /// Bytes are not what they must be, for example not valid UTF-8.
    InvalidData,
    /// The runtime that serves this socket or timer has been shut down.
    RuntimeShutdown,
    /// A deadline passed: see `timeout`.
    Elapsed,
    /// A write operation accepted no bytes.
    WriteZero,
};

/// The category of `Errc`, with name "edo".
[[nodiscard]] const std::error_category& error_category() noexcept;

[[nodiscard]] inline std::error_code make_error_code(Errc error) noexcept {
    return {static_cast<int>(error), error_category()};
}

}  // namespace edo

template <>
struct std::is_error_code_enum<edo::Errc> : std::true_type {};
