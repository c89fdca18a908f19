// SPDX-License-Identifier: MIT
// Words for errors.
#pragma once

#include "edo/net/json/type.hpp"

#include <string>
#include <string_view>

namespace edo::detail::json {

/// What a type accepts: "a number", "text".
[[nodiscard]] std::string name_of(const Type& type);
/// "not between 0 and 255".
[[nodiscard]] std::string out_of_range(const IntegerType& type);
/// Text of a peer, safe to log: of bounded length and without control characters.
[[nodiscard]] std::string shortened(std::string_view text);
/// The same in quotes.
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace edo::detail::json
