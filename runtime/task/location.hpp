// SPDX-License-Identifier: MIT
// A source position in one word.
#pragma once

#include <cstdint>

namespace edo::detail {

/// File and line of an await. The pointer to the file name takes the low 48 bits (user-space
/// addresses of the supported 64-bit platforms fit), the line the high 16, so that recording where
/// a coroutine suspends costs one store.
class Location {
public:
    constexpr Location() = default;
    Location(const char* file, unsigned line) noexcept
        : word_(reinterpret_cast<std::uintptr_t>(file) | (std::uint64_t{line} << kLineShift)) {}

    [[nodiscard]] const char* file() const noexcept {
        return reinterpret_cast<const char*>(word_ & ((std::uint64_t{1} << kLineShift) - 1));
    }
    [[nodiscard]] unsigned line() const noexcept { return unsigned(word_ >> kLineShift); }
    [[nodiscard]] bool empty() const noexcept { return word_ == 0; }

private:
    static constexpr unsigned kLineShift = 48;
    std::uint64_t word_ = 0;
};

}  // namespace edo::detail
