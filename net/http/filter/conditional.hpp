// SPDX-License-Identifier: MIT
// Conditional requests and ranges (RFC 9110 sections 13 and 14).
#pragma once

#include "edo/net/http/filter/http_date.hpp"
#include "edo/net/http/headers.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace edo::http::filter::detail {

/// What identifies a version of a file.
struct Validators {
    std::string etag;  // strong, with its quotes
    Seconds modified;
};

enum class Precondition : std::uint8_t { Passed, NotModified, Failed };

/// In the order of section 13.2.2, for GET and HEAD.
[[nodiscard]] Precondition check_preconditions(const Headers& headers,
                                               const Validators& validators);

/// Bytes `first` to, but not including, `end`.
struct ByteRange {
    std::uint64_t first = 0;
    std::uint64_t end = 0;
};
struct RangeAnswer {
    bool unsatisfiable = false;
    std::vector<ByteRange> ranges;  // none: all of it
};

/// What parts of `size` bytes a request asks for, in its order. Malformed ranges, those whose
/// If-Range does not hold, more than 16, and those that are longer together than all of it, which
/// would multiply the work, mean all of it.
[[nodiscard]] RangeAnswer requested_ranges(const Headers& headers, const Validators& validators,
                                           std::uint64_t size);

}  // namespace edo::http::filter::detail
