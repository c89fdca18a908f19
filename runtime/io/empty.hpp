// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/result.hpp"
#include "edo/runtime/task/ready.hpp"

#include <algorithm>
#include <cstddef>
#include <span>

namespace edo::io {

/// A reader that is at its end, and a writer that accepts everything and keeps nothing; made by
/// `empty` and `sink`. Its operations never fail.
class Empty {
public:
    Empty() noexcept = default;

    /// Yields 0: the end of the stream.
    [[nodiscard]] detail::Ready<Result<std::size_t>> read(std::span<std::byte> /*buffer*/) {
        return detail::Ready<Result<std::size_t>>(std::size_t{0});
    }
    /// Accepts all bytes.
    [[nodiscard]] detail::Ready<Result<std::size_t>> write(std::span<const std::byte> bytes) {
        return detail::Ready<Result<std::size_t>>(bytes.size());
    }
};

/// A reader that yields one byte again and again; made by `repeat`. Its operations never fail.
class Repeat {
public:
    explicit Repeat(std::byte byte) noexcept : byte_(byte) {}

    /// Fills the buffer.
    [[nodiscard]] detail::Ready<Result<std::size_t>> read(std::span<std::byte> buffer) {
        std::fill(buffer.begin(), buffer.end(), byte_);
        return detail::Ready<Result<std::size_t>>(buffer.size());
    }

private:
    std::byte byte_;
};

/// A reader that is at its end.
/// @par Example
/// @snippet io_streams.cpp chain
[[nodiscard]] inline Empty empty() noexcept {
    return {};
}

/// A writer that accepts everything and keeps nothing.
/// @par Example
/// @snippet io_streams.cpp sink
[[nodiscard]] inline Empty sink() noexcept {
    return {};
}

/// A reader that yields `byte` for ever.
/// @par Example
/// @snippet io_streams.cpp take
[[nodiscard]] inline Repeat repeat(std::byte byte) noexcept {
    return Repeat(byte);
}

}  // namespace edo::io
