// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/handle.hpp"
#include "edo/runtime/io/buf_reader.hpp"
#include "edo/runtime/io/concepts.hpp"
#include "edo/runtime/io/read.hpp"
#include "edo/runtime/io/write.hpp"
#include "edo/runtime/task/task.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace edo::detail {

template <class A>
Task<AwaitResult<A>> run_one(A operation) {
    co_return co_await std::move(operation);
}

}  // namespace edo::detail

namespace edo::io {

/// A reader or writer for code that blocks: a parser, a compressor, a library that knows nothing of
/// coroutines. Each call waits with its thread until the operation below is done, so that the place
/// for it is a function of `spawn_blocking`, or a thread of one's own.
///
/// ```cpp
/// auto work = edo::spawn_blocking(
///     [bridge = edo::io::SyncIoBridge(std::move(socket))]() mutable { ... bridge.read(buffer) ...
///     });
/// ```
///
/// @tparam S The stream, or a reference to it.
///
/// @par Thread safety
/// One thread at a time.
///
/// @par Misuse
/// - A call by a thread that runs tasks throws `UsageError`: it would stall them.
/// - When the runtime is shut down meanwhile, a call throws `UsageError`, which ends the blocking
///   function that the shutdown waits for.
/// - A blocking function that reads from a peer which stays silent keeps its thread, and `abort` of
///   its task does not end it: use a stream with a time limit, or close the other end.
///
/// @par Example
/// @snippet io_bridges.cpp sync_io_bridge
template <class S>
class SyncIoBridge {
    using Stream = std::remove_reference_t<S>;

public:
    /// Uses the current runtime: make it in a task, or in a function of `spawn_blocking`.
    /// @throws NoRuntimeError
    explicit SyncIoBridge(S&& stream) : SyncIoBridge(std::forward<S>(stream), Handle::current()) {}
    SyncIoBridge(S&& stream, Handle runtime)
        : stream_(std::forward<S>(stream)), runtime_(std::move(runtime)) {}

    /// What the stream's `read` does: at least one byte, or 0 at the end.
    [[nodiscard]] Result<std::size_t> read(std::span<std::byte> buffer)
        requires AsyncRead<Stream>
    {
        return wait(stream_.read(buffer));
    }
    /// What `io::read_exact` does.
    [[nodiscard]] Result<void> read_exact(std::span<std::byte> buffer)
        requires AsyncRead<Stream>
    {
        return wait(io::read_exact(stream_, buffer));
    }
    /// What `io::read_to_end` and `io::read_to_string` do.
    [[nodiscard]] Result<std::vector<std::byte>> read_to_end(std::size_t limit = kDefaultReadLimit)
        requires AsyncRead<Stream>
    {
        return wait(io::read_to_end(stream_, limit));
    }
    [[nodiscard]] Result<std::string> read_to_string(std::size_t limit = kDefaultReadLimit)
        requires AsyncRead<Stream>
    {
        return wait(io::read_to_string(stream_, limit));
    }
    /// What `BufReader::read_line` does, where the stream is one.
    [[nodiscard]] Result<std::optional<std::string>> read_line(
        std::size_t limit = kDefaultLineLimit)
        requires requires(Stream& stream) { stream.read_line(std::size_t{}); }
    {
        return wait(stream_.read_line(limit));
    }

    /// What the stream's `write` does: at least one byte.
    [[nodiscard]] Result<std::size_t> write(std::span<const std::byte> bytes)
        requires AsyncWrite<Stream>
    {
        return wait(stream_.write(bytes));
    }
    /// What `io::write_all` does.
    [[nodiscard]] Result<void> write_all(std::span<const std::byte> bytes)
        requires AsyncWrite<Stream>
    {
        return wait(io::write_all(stream_, bytes));
    }
    /// The same with text.
    [[nodiscard]] Result<void> write_all(std::string_view text)
        requires AsyncWrite<Stream>
    {
        return write_all(std::as_bytes(std::span(text)));
    }
    /// What the stream's `flush` does; nothing where it has none.
    [[nodiscard]] Result<void> flush() {
        if constexpr (detail::HasFlush<Stream>) {
            return wait(stream_.flush());
        }
        return {};
    }
    /// What the stream's `shutdown` does.
    [[nodiscard]] Result<void> shutdown()
        requires detail::HasShutdown<Stream>
    {
        return wait(stream_.shutdown());
    }

    [[nodiscard]] Stream& inner() noexcept { return stream_; }
    /// Gives the stream back.
    [[nodiscard]] S into_inner() && { return std::forward<S>(stream_); }

private:
    template <class A>
    auto wait(A operation) const {
        return runtime_.block_on(detail::run_one(std::move(operation)));
    }

    S stream_;
    Handle runtime_;
};

template <class S>
SyncIoBridge(S&& stream) -> SyncIoBridge<S>;
template <class S>
SyncIoBridge(S&& stream, Handle runtime) -> SyncIoBridge<S>;

}  // namespace edo::io
