// SPDX-License-Identifier: MIT
#include "edo/net/http/ws/codec.hpp"

#include "edo/runtime/errors.hpp"
#include "edo/runtime/io/utf8.hpp"

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

namespace edo::http::ws {

namespace {

using detail::FrameHead;
using detail::Opcode;

constexpr std::size_t kLargestReason = detail::kLargestControlFrame - sizeof(std::uint16_t);

Opcode opcode_of(Message::Kind kind) noexcept {
    switch (kind) {
        case Message::Kind::Text:
            return Opcode::Text;
        case Message::Kind::Binary:
            return Opcode::Binary;
        case Message::Kind::Ping:
            return Opcode::Ping;
        case Message::Kind::Pong:
            return Opcode::Pong;
        case Message::Kind::Close:
            break;
    }
    return Opcode::Close;
}

/// How many bytes at the end are the beginning of a character, of which the rest is missing.
std::size_t unfinished(std::string_view text) noexcept {
    for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
        const auto byte = static_cast<unsigned char>(text[text.size() - back]);
        if ((byte & 0xC0) == 0x80) {
            continue;
        }
        const std::size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
        return length > back ? back : 0;
    }
    return 0;
}

/// Whether a beginning of a character can become one. Of the bytes that may follow, either the
/// smallest or the largest ones are always allowed.
bool can_be_finished(std::string_view beginning) noexcept {
    const auto lead = static_cast<unsigned char>(beginning[0]);
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    for (const char filler : {'\x80', '\xBF'}) {
        std::array<char, 4> whole;
        whole.fill(filler);
        std::copy(beginning.begin(), beginning.end(), whole.begin());
        if (io::is_utf8(std::string_view(whole.data(), length))) {
            return true;
        }
    }
    return false;
}

/// A close message of the content of its frame.
Result<std::optional<Message>> close_of(std::string_view content) {
    if (content.empty()) {
        return std::optional(Message::close(close_code::kNone));
    }
    if (content.size() == 1) {
        return failure(make_error_code(Errc::Protocol));
    }
    const auto byte = [&](std::size_t at) {
        return unsigned(static_cast<unsigned char>(content[at]));
    };
    const auto code = std::uint16_t(byte(0) << 8 | byte(1));
    if (!close_code::is_valid(code)) {
        return failure(make_error_code(Errc::Protocol));
    }
    content.remove_prefix(sizeof code);
    if (!io::is_utf8(content)) {
        return failure(make_error_code(Errc::NotText));
    }
    return std::optional(Message::close(code, std::string(content)));
}

/// The content of a close frame.
std::string content_of_close(const Message& message) {
    std::string content;
    if (message.code() != close_code::kNone) {
        content += char(message.code() >> 8);
        content += char(message.code() & 255);
        content += message.data();
    }
    return content;
}

Result<void> check(const Message& message) {
    switch (message.kind()) {
        case Message::Kind::Text:
            if (!io::is_utf8(message.data())) {
                return failure(make_error_code(Errc::NotText));
            }
            break;
        case Message::Kind::Binary:
            break;
        case Message::Kind::Ping:
        case Message::Kind::Pong:
            if (message.data().size() > detail::kLargestControlFrame) {
                return failure(make_error_code(Errc::Protocol));
            }
            break;
        case Message::Kind::Close: {
            const bool has_code = message.code() != close_code::kNone;
            if (message.data().size() > kLargestReason || (!has_code && !message.data().empty()) ||
                (has_code && !close_code::is_valid(message.code()))) {
                return failure(make_error_code(Errc::Protocol));
            }
            if (!io::is_utf8(message.data())) {
                return failure(make_error_code(Errc::NotText));
            }
            break;
        }
    }
    return {};
}

}  // namespace

// ---- Receiving
// -----------------------------------------------------------------------------------

Result<void> MessageCodec::begin_frame(const FrameHead& head) {
    if (!detail::is_control(head.opcode)) {
        // A message in fragments: the first frame says what it is, the others continue it.
        if ((head.opcode == Opcode::Continuation) != kind_.has_value()) {
            return failure(make_error_code(Errc::Protocol));
        }
        if (head.size > options_.max_message_size() - data_.size()) {
            return failure(make_error_code(Errc::MessageTooLarge));
        }
        if (!kind_) {
            kind_ = head.opcode == Opcode::Text ? Message::Kind::Text : Message::Kind::Binary;
        }
    }
    frame_.emplace(head);
    return {};
}

