// SPDX-License-Identifier: MIT
// Reading for connections that mostly wait: memory is taken when there is something to read.
#pragma once

#include "edo/net/http/server/input.hpp"
#include "edo/net/http/server/socket_read.hpp"
#include "edo/runtime/reactor/io_source.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/task/task.hpp"

#include <concepts>
#include <cstddef>
#include <span>
#include <system_error>

namespace edo::http::detail {

/// A stream whose operations may be tried without waiting.
template <class S>
concept SocketStream = requires(S& stream, std::span<const std::byte> bytes) {
    { stream.io_source() } -> std::same_as<edo::detail::IoSource&>;
    { stream.try_write(bytes) } -> std::same_as<Result<std::size_t>>;
};

/// A stream that can be waited for without a buffer.
template <class S>
concept ReadableStream = requires(S& stream, std::span<std::byte> to) {
    { stream.readable() } -> std::same_as<Task<Result<void>>>;
    { stream.try_read(to) } -> std::same_as<Result<std::size_t>>;
};

/// A stream that takes bytes without waiting, and may have some of them left to send.
template <class S>
concept TryWriteStream = requires(S& stream, std::span<const std::byte> bytes) {
    { stream.try_write(bytes) } -> std::same_as<Result<std::size_t>>;
    { stream.has_unsent() } -> std::same_as<bool>;
};

template <class S>
Task<Result<std::size_t>> fill_from(S& stream, Input& input) {
    if constexpr (ReadableStream<S>) {
        for (;;) {
            input.release_if_empty();
            const Result<void> ready = co_await stream.readable();
            if (!ready) {
                co_return failure(ready.error());
            }
            const Result<std::size_t> count = stream.try_read(input.room());
            if (count && *count > 0) {
                input.added(*count);
                co_return count;
            }
            if (count || count.error() != std::errc::operation_would_block) {
                input.release_if_empty();
                co_return count;
            }
        }
    } else {
        const std::span<std::byte> room = input.room();
        const Result<std::size_t> count = co_await stream.read(room);
        if (count) {
            input.added(*count);
        }
        co_return count;
    }
}

/// Reads some bytes into `input`, which owns no memory meanwhile, unless the stream is of an
/// unknown kind. An awaitable that yields how many; 0 at the end of the stream.
template <class S>
[[nodiscard]] auto fill(S& stream, Input& input) {
    if constexpr (SocketStream<S>) {
        return SocketRead(stream.io_source(), input);
    } else {
        return fill_from(stream, input);
    }
}

}  // namespace edo::http::detail
