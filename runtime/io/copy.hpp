// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/io/concepts.hpp"
#include "edo/runtime/io/write.hpp"
#include "edo/runtime/propagate.hpp"
#include "edo/runtime/select.hpp"
#include "edo/runtime/task/task.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace edo::detail {

inline constexpr std::size_t kCopyBuffer = 8192;

template <io::AsyncRead R>
Task<Result<std::size_t>> read_some(R& reader, std::span<std::byte> buffer) {
    co_return co_await reader.read(buffer);
}

/// Reads; while there is nothing to read, flushes the writer, since whoever waits for its bytes
/// may have to act before more come.
template <io::AsyncRead R, HasFlush W>
Task<Result<std::size_t>> read_or_flush(R& reader, W& writer, std::span<std::byte> buffer) {
    Task<Result<std::size_t>> reading = read_some(reader, buffer);
    auto first = co_await select(biased, reading, writer.flush());
    if (first.template is<0>()) {
        co_return std::move(first).template get<0>();
    }
    co_await propagate(std::move(first).template get<1>());
    co_return co_await std::move(reading);
}

template <io::AsyncRead R, io::AsyncWrite W>
Task<Result<std::uint64_t>> copy_through_buffer(R& reader, W& writer, std::size_t size) {
    std::vector<std::byte> buffer(size);
    std::uint64_t copied = 0;
    for (;;) {
        std::size_t count = 0;
        if constexpr (HasFlush<W>) {
            count = co_await propagate(co_await read_or_flush(reader, writer, buffer));
        } else {
            count = co_await propagate(co_await reader.read(buffer));
        }
        if (count == 0) {
            break;
        }
        co_await propagate(co_await io::write_all(writer, std::span(buffer).first(count)));
        copied += count;
    }
    if constexpr (HasFlush<W>) {
        co_await propagate(co_await writer.flush());
    }
    co_return copied;
}

}  // namespace edo::detail

namespace edo::io {

/// Copies all that `reader` yields to `writer`, until the stream ends.
///
/// The writer is flushed whenever the reader has nothing more for the moment, and at the end; it is
/// not shut down.
///
/// Between two sockets (`TcpStream`, `UnixStream`) larger amounts do not pass through this process:
/// after 256 KiB they go through a pipe in the kernel, which takes a third of the processor time
/// and two descriptors. Where there are none left, or the system allows no more pipes, it goes on
/// as before.
///
/// @param reader, writer Must outlive the operation.
/// @return The number of bytes copied.
///
/// @par Errors
/// What `reader.read`, `writer.write` and `writer.flush` yield, and `Errc::WriteZero`. How much was
/// written before an error is unknown.
///
/// @par Cancel safety
/// Not cancel safe: up to 8 KiB that were read may not have been written, between sockets up to
/// 256 KiB. Nothing tells how many.
///
/// @par Example
/// @snippet io.cpp copy
template <AsyncRead R, AsyncWrite W>
Task<Result<std::uint64_t>> copy(R& reader, W& writer) {
    if constexpr (requires { relay(reader, writer); }) {
        return relay(reader, writer);  // of their own namespace: see net/socket/relay.hpp
    } else {
        return detail::copy_through_buffer(reader, writer, detail::kCopyBuffer);
    }
}

/// The same with a buffer of another size than 8 KiB, also between sockets.
///
/// @param size How much is read at a time, at least one byte.
///
/// @par Cancel safety
/// Not cancel safe: what was read last, up to `size`, may not have been written.
template <AsyncRead R, AsyncWrite W>
Task<Result<std::uint64_t>> copy(R& reader, W& writer, std::size_t size) {
    return detail::copy_through_buffer(reader, writer, size > 0 ? size : 1);
}

}  // namespace edo::io
