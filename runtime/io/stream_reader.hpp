// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/io/concepts.hpp"
#include "edo/runtime/propagate.hpp"
#include "edo/runtime/stream/stream.hpp"
#include "edo/runtime/task/task.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

namespace edo::detail {

template <class Item>
struct ChunkOf {
    using type = Item;
};
template <class T, class E>
struct ChunkOf<Result<T, E>> {
    using type = T;
};

/// Bytes in one piece: a `std::vector<std::byte>`, a `std::string`, a span of either.
template <class C>
concept Chunk = requires(const C& chunk) {
    { std::as_bytes(std::span(chunk)) } -> std::convertible_to<std::span<const std::byte>>;
};

}  // namespace edo::detail

namespace edo::io {

/// Makes a reader of a stream of pieces of bytes, for example of those that a channel brings.
///
/// ```cpp
/// edo::io::StreamReader reader(edo::stream::from_channel(receiver));
/// ```
///
/// It is an `AsyncBufRead`: no bytes are copied by `fill_buf`.
///
/// @tparam S The stream, or a reference to it. Its items are containers of bytes or characters in
///     one piece (`std::vector<std::byte>`, `std::string`), or `Result`s with those.
///
/// @par Cancel safety
/// Cancel safe if `next` of the stream is.
/// @par Thread safety
/// None; one operation at a time.
/// @par Example
/// @snippet io_bridges.cpp stream_reader
template <class S>
    requires stream::Stream<std::remove_reference_t<S>>
class StreamReader {
    using Item = stream::ItemOf<S>;
    using Chunk = typename detail::ChunkOf<Item>::type;
    static_assert(detail::Chunk<Chunk>,
                  "StreamReader needs a stream of containers of bytes or characters");

public:
    explicit StreamReader(S&& stream) : stream_(std::forward<S>(stream)) {}

    /// Reads some bytes of the current piece, or of the next one.
    /// @return The number of bytes; 0 at the end of the stream, and for an empty buffer. Empty
    /// pieces
    ///     are stepped over.
    /// @par Errors
    /// What the stream yields.
    Task<Result<std::size_t>> read(std::span<std::byte> buffer) {
        if (buffer.empty()) {
            co_return std::size_t{0};
        }
        const std::span<const std::byte> from = co_await propagate(co_await fill_buf());
        const std::size_t count = std::min(from.size(), buffer.size());
        std::copy_n(from.data(), count, buffer.data());
        consume(count);
        co_return count;
    }

    /// What is left of the current piece, or the next one; nothing at the end of the stream.
    Task<Result<std::span<const std::byte>>> fill_buf() {
        while (rest().empty() && !is_over_) {
            auto item = co_await stream_.next();
            if (!item) {
                is_over_ = true;
                break;
            }
            if constexpr (is_result<Item>) {
                if (!*item) {
                    co_return failure(std::error_code(item->error()));
                }
                chunk_.emplace(std::move(**item));
            } else {
                chunk_.emplace(std::move(*item));
            }
            position_ = 0;
        }
        co_return rest();
    }
    /// Takes bytes out of the current piece, at most all.
    void consume(std::size_t count) noexcept { position_ += std::min(count, rest().size()); }

    [[nodiscard]] std::remove_reference_t<S>& inner() noexcept { return stream_; }
    /// Gives the stream back. What is left of the current piece is lost.
    [[nodiscard]] S into_inner() && { return std::forward<S>(stream_); }
    /// Gives the stream back with what is left of the current piece.
    [[nodiscard]] std::pair<S, std::vector<std::byte>> into_inner_with_chunk() && {
        const std::span<const std::byte> left = rest();
        return std::pair<S, std::vector<std::byte>>(
            std::forward<S>(stream_), std::vector<std::byte>(left.begin(), left.end()));
    }

private:
    [[nodiscard]] std::span<const std::byte> rest() const noexcept {
        if (!chunk_) {
            return {};
        }
        return std::as_bytes(std::span(*chunk_)).subspan(position_);
    }

    S stream_;
    std::optional<Chunk> chunk_;
    std::size_t position_ = 0;
    bool is_over_ = false;
};

template <class S>
StreamReader(S&& stream) -> StreamReader<S>;

}  // namespace edo::io
