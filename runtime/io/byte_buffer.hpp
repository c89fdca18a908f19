// SPDX-License-Identifier: MIT
// The memory of `BufReader` and `BufWriter`: bytes come in at the back and go out at the front.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>

namespace edo::detail {

class ByteBuffer {
public:
    /// Allocates nothing yet: a connection that is idle from the start needs no buffer.
    explicit ByteBuffer(std::size_t capacity) noexcept : initial_(capacity > 0 ? capacity : 1) {}
    ByteBuffer(ByteBuffer&& other) noexcept;
    ByteBuffer& operator=(ByteBuffer&& other) noexcept;

    [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }
    [[nodiscard]] std::size_t size() const noexcept { return end_ - begin_; }
    /// The size that was asked for; the buffer may have grown since.
    [[nodiscard]] std::size_t initial_capacity() const noexcept { return initial_; }
    [[nodiscard]] std::span<const std::byte> data() const noexcept {
        return {memory_.get() + begin_, size()};
    }

    /// Room at the back, at least one byte; makes some by moving the content to the front, or by
    /// doubling the memory. @throws std::bad_alloc.
    [[nodiscard]] std::span<std::byte> prepare();
    /// The first `count` bytes of that room are content now.
    void commit(std::size_t count) noexcept { end_ += count; }

    /// Appends bytes, for which there must be room within the initial capacity.
    void append(std::span<const std::byte> bytes);
    /// Removes `count` bytes at the front. An empty buffer that has grown gives its memory back.
    void consume(std::size_t count) noexcept;

    /// The position of the first `delimiter`. What was looked at before is not looked at again.
    [[nodiscard]] std::optional<std::size_t> find(std::byte delimiter) noexcept;

private:
    void move_to_front() noexcept;
    void grow();

    std::size_t initial_;
    std::size_t capacity_ = 0;
    std::unique_ptr<std::byte[]> memory_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::size_t searched_ = 0;  // that many bytes hold no `searched_for_`
    std::byte searched_for_{};
};

}  // namespace edo::detail
