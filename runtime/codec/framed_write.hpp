// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/codec/buffer.hpp"
#include "edo/runtime/codec/concepts.hpp"
#include "edo/runtime/codec/frame_io.hpp"
#include "edo/runtime/codec/framed_parts.hpp"
#include "edo/runtime/io/concepts.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/task/task.hpp"

#include <cstddef>
#include <type_traits>
#include <utility>

namespace edo::codec {

/// Encodes frames into a writer.
///
/// **Call `flush`, `send` or `shutdown` before you drop it**: what is still in the buffer then is
/// lost.
///
/// @tparam W The writer, or a reference to it.
/// @tparam E The encoder.
/// @par Thread safety
/// None; one operation at a time.
/// @par Example
/// @snippet codec.cpp framed_write
template <class W, class E>
    requires io::AsyncWrite<std::remove_reference_t<W>>
class FramedWrite {
public:
    FramedWrite(W&& writer, E encoder)
        : writer_(std::forward<W>(writer)), encoder_(std::move(encoder)), sink_(Buffer()) {}
    /// Begins with bytes that were encoded before: those of `FramedParts`.
    FramedWrite(W&& writer, E encoder, Buffer written)
        : writer_(std::forward<W>(writer)),
          encoder_(std::move(encoder)),
          sink_(std::move(written)) {}

    /// Encodes a frame and writes out all that was encoded.
    ///
    /// @par Errors
    /// What the encoder and the writer yield, and `Errc::WriteZero`.
    /// @par Cancel safety
    /// Not cancel safe: whether the frame was accepted is unknown. Where that matters await
    /// `ready`, then call `start_send`, then await `flush`.
    template <class Item>
        requires Encoder<E, Item>
    [[nodiscard]] Task<Result<void>> send(Item item) {
        return sink_.send(writer_, encoder_, std::move(item));
    }
    /// Encodes a frame into the buffer; first writes the buffer out if it holds as much as the
    /// back-pressure boundary. Many of these and one `flush` make few system calls.
    ///
    /// @par Errors
    /// Those of `send`. The frame was not accepted then.
    /// @par Cancel safety
    /// Not cancel safe: a cancelled `feed` has dropped the frame. Await `ready`, then call
    /// `start_send`.
    template <class Item>
        requires Encoder<E, Item>
    [[nodiscard]] Task<Result<void>> feed(Item item) {
        return sink_.feed(writer_, encoder_, std::move(item));
    }

    /// Waits until there is room for a frame.
    /// @par Errors
    /// What the writer yields, and `Errc::WriteZero`.
    /// @par Cancel safety
    /// Cancel safe.
    [[nodiscard]] Task<Result<void>> ready() { return sink_.make_room(writer_); }
    /// Encodes a frame into the buffer without waiting, however full that is.
    /// @par Errors
    /// What the encoder yields; the frame was not accepted then.
    template <class Item>
        requires Encoder<E, Item>
    [[nodiscard]] Result<void> start_send(Item item) {
        return encoder_.encode(std::move(item), sink_.buffer());
    }
    /// Writes out all that was encoded, and flushes the writer.
    /// @par Errors
    /// What the writer yields, and `Errc::WriteZero`.
    /// @par Cancel safety
    /// Cancel safe: what was not written stays in the buffer.
    [[nodiscard]] Task<Result<void>> flush() { return sink_.flush(writer_); }
    /// Flushes, then shuts the writer down if it can be.
    [[nodiscard]] Task<Result<void>> shutdown() { return sink_.shutdown(writer_); }

    /// From how many bytes in the buffer on `feed` and `ready` write it out: 8 KiB by default.
    [[nodiscard]] std::size_t backpressure_boundary() const noexcept { return sink_.boundary(); }
    void set_backpressure_boundary(std::size_t bytes) noexcept { sink_.set_boundary(bytes); }

    [[nodiscard]] std::remove_reference_t<W>& inner() noexcept { return writer_; }
    [[nodiscard]] E& encoder() noexcept { return encoder_; }
    /// What was encoded and not written yet.
    [[nodiscard]] Buffer& write_buffer() noexcept { return sink_.buffer(); }
    /// The writer, the encoder and what was not written yet.
    [[nodiscard]] FramedParts<W, E> into_parts() && {
        return FramedParts<W, E>(std::forward<W>(writer_), std::move(encoder_), Buffer(),
                                 std::move(sink_.buffer()));
    }
    /// The same with the encoder that `function(encoder)` makes of this one. What was encoded and
    /// not written yet is written first.
    template <class Function>
    [[nodiscard]] auto map_encoder(Function function) && {
        FramedWrite<W, std::invoke_result_t<Function, E>> mapped(
            std::forward<W>(writer_), function(std::move(encoder_)), std::move(sink_.buffer()));
        mapped.set_backpressure_boundary(sink_.boundary());
        return mapped;
    }

private:
    W writer_;
    E encoder_;
    detail::FrameSink sink_;
};

template <class W, class E>
FramedWrite(W&& writer, E encoder) -> FramedWrite<W, E>;
template <class W, class E>
FramedWrite(W&& writer, E encoder, Buffer written) -> FramedWrite<W, E>;

}  // namespace edo::codec
