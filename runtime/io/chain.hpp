// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/io/async_buf_read.hpp"
#include "edo/runtime/propagate.hpp"
#include "edo/runtime/task/task.hpp"

#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>

namespace edo::io {

/// Reads all of one reader, then all of another one; made by `chain`.
///
/// @tparam A, B The readers, or references to them.
///
/// @par Cancel safety
/// That of the readers' operations; those of edo are cancel safe.
/// @par Thread safety
/// None; one operation at a time.
template <class A, class B>
    requires AsyncRead<std::remove_reference_t<A>> && AsyncRead<std::remove_reference_t<B>>
class Chain {
    static constexpr bool kBuffered =
        AsyncBufRead<std::remove_reference_t<A>> && AsyncBufRead<std::remove_reference_t<B>>;

public:
    Chain(A&& first, B&& second)
        : first_(std::forward<A>(first)), second_(std::forward<B>(second)) {}

    /// Reads some bytes from whichever reader it is at.
    /// @return The number of bytes; 0 at the end of the second reader, and for an empty buffer.
    /// @par Errors
    /// What that reader yields.
    Task<Result<std::size_t>> read(std::span<std::byte> buffer) {
        if (buffer.empty()) {
            co_return std::size_t{0};  // which says nothing about the end of the first one
        }
        if (!first_done_) {
            const std::size_t count = co_await propagate(co_await first_.read(buffer));
            if (count > 0) {
                co_return count;
            }
            first_done_ = true;
        }
        co_return co_await second_.read(buffer);
    }

    /// What the buffer of the current reader holds; see `BufReader::fill_buf`.
    // lint: allow the brace opens a function
    Task<Result<std::span<const std::byte>>> fill_buf()
        requires kBuffered
    {
        if (!first_done_) {
            const std::span<const std::byte> bytes = co_await propagate(co_await first_.fill_buf());
            if (!bytes.empty()) {
                co_return bytes;
            }
            first_done_ = true;
        }
        co_return co_await second_.fill_buf();
    }
    /// Takes bytes out of that buffer.
    void consume(std::size_t count)
        requires kBuffered
    {
        if (first_done_) {
            second_.consume(count);
        } else {
            first_.consume(count);
        }
    }

    [[nodiscard]] std::remove_reference_t<A>& first() noexcept { return first_; }
    [[nodiscard]] std::remove_reference_t<B>& second() noexcept { return second_; }
    /// Gives the readers back.
    [[nodiscard]] std::pair<A, B> into_inner() && {
        return std::pair<A, B>(std::forward<A>(first_), std::forward<B>(second_));
    }

private:
    A first_;
    B second_;
    bool first_done_ = false;
};

/// Reads all of `first`, then all of `second`.
///
/// @param first, second Kept if they are rvalues, else used by reference and must outlive the
/// chain.
/// @par Example
/// @snippet io_streams.cpp chain
template <class A, class B>
[[nodiscard]] Chain<A, B> chain(A&& first, B&& second) {
    return Chain<A, B>(std::forward<A>(first), std::forward<B>(second));
}

}  // namespace edo::io
