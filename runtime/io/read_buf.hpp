// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/io/buf_reader.hpp"
#include "edo/runtime/io/concepts.hpp"
#include "edo/runtime/propagate.hpp"
#include "edo/runtime/task/task.hpp"

#include <cstddef>
#include <span>

namespace edo::detail {

/// A vector or string of bytes that can grow.
template <class B>
concept ByteContainer = requires(B& bytes, std::size_t size) {
    bytes.resize(size);
    std::as_writable_bytes(std::span(bytes));
    requires sizeof(*bytes.data()) == 1;
};

/// Room behind the content of a container, which disappears again unless it was used.
template <ByteContainer B>
class RoomBehind {
public:
    RoomBehind(B& bytes, std::size_t room) : bytes_(bytes), size_(bytes.size()) {
        bytes.resize(size_ + room);
    }
    ~RoomBehind() { bytes_.resize(size_); }  // makes it smaller: does not throw
    RoomBehind(const RoomBehind&) = delete;
    RoomBehind& operator=(const RoomBehind&) = delete;

    [[nodiscard]] std::span<std::byte> get() const {
        return std::as_writable_bytes(std::span(bytes_)).subspan(size_);
    }
    void use(std::size_t count) noexcept { size_ += count; }

private:
    B& bytes_;
    std::size_t size_;
};

}  // namespace edo::detail

namespace edo::io {

/// Reads some bytes and appends them to a container: a `std::vector<std::byte>`, a `std::string`.
///
/// @param reader, buffer Must outlive the operation. The buffer must not be used meanwhile: it is
///     longer then.
/// @param most How many bytes to read at most.
/// @return The number of bytes; 0 at the end of the stream.
///
/// @par Errors
/// What `reader.read` yields; nothing was appended then.
/// @par Cancel safety
/// Cancel safe if `reader.read` is: the buffer is what it was before.
/// @par Example
/// @snippet io_bridges.cpp read_buf
template <AsyncRead R, detail::ByteContainer B>
Task<Result<std::size_t>> read_buf(R& reader, B& buffer, std::size_t most = kDefaultBufferSize) {
    detail::RoomBehind room(buffer, most);
    const std::size_t count = co_await propagate(co_await reader.read(room.get()));
    room.use(count);
    co_return count;
}

}  // namespace edo::io
