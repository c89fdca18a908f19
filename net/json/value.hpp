// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/json/text.hpp"

#include <boost/json/value.hpp>

namespace edo::json {

/// Any JSON value: what a text says whose form is not known before. It works with `from_text`,
/// `to_text` and `Parser`, and as a field of a described struct.
///
/// @par Example
/// @snippet json.cpp value
using Value = boost::json::value;

}  // namespace edo::json
