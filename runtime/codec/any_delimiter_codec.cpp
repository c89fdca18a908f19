// SPDX-License-Identifier: MIT
#include "edo/runtime/codec/any_delimiter_codec.hpp"

#include "edo/runtime/errors.hpp"

namespace edo::codec {

AnyDelimiterCodec::AnyDelimiterCodec(std::string_view delimiters, std::string_view separator,
                                     std::size_t limit)
    : limit_(limit),
      separator_(separator),
      frames_(detail::ByteSet(std::as_bytes(std::span(delimiters))), limit) {
    if (delimiters.empty()) {
        throw UsageError("edo: an AnyDelimiterCodec needs at least one delimiter");
    }
}

Result<std::optional<std::vector<std::byte>>> AnyDelimiterCodec::decode(Buffer& buffer) {
    const Result<std::optional<std::size_t>> size = frames_.find(buffer);
    if (!size) {
        return failure(size.error());
    }
    if (!*size) {
        return std::nullopt;
    }
    const auto bytes = buffer.data().first(**size);
    std::optional<Item> frame(std::in_place, bytes.begin(), bytes.end());
    frames_.consume(buffer, **size);
    return frame;
}

Result<std::optional<std::vector<std::byte>>> AnyDelimiterCodec::decode_eof(Buffer& buffer) {
    auto frame = decode(buffer);
    if (!frame || frame->has_value()) {
        return frame;
    }
    std::optional<Item> last;
    if (!buffer.empty()) {
        last.emplace(buffer.data().begin(), buffer.data().end());
    }
    frames_.clear(buffer);  // a frame that was too long has ended here, too
    return last;
}

Result<void> AnyDelimiterCodec::encode(std::span<const std::byte> bytes, Buffer& buffer) {
    buffer.append(bytes);
    buffer.append(separator_);
    return {};
}

Result<void> AnyDelimiterCodec::encode(std::string_view text, Buffer& buffer) {
    return encode(std::as_bytes(std::span(text)), buffer);
}

}  // namespace edo::codec
