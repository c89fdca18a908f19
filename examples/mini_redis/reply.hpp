// SPDX-License-Identifier: MIT
// Replies of the server as bytes (RESP2). Each function appends one to `out`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mini_redis::reply {

/// "+OK". The text must not hold an end of line.
void simple(std::string& out, std::string_view text);
/// "-ERR ...". Ends of lines in the text become blanks.
void error(std::string& out, std::string_view text);
/// ":1000"
void integer(std::string& out, std::int64_t number);
/// "$5", and the bytes.
void bulk(std::string& out, std::string_view bytes);
/// What stands for a value that does not exist.
void null(std::string& out);
/// "*2"; that many replies are to follow.
void array(std::string& out, std::size_t count);

}  // namespace mini_redis::reply
