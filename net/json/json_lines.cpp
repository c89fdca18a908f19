// SPDX-License-Identifier: MIT
#include "edo/net/json/json_lines.hpp"

#include <algorithm>
#include <span>

namespace edo::detail::json {

namespace {

constexpr std::byte kNewline{'\n'};

bool is_blank(std::string_view line) noexcept {
    return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

}  // namespace

LineFinder::LineFinder(const edo::json::Limits& limits)
    : frames_(ByteSet(std::span(&kNewline, 1)), limits.max_size), limit_(limits.max_size) {}

Result<std::optional<std::string_view>, Error> LineFinder::find(codec::Buffer& buffer,
                                                                bool at_end) {
    for (;;) {
        const auto size = frames_.find(buffer);
        if (!size) {
            ++count_;
            Error error(Errc::TooLarge,
                        "the line is longer than " + std::to_string(limit_) + " bytes");
            place(error);
            return failure(std::move(error));
        }
        is_last_ = !size->has_value();
        if (is_last_ && !at_end) {
            return std::nullopt;
        }
        size_ = size->value_or(buffer.size());
        ++count_;
        const std::string_view line = buffer.text().substr(0, size_);
        if (!is_blank(line)) {
            return std::optional(line);
        }
        const bool is_end = is_last_;
        done(buffer);
        if (is_end) {
            return std::nullopt;
        }
    }
}

void LineFinder::done(codec::Buffer& buffer) {
    if (is_last_) {
        frames_.clear(buffer);
    } else {
        frames_.consume(buffer, size_);
    }
}

}  // namespace edo::detail::json
