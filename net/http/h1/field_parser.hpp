// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/headers.hpp"
#include "edo/runtime/result.hpp"

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace edo::http::h1 {

/// Parses header or trailer lines up to the empty line (RFC 9112 section 5). Does no I/O.
///
/// Strict: lines end with CR LF; a line that begins with a blank (obs-fold), a blank before the
/// colon, and control characters are errors.
class FieldParser {
public:
    /// @param max_bytes Of all lines, with the empty one.
    /// @param max_count How many lines.
    FieldParser(std::size_t max_bytes, std::size_t max_count) noexcept
        : max_bytes_(max_bytes), max_count_(max_count) {}

    /// Goes on where the call before has stopped.
    ///
    /// @param block What there is from the first line on: the same bytes as before, and more. They
    ///     may be somewhere else now.
    /// @return Whether the empty line has come.
    /// @par Errors
    /// `Errc::BadHeader`, `Errc::HeadersTooLarge`.
    [[nodiscard]] Result<bool> parse(std::string_view block);

    /// The bytes of all lines, with the empty one, once it has come.
    [[nodiscard]] std::size_t size() const noexcept { return line_begin_; }
    /// Where the headers are in the block.
    [[nodiscard]] std::span<const detail::HeaderPlace> places() const noexcept { return places_; }
    [[nodiscard]] static Header header(std::string_view block,
                                       const detail::HeaderPlace& place) noexcept {
        return {block.substr(place.name, place.name_size),
                block.substr(place.value, place.value_size)};
    }
    /// The headers, once the empty line has come.
    [[nodiscard]] Headers take(std::string_view block) const;
    /// Begins anew.
    void reset() noexcept;

private:
    [[nodiscard]] bool add_line(std::string_view line);

    std::size_t max_bytes_;
    std::size_t max_count_;
    std::size_t line_begin_ = 0;
    std::size_t searched_ = 0;  // no line ends in [line_begin_, searched_)
    std::vector<detail::HeaderPlace> places_;
};

}  // namespace edo::http::h1
