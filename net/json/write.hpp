// SPDX-License-Identifier: MIT
// Object to text, behind `to_text`.
#pragma once

#include "edo/net/json/type.hpp"

#include <string>

namespace edo::detail::json {

/// Appends the text of an object of that type.
/// @param is_pretty On lines of their own, indented by two blanks a level.
void write_text(const Type& type, const void* object, bool is_pretty, std::string& text);

}  // namespace edo::detail::json
