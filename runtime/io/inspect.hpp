// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/io/concepts.hpp"
#include "edo/runtime/propagate.hpp"
#include "edo/runtime/task/task.hpp"

#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>

namespace edo::io {

/// Calls a function with all bytes that are read, in the order in which they come: for a checksum,
/// a log, a progress bar.
///
/// @tparam R The reader, or a reference to it.
/// @tparam F Called as `function(std::span<const std::byte>)`, never with an empty span. The bytes
///     are valid during the call. What it throws leaves `read`, and the bytes are lost.
///
/// @par Cancel safety
/// That of the reader.
/// @par Thread safety
/// None; one operation at a time.
/// @par Example
/// @snippet io_bridges.cpp inspect
template <class R, class F>
    requires AsyncRead<std::remove_reference_t<R>> &&
             std::is_invocable_v<F&, std::span<const std::byte>>
class InspectReader {
public:
    InspectReader(R&& reader, F function)
        : reader_(std::forward<R>(reader)), function_(std::move(function)) {}

    /// What the reader's `read` does.
    Task<Result<std::size_t>> read(std::span<std::byte> buffer) {
        const std::size_t count = co_await propagate(co_await reader_.read(buffer));
        if (count > 0) {
            function_(std::span<const std::byte>(buffer.first(count)));
        }
        co_return count;
    }

    [[nodiscard]] std::remove_reference_t<R>& inner() noexcept { return reader_; }
    /// Gives the reader back.
    [[nodiscard]] R into_inner() && { return std::forward<R>(reader_); }

private:
    R reader_;
    F function_;
};

template <class R, class F>
InspectReader(R&& reader, F function) -> InspectReader<R, F>;

/// Calls a function with all bytes that the writer below has accepted; otherwise like
/// `InspectReader`.
template <class W, class F>
    requires AsyncWrite<std::remove_reference_t<W>> &&
             std::is_invocable_v<F&, std::span<const std::byte>>
class InspectWriter {
    using Writer = std::remove_reference_t<W>;

public:
    InspectWriter(W&& writer, F function)
        : writer_(std::forward<W>(writer)), function_(std::move(function)) {}

    /// What the writer's `write` does.
    Task<Result<std::size_t>> write(std::span<const std::byte> bytes) {
        const std::size_t count = co_await propagate(co_await writer_.write(bytes));
        if (count > 0) {
            function_(bytes.first(count));
        }
        co_return count;
    }
    /// What the writer's `flush` does.
    [[nodiscard]] auto flush()
        requires detail::HasFlush<Writer>
    {
        return writer_.flush();
    }
    /// What the writer's `shutdown` does.
    [[nodiscard]] auto shutdown()
        requires detail::HasShutdown<Writer>
    {
        return writer_.shutdown();
    }

    [[nodiscard]] Writer& inner() noexcept { return writer_; }
    /// Gives the writer back.
    [[nodiscard]] W into_inner() && { return std::forward<W>(writer_); }

private:
    W writer_;
    F function_;
};

template <class W, class F>
InspectWriter(W&& writer, F function) -> InspectWriter<W, F>;

}  // namespace edo::io
