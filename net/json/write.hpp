// SPDX-License-Identifier: MIT
// Object to text, behind `to_text`.
#pragma once

#include "edo/net/json/type.hpp"

#include <cstddef>
#include <string>

namespace edo::detail::json {

/// Room for small objects, so that their text does not grow step by step.
inline constexpr std::size_t kFirstRoom = 128;

/// Appends the text of an object of that type.
/// @param is_pretty On lines of their own, indented by two blanks a level.
void write_text(const Type& type, const void* object, bool is_pretty, std::string& text);

}  // namespace edo::detail::json
