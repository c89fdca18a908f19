// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/h1/framing.hpp"
#include "edo/net/http/headers.hpp"
#include "edo/net/http/method.hpp"
#include "edo/net/http/request.hpp"
#include "edo/net/http/response.hpp"
#include "edo/net/http/version.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace edo::http::h1 {

/// To what an answer is the answer, as far as its head depends on it.
class AnswerTo {
public:
    AnswerTo() = default;

    Method method = Method::Get;
    Version version = Version::Http11;
    /// Whether the connection may be kept. `append_response_head` makes it false where the answer
    /// ends it.
    bool keep_alive = true;
    /// The value of Date, or empty for none; see `http_date`.
    std::string_view date;
};

/// Appends the head of an answer. Framing and connection are this function's business: what the
/// headers say about them is left out, unless the body's length is not known otherwise.
///
/// Headers cannot hold line breaks (see `Headers::append`), so neither can the head.
///
/// @param to Its `keep_alive` says afterwards whether the connection lives on.
/// @return How the body must be sent. `None` also where the answer has a body that must not be
/// sent:
///     to HEAD, and with 1xx, 204 and 304.
/// @throws UsageError for a status outside of 100 to 999.
///
/// @par Example
/// @snippet http_codec.cpp encoder
Framing append_response_head(std::string& out, const Response& response, AnswerTo& to);

/// Appends the head of a request. `Host` comes first: from the headers, or else `authority`.
///
/// @param keep_alive False adds `Connection: close`.
/// @return How the body must be sent.
/// @throws UsageError if the target is empty, or has a character that no target has, such as a
///     blank or a line break: encode it.
Framing append_request_head(std::string& out, const Request& request, bool keep_alive = true);

/// Appends a part of a body in chunks. Nothing for an empty part, which would be the last one.
void append_chunk(std::string& out, std::string_view data);
/// The same in two parts, for data that is not to be copied: this goes before it, and CR LF behind.
void append_chunk_head(std::string& out, std::size_t size);
/// Appends the end of a body in chunks.
/// @param trailers Or null.
void append_last_chunk(std::string& out, const Headers* trailers = nullptr);

/// A time as in Date: "Sun, 06 Nov 1994 08:49:37 GMT".
/// @param seconds Since 1970, not negative, up to the year 9999.
[[nodiscard]] std::string http_date(std::int64_t seconds);

}  // namespace edo::http::h1