void MessageCodec::take_content(codec::Buffer& buffer, Frame& frame, std::string& to) {
    const std::uint64_t missing = frame.head.size - frame.done;
    const auto count = std::size_t(std::min<std::uint64_t>(missing, buffer.size()));
    const std::size_t start = to.size();
    to.append(buffer.text().substr(0, count));
    buffer.consume(count);
    if (frame.head.mask) {
        detail::apply_mask(std::span(to).subspan(start), *frame.head.mask, frame.done);
    }
    frame.done += count;
}

bool MessageCodec::check_text(bool is_whole) noexcept {
    const std::string_view text = std::string_view(data_).substr(checked_);
    const std::size_t rest = unfinished(text);
    if (!io::is_utf8(text.substr(0, text.size() - rest))) {
        return false;
    }
    checked_ = data_.size() - rest;
    return rest == 0 || (!is_whole && can_be_finished(text.substr(text.size() - rest)));
}

Result<std::optional<Message>> MessageCodec::decode_control(codec::Buffer& buffer) {
    if (buffer.size() < frame_->head.size) {
        return std::nullopt;
    }
    std::string content;
    take_content(buffer, *frame_, content);
    const Opcode opcode = frame_->head.opcode;
    frame_.reset();
    if (opcode == Opcode::Close) {
        return close_of(content);
    }
    return std::optional(Message(opcode == Opcode::Ping ? Message::Kind::Ping : Message::Kind::Pong,
                                 std::move(content)));
}

Result<std::optional<Message>> MessageCodec::decode_data(codec::Buffer& buffer) {
    take_content(buffer, *frame_, data_);
    const bool is_frame_done = frame_->done == frame_->head.size;
    const bool is_whole = is_frame_done && frame_->head.is_final;
    if (*kind_ == Message::Kind::Text && !check_text(is_whole)) {
        return failure(make_error_code(Errc::NotText));
    }
    if (is_frame_done) {
        frame_.reset();
    }
    if (!is_whole) {
        return std::nullopt;
    }
    checked_ = 0;
    return std::optional(
        Message(*std::exchange(kind_, std::nullopt), std::exchange(data_, std::string())));
}

Result<std::optional<Message>> MessageCodec::decode(codec::Buffer& buffer) {
    if (has_failed_) {
        buffer.clear();
        return std::nullopt;
    }
    auto message = decode_next(buffer);
    has_failed_ = !message;
    return message;
}

Result<std::optional<Message>> MessageCodec::decode_next(codec::Buffer& buffer) {
    const Role peer = role_ == Role::Server ? Role::Client : Role::Server;
    for (;;) {
        if (!frame_) {
            const auto head = detail::decode_head(buffer.data(), peer);
            if (!head) {
                return failure(head.error());
            }
            if (!*head) {
                return std::nullopt;
            }
            if (const auto begun = begin_frame(**head); !begun) {
                return failure(begun.error());
            }
            buffer.consume((*head)->head_size());
        }
        auto message =
            detail::is_control(frame_->head.opcode) ? decode_control(buffer) : decode_data(buffer);
        if (!message || message->has_value() || frame_) {
            return message;
        }
    }
}

Result<std::optional<Message>> MessageCodec::decode_eof(codec::Buffer& buffer) {
    auto message = decode(buffer);
    const bool is_within = !buffer.empty() || frame_ || kind_;
    if (message && !message->has_value() && is_within && !has_failed_) {
        has_failed_ = true;
        buffer.clear();
        return failure(make_error_code(edo::Errc::UnexpectedEof));
    }
    return message;
}

// ---- Sending
// -------------------------------------------------------------------------------------

Result<void> MessageCodec::encode(const Message& message, codec::Buffer& buffer) const {
    if (auto checked = check(message); !checked) {
        return checked;
    }
    const std::string close =
        message.kind() == Message::Kind::Close ? content_of_close(message) : std::string();
    const std::string_view content =
        message.kind() == Message::Kind::Close ? close : message.data();
    FrameHead head;
    head.opcode = opcode_of(message.kind());
    head.size = content.size();
    if (role_ == Role::Client) {
        head.mask = detail::random_mask();
    }
    std::string bytes;
    detail::append_head(bytes, head);
    if (!head.mask) {
        buffer.append(bytes);
        buffer.append(content);
        return {};
    }
    const std::size_t start = bytes.size();
    bytes += content;
    detail::apply_mask(std::span(bytes).subspan(start), *head.mask, 0);
    buffer.append(bytes);
    return {};
}

std::uint16_t close_code_of(const std::error_code& error) noexcept {
    if (error == Errc::NotText) {
        return close_code::kNotText;
    }
    if (error == Errc::MessageTooLarge) {
        return close_code::kTooLarge;
    }
    return close_code::kProtocolError;
}

}  // namespace edo::http::ws
