// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/errors.hpp"
#include "edo/runtime/io/byte_buffer.hpp"
#include "edo/runtime/io/concepts.hpp"
#include "edo/runtime/io/line.hpp"
#include "edo/runtime/io/read.hpp"
#include "edo/runtime/propagate.hpp"
#include "edo/runtime/task/task.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace edo::io {

/// The buffer of a `BufReader` or `BufWriter` unless they are told otherwise: 8 KiB.
inline constexpr std::size_t kDefaultBufferSize = 8192;

template <class R>
class Lines;
template <class R>
class Split;

/// Adds a buffer to a reader: few large reads instead of many small ones, and lines.
///
/// ```cpp
/// edo::io::BufReader borrowed(stream);            // uses the stream, which must outlive it
/// edo::io::BufReader owner(std::move(stream));    // keeps the stream
/// ```
///
/// What is in the buffer has been taken from the stream: from then on read through the `BufReader`
/// only.
///
/// @tparam R The reader, or a reference to it.
///
/// @par Cancel safety
/// Every operation but `read_exact` is cancel safe: bytes that have arrived stay in the buffer
/// until an operation completes. (In Tokio `read_line` and `read_until` are not.)
///
/// @par Thread safety
/// None; one operation at a time.
///
/// @par Example
/// @snippet io.cpp buf_reader
template <class R>
    requires AsyncRead<std::remove_reference_t<R>>
class BufReader {
public:
    /// @param capacity How much is read at a time. The buffer is allocated at the first read, and
    ///     grows for lines that are longer, up to their limit.
    explicit BufReader(R&& inner, std::size_t capacity = kDefaultBufferSize)
        : inner_(std::forward<R>(inner)), buffer_(capacity) {}

    /// Reads some bytes, from the buffer if there are any. A read that is as large as the buffer
    /// goes around it.
    /// @return The number of bytes; 0 at the end of the stream.
    Task<Result<std::size_t>> read(std::span<std::byte> to) {
        if (to.empty()) {
            co_return std::size_t{0};
        }
        if (buffer_.empty() && to.size() >= buffer_.initial_capacity()) {
            co_return co_await inner_.read(to);
        }
        const std::span<const std::byte> from = co_await propagate(co_await fill_buf());
        const std::size_t count = std::min(from.size(), to.size());
        std::copy_n(from.data(), count, to.data());
        consume(count);
        co_return count;
    }

    /// Fills all of `to`; see `edo::io::read_exact`.
    Task<Result<void>> read_exact(std::span<std::byte> to) { return io::read_exact(*this, to); }

    /// Waits until the buffer holds something.
    /// @return What it holds, for a look: valid until the next operation. `consume` takes it out.
    ///     Nothing at the end of the stream.
    /// @par Errors
    /// What the reader yields.
    Task<Result<std::span<const std::byte>>> fill_buf() {
        if (buffer_.empty()) {
            co_await propagate(co_await read_more());
        }
        co_return buffer_.data();
    }

    /// Takes `count` bytes out of the buffer, at most as many as it holds.
    void consume(std::size_t count) noexcept { buffer_.consume(std::min(count, buffer_.size())); }

    /// What the buffer holds, without waiting.
    [[nodiscard]] std::span<const std::byte> buffer() const noexcept { return buffer_.data(); }

    /// Reads up to and including the next `delimiter`, or to the end of the stream.
    ///
    /// @param limit The most bytes accepted before the delimiter.
    /// @return The bytes with their delimiter, which is missing if the stream ended without one;
    ///     nothing at the end of the stream.
    ///
    /// @par Errors
    /// Nothing is taken out of the buffer then, so that the call may be repeated.
    /// - `Errc::LimitExceeded`: no delimiter came within `limit` bytes.
    /// - What the reader yields.
    Task<Result<std::vector<std::byte>>> read_until(std::byte delimiter,
                                                    std::size_t limit = kDefaultLineLimit) {
        const std::size_t count = co_await propagate(co_await wait_for(delimiter, limit));
        const auto found = buffer_.data().first(count);
        std::vector<std::byte> bytes(found.begin(), found.end());
        consume(count);
        co_return Result<std::vector<std::byte>>(std::move(bytes));
    }

    /// Reads the next line of UTF-8 text, without its `\n` or `\r\n`. The last line may have none.
    ///
    /// @param limit The longest line accepted.
    /// @return The line, or `std::nullopt` at the end of the stream.
    ///
    /// @par Errors
    /// The line stays in the buffer then, so that the call would fail again: close the stream, or
    /// get at the bytes with `read_until(std::byte('\n'))`, which takes any.
    /// - `Errc::LimitExceeded`: the line is longer than `limit`.
    /// - `Errc::InvalidData`: the line is not UTF-8.
    /// - What the reader yields.
    ///
    /// @par Example
    /// @snippet io.cpp read_line
    Task<Result<std::optional<std::string>>> read_line(std::size_t limit = kDefaultLineLimit) {
        const std::size_t count =
            co_await propagate(co_await wait_for(std::byte('\n'), detail::raw_line_limit(limit)));
        if (count == 0) {
            co_return std::nullopt;
        }
        auto line = detail::make_line(buffer_.data().first(count), limit);
        if (line) {
            consume(count);
        }
        co_return line;
    }

