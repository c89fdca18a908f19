// SPDX-License-Identifier: MIT
#include "edo/net/http/h1/field_parser.hpp"

#include "edo/net/http/characters.hpp"
#include "edo/net/http/error.hpp"

namespace edo::http::h1 {

namespace {

constexpr std::size_t kFirstPlaces = 16;

/// Without branches, so that the compiler makes vector instructions of it.
bool is_value(std::string_view text) noexcept {
    bool is_bad = false;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        is_bad |= (byte < 0x20 && byte != '\t') || byte == 0x7f;
    }
    return !is_bad;
}

}  // namespace

Result<bool> FieldParser::parse(std::string_view block) {
    for (;;) {
        const std::size_t end = block.find('\n', searched_);
        const bool is_whole = end != std::string_view::npos;
        searched_ = is_whole ? end + 1 : block.size();
        if (searched_ > max_bytes_) {
            return failure(Errc::HeadersTooLarge);
        }
        if (!is_whole) {
            return false;
        }
        if (end == line_begin_ || block[end - 1] != '\r') {
            return failure(Errc::BadHeader);
        }
        const std::string_view line = block.substr(line_begin_, end - 1 - line_begin_);
        if (line.empty()) {
            line_begin_ = searched_;
            return true;
        }
        if (places_.size() == max_count_) {
            return failure(Errc::HeadersTooLarge);
        }
        if (!add_line(line)) {
            return failure(Errc::BadHeader);
        }
        line_begin_ = searched_;
    }
}

bool FieldParser::add_line(std::string_view line) {
    std::size_t colon = 0;
    while (colon < line.size() && detail::is_of(line[colon], detail::kTokenCharacter)) {
        ++colon;
    }
    if (colon == 0 || colon == line.size() || line[colon] != ':') {
        return false;
    }
    const std::string_view value = detail::trim(line.substr(colon + 1));
    if (!is_value(value)) {
        return false;
    }
    if (places_.capacity() == 0) {
        places_.reserve(kFirstPlaces);
    }
    places_.emplace_back(line_begin_, colon, line_begin_ + std::size_t(value.data() - line.data()),
                         value.size());
    return true;
}

Headers FieldParser::take(std::string_view block) const {
    Headers headers;
    if (!places_.empty()) {
        detail::HeadersAccess::text(headers).assign(block.substr(0, size() - 2));
        detail::HeadersAccess::places(headers).assign(places_.begin(), places_.end());
    }
    return headers;
}

void FieldParser::reset() noexcept {
    line_begin_ = 0;
    searched_ = 0;
    if (places_.capacity() > kFirstPlaces) {
        std::vector<detail::HeaderPlace>().swap(places_);
    } else {
        places_.clear();
    }
}

}  // namespace edo::http::h1
