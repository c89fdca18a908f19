// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/codec/buffer.hpp"

#include <utility>

namespace edo::codec {

/// What a framed stream was made of, to be made into another one: for example after a handshake
/// with one codec. Nothing that was read or accepted is lost.
template <class S, class C>
class FramedParts {
public:
    FramedParts(S&& stream, C parts_codec, Buffer read, Buffer write)
        : io(std::forward<S>(stream)),
          codec(std::move(parts_codec)),
          read_buffer(std::move(read)),
          write_buffer(std::move(write)) {}

    S io;                 ///< the stream, or a reference to it
    C codec;              ///< the codec
    Buffer read_buffer;   ///< read from the stream and not decoded yet
    Buffer write_buffer;  ///< encoded and not written to the stream yet
};

}  // namespace edo::codec
