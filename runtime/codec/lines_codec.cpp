// SPDX-License-Identifier: MIT
#include "edo/runtime/codec/lines_codec.hpp"

#include "edo/runtime/errors.hpp"
#include "edo/runtime/io/utf8.hpp"

namespace edo::codec {

namespace {

constexpr std::byte kNewline{'\n'};

/// Makes a line of the bytes before its `\n`.
Result<std::optional<std::string>> line_of(std::string_view text, std::size_t limit) {
    if (text.ends_with('\r')) {
        text.remove_suffix(1);
    }
    if (text.size() > limit) {
        return failure(make_error_code(Errc::LimitExceeded));
    }
    if (!io::is_utf8(text)) {
        return failure(make_error_code(Errc::InvalidData));
    }
    return std::optional<std::string>(text);
}

}  // namespace

LinesCodec::LinesCodec(std::size_t limit)
    : limit_(limit),
      frames_(detail::ByteSet(std::span(&kNewline, 1)), detail::raw_line_limit(limit)) {}

Result<std::optional<std::string>> LinesCodec::decode(Buffer& buffer) {
    const Result<std::optional<std::size_t>> size = frames_.find(buffer);
    if (!size) {
        return failure(size.error());
    }
    if (!*size) {
        return std::nullopt;
    }
    auto line = line_of(buffer.text().substr(0, **size), limit_);
    frames_.consume(buffer, **size);  // a line that is refused, too
    return line;
}

Result<std::optional<std::string>> LinesCodec::decode_eof(Buffer& buffer) {
    auto line = decode(buffer);
    if (!line || line->has_value()) {
        return line;
    }
    if (buffer.empty()) {
        frames_.clear(buffer);  // a line that was too long has ended here
        return std::nullopt;
    }
    const bool is_end_only = buffer.text() == "\r";
    auto last = line_of(buffer.text(), limit_);
    frames_.clear(buffer);
    if (is_end_only) {
        return std::nullopt;
    }
    return last;
}

Result<void> LinesCodec::encode(std::string_view line, Buffer& buffer) {
    buffer.append(line);
    buffer.append(kNewline);
    return {};
}

}  // namespace edo::codec