    /// The lines of the stream one after the other, as `read_line` yields them.
    /// @return A `Lines`, which the reader must outlive.
    /// @par Example
    /// @snippet io.cpp lines
    [[nodiscard]] Lines<R> lines(std::size_t limit = kDefaultLineLimit) noexcept {
        return Lines<R>(*this, limit);
    }

    /// What is between the delimiters of the stream, piece by piece.
    ///
    /// @param limit The longest piece accepted.
    /// @return A `Split`, which the reader must outlive.
    /// @par Example
    /// @snippet io.cpp split_segments
    [[nodiscard]] Split<R> split(std::byte delimiter,
                                 std::size_t limit = kDefaultLineLimit) noexcept {
        return Split<R>(*this, delimiter, limit);
    }

    /// The reader below. Do not read from it while the buffer holds something.
    [[nodiscard]] std::remove_reference_t<R>& inner() noexcept { return inner_; }
    /// Gives the reader back. What the buffer holds is lost.
    [[nodiscard]] R into_inner() && { return std::forward<R>(inner_); }

private:
    /// Reads once; 0 at the end of the stream.
    Task<Result<std::size_t>> read_more() {
        const std::size_t count = co_await propagate(co_await inner_.read(buffer_.prepare()));
        buffer_.commit(count);
        co_return count;
    }

    /// Buffers until there is a delimiter. Yields the size of what ends with it, or of all that is
    /// left at the end of the stream.
    Task<Result<std::size_t>> wait_for(std::byte delimiter, std::size_t limit) {
        for (;;) {
            const std::optional<std::size_t> position = buffer_.find(delimiter);
            if (position.value_or(buffer_.size()) > limit) {
                co_return failure(Errc::LimitExceeded);
            }
            if (position) {
                co_return *position + 1;
            }
            const std::size_t count = co_await propagate(co_await read_more());
            if (count == 0) {
                co_return buffer_.size();
            }
        }
    }

    R inner_;
    detail::ByteBuffer buffer_;
};

template <class R>
BufReader(R&& inner, std::size_t capacity = kDefaultBufferSize) -> BufReader<R>;

}  // namespace edo::io

namespace edo::detail {

/// Makes an element of a stream of what a reader yields; nothing behind the end or an error.
template <class T>
std::optional<Result<T>> as_item(Result<std::optional<T>> read, bool& is_over) {
    if (read && *read) {
        return Result<T>(std::move(**read));
    }
    is_over = true;
    if (!read) {
        return Result<T>(failure(read.error()));
    }
    return std::nullopt;
}

}  // namespace edo::detail

namespace edo::io {

/// The lines of a `BufReader`; made by `BufReader::lines`. It is an `edo::stream::Stream`, too.
template <class R>
class Lines {
public:
    using Item = Result<std::string>;

    Lines(BufReader<R>& reader, std::size_t limit) noexcept : reader_(&reader), limit_(limit) {}

    /// The next line, or `std::nullopt` at the end of the stream; see `BufReader::read_line`.
    ///
    /// @par Cancel safety
    /// Cancel safe: a part of a line that has arrived stays in the `BufReader`.
    Task<Result<std::optional<std::string>>> next_line() { return reader_->read_line(limit_); }

    /// The same as an element of a stream, which ends with the first error. Cancel safe.
    Task<std::optional<Item>> next() {
        if (is_over_) {
            co_return std::nullopt;
        }
        auto line = co_await next_line();
        co_return detail::as_item(std::move(line), is_over_);
    }

private:
    BufReader<R>* reader_;
    std::size_t limit_;
    bool is_over_ = false;
};

/// What is between the delimiters of a `BufReader`; made by `BufReader::split`. It is an
/// `edo::stream::Stream`, too.
template <class R>
class Split {
public:
    using Item = Result<std::vector<std::byte>>;

    Split(BufReader<R>& reader, std::byte delimiter, std::size_t limit) noexcept
        : reader_(&reader), limit_(limit), delimiter_(delimiter) {}

    /// The next piece, without its delimiter; the last one may have had none. `std::nullopt` at the
    /// end of the stream.
    ///
    /// @par Errors
    /// Those of `BufReader::read_until`.
    /// @par Cancel safety
    /// Cancel safe: a part that has arrived stays in the `BufReader`.
    Task<Result<std::optional<std::vector<std::byte>>>> next_segment() {
        auto bytes = co_await propagate(co_await reader_->read_until(delimiter_, limit_));
        if (bytes.empty()) {
            co_return std::nullopt;
        }
        if (bytes.back() == delimiter_) {
            bytes.pop_back();
        }
        co_return std::optional<std::vector<std::byte>>(std::move(bytes));
    }

    /// The same as an element of a stream, which ends with the first error. Cancel safe.
    Task<std::optional<Item>> next() {
        if (is_over_) {
            co_return std::nullopt;
        }
        auto segment = co_await next_segment();
        co_return detail::as_item(std::move(segment), is_over_);
    }

private:
    BufReader<R>* reader_;
    std::size_t limit_;
    std::byte delimiter_;
    bool is_over_ = false;
};

}  // namespace edo::io
