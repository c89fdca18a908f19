// SPDX-License-Identifier: MIT
#pragma once

#include <unistd.h>
#include <utility>

namespace edo::io {

/// Owns a file descriptor, and closes it when it is destroyed. What edo takes over, or gives away,
/// without knowing more of it is handed on in this form.
///
/// @par Thread safety
/// None beyond that of an `int`.
///
/// @par Example
/// @snippet async_fd.cpp owned_fd
class OwnedFd {
public:
    /// Owns nothing.
    OwnedFd() noexcept = default;
    /// Owns `descriptor` from now on; a negative one is nothing.
    explicit OwnedFd(int descriptor) noexcept : descriptor_(descriptor) {}
    OwnedFd(OwnedFd&& other) noexcept : descriptor_(other.release()) {}
    OwnedFd& operator=(OwnedFd&& other) noexcept {
        if (this != &other) {
            reset(other.release());
        }
        return *this;
    }
    ~OwnedFd() { reset(); }

    /// Whether there is a descriptor.
    [[nodiscard]] bool valid() const noexcept { return descriptor_ >= 0; }
    /// The descriptor, still owned; -1 if there is none.
    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
    /// Gives the descriptor away.
    [[nodiscard]] int release() noexcept { return std::exchange(descriptor_, -1); }
    /// Closes the descriptor, and owns another one instead, or none.
    void reset(int descriptor = -1) noexcept {
        if (descriptor_ >= 0) {
            ::close(descriptor_);
        }
        descriptor_ = descriptor;
    }

private:
    int descriptor_ = -1;
};

}  // namespace edo::io
