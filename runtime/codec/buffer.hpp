// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/io/byte_buffer.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace edo::codec {

/// The bytes between a stream and a codec: they come in at the back and go out at the front.
///
/// Decoders look at `data` and `consume` what they have understood. Encoders `append`. The memory
/// grows as needed, and is given back when the buffer is empty after it has grown.
///
/// @par Thread safety
/// None.
class Buffer {
public:
    /// How much memory a buffer starts with: 8 KiB, allocated when first used.
    static constexpr std::size_t kInitialCapacity = 8192;

    explicit Buffer(std::size_t initial_capacity = kInitialCapacity) noexcept
        : bytes_(initial_capacity) {}

    [[nodiscard]] bool empty() const noexcept { return bytes_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }
    /// The bytes; valid until the next operation that is not const.
    [[nodiscard]] std::span<const std::byte> data() const noexcept { return bytes_.data(); }
    /// The same as text.
    [[nodiscard]] std::string_view text() const noexcept {
        return {reinterpret_cast<const char*>(data().data()), size()};
    }

    /// Removes bytes at the front, at most all.
    void consume(std::size_t count) noexcept { bytes_.consume(count < size() ? count : size()); }
    void clear() noexcept { bytes_.consume(size()); }
    /// Removes bytes at the front, at most all, and yields a copy of them.
    [[nodiscard]] std::vector<std::byte> take(std::size_t count);

    /// Adds bytes at the back. @throws std::bad_alloc.
    void append(std::span<const std::byte> bytes) { bytes_.append(bytes); }
    void append(std::string_view text) {
        append(std::as_bytes(std::span(text.data(), text.size())));
    }
    void append(std::byte byte) { append(std::span<const std::byte>(&byte, 1)); }

    /// Room at the back, at least one byte, to read into. @throws std::bad_alloc.
    [[nodiscard]] std::span<std::byte> prepare() { return bytes_.prepare(); }
    /// The first `count` bytes of that room are content now.
    void commit(std::size_t count) noexcept { bytes_.commit(count); }

private:
    detail::ByteBuffer bytes_;
};

}  // namespace edo::codec
