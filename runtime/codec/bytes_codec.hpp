// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/codec/buffer.hpp"
#include "edo/runtime/result.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace edo::codec {

/// Frames without any format: what has arrived is a frame.
/// @par Example
/// @snippet codec.cpp bytes_codec
class BytesCodec {
public:
    using Item = std::vector<std::byte>;

    BytesCodec() noexcept = default;

    [[nodiscard]] Result<std::optional<Item>> decode(Buffer& buffer) {
        if (buffer.empty()) {
            return std::nullopt;
        }
        return std::optional<Item>(buffer.take(buffer.size()));
    }
    [[nodiscard]] Result<void> encode(std::span<const std::byte> bytes, Buffer& buffer) {
        buffer.append(bytes);
        return {};
    }
    [[nodiscard]] Result<void> encode(std::string_view text, Buffer& buffer) {
        buffer.append(text);
        return {};
    }
};

}  // namespace edo::codec
