// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/io/copy.hpp"
#include "edo/runtime/io/split.hpp"
#include "edo/runtime/propagate.hpp"
#include "edo/runtime/task/task.hpp"
#include "edo/runtime/try_join.hpp"

#include <cstddef>
#include <cstdint>
#include <tuple>

namespace edo::io {

/// How much `copy_bidirectional` has copied, in bytes.
class CopiedBothWays {
public:
    CopiedBothWays(std::uint64_t a_to_b_bytes, std::uint64_t b_to_a_bytes) noexcept
        : a_to_b(a_to_b_bytes), b_to_a(b_to_a_bytes) {}

    std::uint64_t a_to_b;
    std::uint64_t b_to_a;
};

}  // namespace edo::io

namespace edo::detail {

/// Copies, and hands the end on.
template <class W>
Task<Result<std::uint64_t>> copy_and_shut_down(W& writer, Task<Result<std::uint64_t>> copying) {
    const std::uint64_t copied = co_await propagate(co_await std::move(copying));
    if constexpr (HasShutdown<W>) {
        co_await propagate(co_await writer.shutdown());
    }
    co_return copied;
}

}  // namespace edo::detail

namespace edo::io {

/// Copies what either stream yields to the other one, both ways at once, until both have ended:
/// what a proxy does with a client and a server.
///
/// When one stream ends, the other one is flushed and shut down, and the opposite direction goes
/// on.
///
/// Two sockets are spliced in either direction, as by `copy`.
///
/// @param a, b Must outlive the operation. Each must allow a read while a write waits.
/// @return The number of bytes copied in each direction.
///
/// @par Errors
/// The first error of either direction, as of `copy`, or of `shutdown`; the other direction is
/// given up then, and how much was copied is unknown.
///
/// @par Cancel safety
/// Not cancel safe: up to 8 KiB in each direction that were read may not have been written, between
/// sockets up to 256 KiB. Nothing tells how many: close the streams then.
///
/// @par Example
/// @snippet io_streams.cpp copy_bidirectional
template <AsyncReadWrite A, AsyncReadWrite B>
Task<Result<CopiedBothWays>> copy_bidirectional(A& a, B& b) {
    const auto copied =
        co_await propagate(co_await try_join(detail::copy_and_shut_down(b, io::copy(a, b)),
                                             detail::copy_and_shut_down(a, io::copy(b, a))));
    co_return CopiedBothWays(std::get<0>(copied), std::get<1>(copied));
}

/// The same with buffers of other sizes than 8 KiB: larger ones for bulk data, smaller ones for
/// very many connections.
///
/// @param a_to_b_size, b_to_a_size The sizes in bytes, at least one each.
///
/// @par Cancel safety
/// Not cancel safe: what was read last in each direction, up to those sizes, may not have been
/// written.
template <AsyncReadWrite A, AsyncReadWrite B>
Task<Result<CopiedBothWays>> copy_bidirectional_with_sizes(A& a, B& b, std::size_t a_to_b_size,
                                                           std::size_t b_to_a_size) {
    const auto copied = co_await propagate(
        co_await try_join(detail::copy_and_shut_down(b, io::copy(a, b, a_to_b_size)),
                          detail::copy_and_shut_down(a, io::copy(b, a, b_to_a_size))));
    co_return CopiedBothWays(std::get<0>(copied), std::get<1>(copied));
}

}  // namespace edo::io
