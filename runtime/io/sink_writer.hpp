// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/io/concepts.hpp"
#include "edo/runtime/propagate.hpp"
#include "edo/runtime/task/task.hpp"

#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

namespace edo::detail {

/// A sink of frames: `FramedWrite`, `Framed`.
template <class S>
concept FrameSinkLike = requires(S& sink, std::span<const std::byte> bytes) {
    { sink.ready() } -> AwaitableOf<Result<void>>;
    { sink.start_send(bytes) } -> std::same_as<Result<void>>;
    { sink.flush() } -> AwaitableOf<Result<void>>;
};

/// The sending end of a channel of pieces of bytes.
template <class S>
concept ChunkChannel =
    requires(S& sink, std::vector<std::byte> chunk) { sink.send(std::move(chunk)); };

}  // namespace edo::detail

namespace edo::io {

/// Makes a writer of something that takes pieces of bytes: of the sender of a channel, which gets
/// each write as one `std::vector<std::byte>`, or of a `codec::FramedWrite`, which gets each write
/// as one frame.
///
/// ```cpp
/// auto [sender, receiver] = edo::sync::mpsc::channel<std::vector<std::byte>>(8);
/// edo::io::SinkWriter writer(std::move(sender));
/// ```
///
/// @tparam S The sink, or a reference to it.
///
/// @par Cancel safety
/// `write` and `flush` are cancel safe if those of the sink are: a `send` that was dropped must
/// have sent nothing. Those of edo's channels and framed writers are.
/// @par Thread safety
/// None; one operation at a time.
/// @par Example
/// @snippet io_bridges.cpp sink_writer
template <class S>
    requires detail::FrameSinkLike<std::remove_reference_t<S>> ||
             detail::ChunkChannel<std::remove_reference_t<S>>
class SinkWriter {
    using Sink = std::remove_reference_t<S>;
    static constexpr bool kFrames = detail::FrameSinkLike<Sink>;

public:
    explicit SinkWriter(S&& sink) : sink_(std::forward<S>(sink)) {}

    /// Hands all bytes over as one piece, once there is room for it.
    /// @return The number of bytes. None are no piece: nothing happens then.
    /// @par Errors
    /// What the sink yields; `std::errc::broken_pipe` if the channel is closed.
    Task<Result<std::size_t>> write(std::span<const std::byte> bytes) {
        if (bytes.empty()) {
            co_return std::size_t{0};
        }
        if constexpr (kFrames) {
            co_await propagate(co_await sink_.ready());
            co_await propagate(sink_.start_send(bytes));
        } else {
            std::vector<std::byte> chunk(bytes.begin(), bytes.end());
            bool is_sent = false;
            if constexpr (detail::Awaitable<decltype(sink_.send(std::move(chunk)))>) {
                const auto sent = co_await sink_.send(std::move(chunk));
                is_sent = bool(sent);
            } else {
                is_sent = bool(sink_.send(std::move(chunk)));
            }
            if (!is_sent) {
                co_return failure(std::errc::broken_pipe);
            }
        }
        co_return bytes.size();
    }

    /// Writes out what the sink has accepted. Of a channel there is nothing to flush.
    [[nodiscard]] auto flush()
        requires kFrames
    {
        return sink_.flush();
    }
    /// Ends the stream, if the sink can do that. A channel ends when its senders are dropped.
    [[nodiscard]] auto shutdown()
        requires detail::HasShutdown<Sink>
    {
        return sink_.shutdown();
    }

    [[nodiscard]] Sink& inner() noexcept { return sink_; }
    /// Gives the sink back.
    [[nodiscard]] S into_inner() && { return std::forward<S>(sink_); }

private:
    S sink_;
};

template <class S>
SinkWriter(S&& sink) -> SinkWriter<S>;

}  // namespace edo::io
