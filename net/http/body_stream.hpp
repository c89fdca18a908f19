// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/body.hpp"
#include "edo/net/http/headers.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/task/task.hpp"

#include <optional>
#include <string>
#include <utility>

namespace edo::http {

/// The pieces of a body as a stream, for combinators, and, with `io::StreamReader`, for codecs and
/// for whatever else reads from a stream.
///
/// @par Thread safety
/// That of the body: of a request that a server hands out, it is read in the task that the service
/// was called in.
/// @par Example
/// @snippet http_json_stream.cpp lines
class BodyStream {
public:
    using Item = Result<std::string>;

    explicit BodyStream(Body body) noexcept : body_(std::move(body)) {}

    /// The next piece, never empty; nothing at the end. After an error the stream is over.
    /// @par Errors
    /// Those of `Body::next`.
    /// @par Cancel safety
    /// Cancel safe.
    [[nodiscard]] Task<std::optional<Item>> next() {
        Result<std::optional<std::string>> piece = co_await body_.next();
        if (!piece) {
            co_return std::optional<Item>(failure(piece.error()));
        }
        if (!*piece) {
            co_return std::optional<Item>();
        }
        co_return std::optional<Item>(std::move(**piece));
    }

    /// The trailers that came after the body, once `next` has yielded nothing; or null.
    [[nodiscard]] const Headers* trailers() const { return body_.trailers(); }

private:
    Body body_;
};

}  // namespace edo::http
