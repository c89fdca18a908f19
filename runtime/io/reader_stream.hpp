// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/io/buf_reader.hpp"
#include "edo/runtime/io/concepts.hpp"
#include "edo/runtime/task/task.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace edo::io {

/// Makes a stream of a reader: what each read yields is one `std::vector<std::byte>`.
///
/// ```cpp
/// edo::io::ReaderStream borrowed(socket);            // uses the socket, which must outlive it
/// edo::io::ReaderStream owner(std::move(socket));    // keeps the socket
/// ```
///
/// It is an `edo::stream::Stream` of `Result`s, and ends with the reader or its first error.
///
/// @tparam R The reader, or a reference to it.
/// @par Thread safety
/// None; one operation at a time.
/// @par Example
/// @snippet io_bridges.cpp reader_stream
template <class R>
    requires AsyncRead<std::remove_reference_t<R>>
class ReaderStream {
public:
    using Item = Result<std::vector<std::byte>>;

    /// @param capacity The most that one piece holds; the memory is allocated at the first read.
    explicit ReaderStream(R&& reader, std::size_t capacity = kDefaultBufferSize)
        : reader_(std::forward<R>(reader)), capacity_(std::max<std::size_t>(capacity, 1)) {}

    /// The next piece, which is never empty.
    /// @par Cancel safety
    /// Cancel safe if `read` of the reader is; those of edo are.
    [[nodiscard]] Task<std::optional<Item>> next() {
        if (is_over_) {
            co_return std::nullopt;
        }
        if (buffer_ == nullptr) {
            buffer_ = std::make_unique_for_overwrite<std::byte[]>(capacity_);
        }
        const std::span<std::byte> room(buffer_.get(), capacity_);
        const Result<std::size_t> count = co_await reader_.read(room);
        is_over_ = !count || *count == 0;
        if (!count) {
            co_return Item(failure(count.error()));
        }
        if (*count == 0) {
            co_return std::nullopt;
        }
        const std::span<const std::byte> bytes = room.first(*count);
        co_return Item(std::vector<std::byte>(bytes.begin(), bytes.end()));
    }

    [[nodiscard]] std::remove_reference_t<R>& inner() noexcept { return reader_; }
    /// Gives the reader back. Nothing is lost: no bytes are kept between two calls.
    [[nodiscard]] R into_inner() && { return std::forward<R>(reader_); }

private:
    R reader_;
    std::size_t capacity_;
    std::unique_ptr<std::byte[]> buffer_;
    bool is_over_ = false;
};

template <class R>
ReaderStream(R&& reader, std::size_t capacity = kDefaultBufferSize) -> ReaderStream<R>;

}  // namespace edo::io
