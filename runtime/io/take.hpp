// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/io/async_buf_read.hpp"
#include "edo/runtime/propagate.hpp"
#include "edo/runtime/task/task.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

namespace edo::io {

/// The first bytes of a reader, then the end of the stream; made by `take`.
///
/// @tparam R The reader, or a reference to it.
///
/// @par Cancel safety
/// That of the reader's operations; those of edo are cancel safe.
/// @par Thread safety
/// None; one operation at a time.
template <class R>
    requires AsyncRead<std::remove_reference_t<R>>
class Take {
    static constexpr bool kBuffered = AsyncBufRead<std::remove_reference_t<R>>;

public:
    Take(R&& inner, std::uint64_t limit) : inner_(std::forward<R>(inner)), limit_(limit) {}

    /// Reads some bytes, at most as many as are left of the limit. At the limit the reader is left
    /// alone.
    /// @return The number of bytes; 0 at the limit, at the end of the reader, and for an empty
    ///     buffer.
    /// @par Errors
    /// What the reader yields.
    Task<Result<std::size_t>> read(std::span<std::byte> buffer) {
        const std::size_t size = within_limit(buffer.size());
        if (size == 0) {
            co_return std::size_t{0};
        }
        const std::size_t count = co_await propagate(co_await inner_.read(buffer.first(size)));
        limit_ -= within_limit(count);
        co_return count;
    }

    /// What the buffer of the reader holds, up to the limit; see `BufReader::fill_buf`.
    // lint: allow the brace opens a function
    Task<Result<std::span<const std::byte>>> fill_buf()
        requires kBuffered
    {
        if (limit_ == 0) {
            co_return std::span<const std::byte>();
        }
        const std::span<const std::byte> bytes = co_await propagate(co_await inner_.fill_buf());
        co_return bytes.first(within_limit(bytes.size()));
    }
    /// Takes bytes out of that buffer.
    void consume(std::size_t count)
        requires kBuffered
    {
        const std::size_t taken = within_limit(count);
        limit_ -= taken;
        inner_.consume(taken);
    }

    /// How many bytes are left of the limit.
    [[nodiscard]] std::uint64_t limit() const noexcept { return limit_; }
    /// Sets how many more bytes are read, whatever was read before.
    void set_limit(std::uint64_t limit) noexcept { limit_ = limit; }

    [[nodiscard]] std::remove_reference_t<R>& inner() noexcept { return inner_; }
    /// Gives the reader back.
    [[nodiscard]] R into_inner() && { return std::forward<R>(inner_); }

private:
    [[nodiscard]] std::size_t within_limit(std::size_t count) const noexcept {
        return std::size_t(std::min<std::uint64_t>(count, limit_));
    }

    R inner_;
    std::uint64_t limit_;
};

/// The first `limit` bytes of a reader.
///
/// @param reader Kept if it is an rvalue, else used by reference and must outlive the result.
/// @par Example
/// @snippet io_streams.cpp take
template <class R>
[[nodiscard]] Take<R> take(R&& reader, std::uint64_t limit) {
    return Take<R>(std::forward<R>(reader), limit);
}

}  // namespace edo::io
