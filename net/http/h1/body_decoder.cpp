// SPDX-License-Identifier: MIT
#include "edo/net/http/h1/body_decoder.hpp"

#include "edo/net/http/characters.hpp"
#include "edo/net/http/error.hpp"

#include <algorithm>
#include <array>

namespace edo::http::h1 {

namespace {

constexpr std::uint8_t kMostDigits = 15;  // so that no size overflows, and sums of them do not

/// What decides how a message is understood is too late in a trailer (RFC 9110 section 6.5.1).
bool may_be_trailer(std::string_view name) noexcept {
    constexpr std::array<std::string_view, 12> kForbidden = {
        "Content-Length", "Transfer-Encoding", "Host",
        "Connection",     "Trailer",           "TE",
        "Upgrade",        "Content-Encoding",  "Content-Type",
        "Content-Range",  "Authorization",     "Set-Cookie"};
    return std::none_of(kForbidden.begin(), kForbidden.end(), [name](std::string_view forbidden) {
        return detail::same_name(name, forbidden);
    });
}

}  // namespace

BodyDecoder::BodyDecoder(Framing framing, const Limits& limits) noexcept
    : left_(framing.length()), limits_(limits), kind_(framing.kind()) {
    switch (framing.kind()) {
        case Framing::Kind::None:
            state_ = State::Done;
            break;
        case Framing::Kind::Length:
            state_ = left_ == 0 ? State::Done : State::Length;
            break;
        case Framing::Kind::Chunked:
            state_ = State::SizeBegin;
            break;
        case Framing::Kind::UntilClose:
            state_ = State::UntilClose;
            break;
    }
}

Result<BodyDecoder::Step> BodyDecoder::decode(std::string_view bytes) {
    switch (state_) {
        case State::Done:
            return Step(0, {});
        case State::UntilClose:
            return Step(bytes.size(), bytes);
        case State::Length:
            return take_data(bytes, 0, State::Done);
        default:
            return decode_chunked(bytes);
    }
}

BodyDecoder::Step BodyDecoder::take_data(std::string_view bytes, std::size_t begin,
                                         State after) noexcept {
    std::string_view data = bytes.substr(begin);
    if (data.size() >= left_) {
        data = data.substr(0, std::size_t(left_));
        state_ = after;
    }
    left_ -= data.size();
    return {begin + data.size(), data};
}

Result<BodyDecoder::Step> BodyDecoder::decode_chunked(std::string_view bytes) {
    std::size_t at = 0;
    while (at < bytes.size() && state_ != State::Done) {
        if (state_ == State::Data) {
            return take_data(bytes, at, State::DataCr);
        }
        if (state_ == State::Trailers) {
            const Result<std::size_t> used = add_trailers(bytes.substr(at));
            if (!used) {
                return failure(used.error());
            }
            at += *used;
        } else if (!add_frame_byte(bytes[at++])) {
            return failure(Errc::BadChunk);
        }
    }
    return Step(at, {});
}

bool BodyDecoder::add_frame_byte(char c) noexcept {
    switch (state_) {
        case State::SizeBegin:
            left_ = 0;
            digits_ = 0;
            state_ = State::Size;
            return add_size_byte(c) && digits_ == 1;
        case State::Size:
            return add_size_byte(c);
        case State::BlankBefore:
            state_ = c == ';' ? State::Extension : State::BlankBefore;
            return (c == ';' || detail::is_blank(c)) &&
                   ++extension_bytes_ <= limits_.chunk_extensions;
        case State::Extension:
            if (c == '\r') {
                state_ = State::SizeEnd;
                return true;
            }
            return detail::is_of(c, detail::kValueCharacter) &&
                   ++extension_bytes_ <= limits_.chunk_extensions;
        case State::SizeEnd:
            state_ = left_ == 0 ? State::Trailers : State::Data;
            return c == '\n';
        case State::DataCr:
            state_ = State::DataEnd;
            return c == '\r';
        case State::DataEnd:
            state_ = State::SizeBegin;
            return c == '\n';
        default:
            return false;
    }
}

bool BodyDecoder::add_size_byte(char c) noexcept {
    const char lower = detail::to_lower(c);
    const bool is_digit = c >= '0' && c <= '9';
    if (is_digit || (lower >= 'a' && lower <= 'f')) {
        left_ = left_ * 16 + std::uint64_t(is_digit ? c - '0' : lower - 'a' + 10);
        return ++digits_ <= kMostDigits;
    }
    if (c == '\r') {
        state_ = State::SizeEnd;
    } else if (c == ';') {
        state_ = State::Extension;
    } else if (detail::is_blank(c)) {
        state_ = State::BlankBefore;
    } else {
        return false;
    }
    return true;
}

/// Trailers are rare and small: they are gathered here, so that the caller need not.
Result<std::size_t> BodyDecoder::add_trailers(std::string_view bytes) {
    if (trailer_text_ == nullptr) {
        trailer_text_ = std::make_unique<std::string>();
        trailer_parser_ = std::make_unique<FieldParser>(limits_.trailers, limits_.header_count);
    }
    const std::size_t before = trailer_text_->size();
    // Not more than the limit, and what shows that it is exceeded.
    trailer_text_->append(bytes.substr(0, limits_.trailers + 1 - before));
    const Result<bool> is_whole = trailer_parser_->parse(*trailer_text_);
    if (!is_whole) {
        return failure(is_whole.error());
    }
    if (!*is_whole) {
        return bytes.size();
    }
    for (const detail::HeaderPlace& place : trailer_parser_->places()) {
        if (!may_be_trailer(FieldParser::header(*trailer_text_, place).name)) {
            return failure(Errc::BadHeader);
        }
    }
    if (!trailer_parser_->places().empty()) {
        trailers_ = std::make_unique<Headers>(trailer_parser_->take(*trailer_text_));
    }
    state_ = State::Done;
    return trailer_parser_->size() - before;
}

Result<void> BodyDecoder::end_of_input() noexcept {
    if (state_ == State::UntilClose) {
        state_ = State::Done;
    }
    if (!is_done()) {
        return failure(Errc::Truncated);
    }
    return {};
}

}  // namespace edo::http::h1
