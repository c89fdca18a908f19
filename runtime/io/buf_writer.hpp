// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/errors.hpp"
#include "edo/runtime/io/buf_reader.hpp"
#include "edo/runtime/io/byte_buffer.hpp"
#include "edo/runtime/io/concepts.hpp"
#include "edo/runtime/io/write.hpp"
#include "edo/runtime/propagate.hpp"
#include "edo/runtime/task/task.hpp"

#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace edo::io {

/// Adds a buffer to a writer: few large writes instead of many small ones.
///
/// **Call `flush` or `shutdown` before you drop it**: a destructor cannot wait, so what is still in
/// the buffer then is lost.
///
/// ```cpp
/// edo::io::BufWriter borrowed(stream);            // uses the stream, which must outlive it
/// edo::io::BufWriter owner(std::move(stream));    // keeps the stream
/// ```
///
/// @tparam W The writer, or a reference to it.
///
/// @par Cancel safety
/// Every operation but `write_all` is cancel safe: a cancelled `write` has accepted nothing, and a
/// cancelled `flush` leaves in the buffer what it has not passed on.
///
/// @par Thread safety
/// None; one operation at a time.
///
/// @par Example
/// @snippet io.cpp buf_writer
template <class W>
    requires AsyncWrite<std::remove_reference_t<W>>
class BufWriter {
public:
    explicit BufWriter(W&& inner, std::size_t capacity = kDefaultBufferSize)
        : inner_(std::forward<W>(inner)), buffer_(capacity) {}

    /// Puts `bytes` into the buffer, which is written out first if they do not fit. Bytes that fill
    /// the buffer alone go around it.
    /// @return How many were accepted.
    /// @par Errors
    /// What the writer yields, for these bytes or for earlier ones; none of `bytes` was accepted.
    Task<Result<std::size_t>> write(std::span<const std::byte> bytes) {
        if (bytes.size() > buffer_.initial_capacity() - buffer_.size()) {
            co_await propagate(co_await write_out());
        }
        if (bytes.size() >= buffer_.initial_capacity()) {
            co_return co_await inner_.write(bytes);
        }
        buffer_.append(bytes);
        co_return bytes.size();
    }

    /// Writes all of `bytes`; see `edo::io::write_all`.
    Task<Result<void>> write_all(std::span<const std::byte> bytes) {
        return io::write_all(*this, bytes);
    }
    /// The same with text.
    Task<Result<void>> write_all(std::string_view text) { return io::write_all(*this, text); }

    /// Passes all that was accepted on to the writer, and flushes that.
    /// @par Errors
    /// `Errc::WriteZero`, and what the writer yields.
    Task<Result<void>> flush() {
        co_await propagate(co_await write_out());
        if constexpr (detail::HasFlush<std::remove_reference_t<W>>) {
            co_await propagate(co_await inner_.flush());
        }
        co_return Result<void>();
    }

    /// Flushes, then shuts the writer down.
    // lint: allow the brace opens a function
    Task<Result<void>> shutdown()
        requires detail::HasShutdown<std::remove_reference_t<W>>
    {
        co_await propagate(co_await flush());
        co_return co_await inner_.shutdown();
    }

    /// What has not been passed on yet.
    [[nodiscard]] std::span<const std::byte> buffer() const noexcept { return buffer_.data(); }
    /// The writer below. What is written to it directly overtakes the buffer.
    [[nodiscard]] std::remove_reference_t<W>& inner() noexcept { return inner_; }
    /// Gives the writer back. What the buffer holds is lost.
    [[nodiscard]] W into_inner() && { return std::forward<W>(inner_); }

private:
    Task<Result<void>> write_out() {
        while (!buffer_.empty()) {
            const std::size_t count = co_await propagate(co_await inner_.write(buffer_.data()));
            if (count == 0) {
                co_return failure(Errc::WriteZero);
            }
            buffer_.consume(count);
        }
        co_return Result<void>();
    }

    W inner_;
    detail::ByteBuffer buffer_;
};

template <class W>
BufWriter(W&& inner, std::size_t capacity = kDefaultBufferSize) -> BufWriter<W>;

}  // namespace edo::io
