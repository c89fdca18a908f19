// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/headers.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/stream/stream.hpp"
#include "edo/runtime/task/task.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace edo::http {

/// Where the pieces of a body come from. Derive from it to make a body bit by bit.
///
/// It is used by one task at a time. Nothing is produced ahead: `next` is called when the piece
/// before has been passed on.
///
/// @par Example
/// @snippet http_message.cpp source
class BodySource {
public:
    BodySource() = default;
    BodySource(const BodySource&) = delete;
    BodySource& operator=(const BodySource&) = delete;
    virtual ~BodySource() = default;

    /// The next piece, which must not be empty; nothing at the end. Not called after the end, nor
    /// after an error.
    /// @par Cancel safety
    /// Must be cancel safe: when it is dropped, no piece is lost.
    [[nodiscard]] virtual Task<Result<std::optional<std::string>>> next() = 0;
    /// How many bytes are left, if that is known. They then must be as many.
    [[nodiscard]] virtual std::optional<std::uint64_t> size() const { return {}; }
    /// The trailers that came after the body, or null; asked for at the end only.
    [[nodiscard]] virtual const Headers* trailers() const { return nullptr; }
};

/// The body of a request or an answer: bytes in memory, or a source that yields them one piece
/// after the other. Bytes are kept in a `std::string`, text or not.
///
/// The body of a request that a server hands out is read from the connection as it is asked for,
/// and lives as long as the answer is being made and sent; it must be read in the task that the
/// service was called in. Later `next` yields `Errc::BodyGone`.
///
/// @par Thread safety
/// None; one task at a time.
///
/// @par Example
/// @snippet http_message.cpp body
class Body {
public:
    /// No body: of size 0.
    Body() noexcept = default;
    /// The bytes of `text`.
    Body(std::string text) noexcept : text_(std::move(text)) {}
    Body(const char* text) : text_(text) {}
    /// What `source` yields. Null is no body.
    explicit Body(std::unique_ptr<BodySource> source) noexcept : source_(std::move(source)) {}
    Body(Body&&) noexcept = default;
    Body& operator=(Body&&) noexcept = default;
    ~Body() = default;

    /// The pieces of a stream, whose `next` yields a `std::string` or a `Result<std::string>`.
    /// Empty pieces are left out. An error ends the body, and the connection with it: the peer must
    /// not take a part for the whole.
    template <stream::Stream S>
    [[nodiscard]] static Body from_stream(S stream);

    /// The next piece, never empty; nothing at the end, and from then on.
    ///
    /// @par Errors
    /// Those of the source, for example `Errc::BodyTooLarge`, `Errc::Truncated`, `Errc::BadChunk`,
    /// or an error of the connection. The body is over then.
    /// @par Cancel safety
    /// Cancel safe.
    [[nodiscard]] Task<Result<std::optional<std::string>>> next();

    /// All that is left, in one piece.
    ///
    /// @param limit How many bytes at most.
    /// @par Errors
    /// `Errc::BodyTooLarge`: there are more than `limit`; and those of `next`.
    /// @par Cancel safety
    /// Not cancel safe: what was read before is lost.
    [[nodiscard]] Task<Result<std::string>> collect(std::size_t limit = kDefaultLimit);
    static constexpr std::size_t kDefaultLimit = std::size_t{2} << 20;

    /// How many bytes are left, if that is known.
    [[nodiscard]] std::optional<std::uint64_t> size() const;
    /// Whether all of it is in memory, to be seen with `text`.
    [[nodiscard]] bool is_text() const noexcept { return source_ == nullptr; }
    /// The bytes in memory; empty when they come from a source. Valid until the body is changed.
    [[nodiscard]] std::string_view text() const noexcept { return text_; }
    /// Takes the bytes in memory.
    [[nodiscard]] std::string take_text() && noexcept { return std::move(text_); }

    /// The trailers that came after the body, once `next` has yielded nothing; or null.
    [[nodiscard]] const Headers* trailers() const;

private:
    std::string text_;
    std::unique_ptr<BodySource> source_;
    bool is_over_ = false;
};

}  // namespace edo::http

namespace edo::http::detail {

template <class S>
class StreamSource final : public BodySource {
public:
    explicit StreamSource(S stream) : stream_(std::move(stream)) {}

    Task<Result<std::optional<std::string>>> next() override {
        for (;;) {
            auto item = co_await stream_.next();
            if (!item) {
                co_return std::optional<std::string>();
            }
            if constexpr (is_result<std::remove_cvref_t<decltype(*item)>>) {
                if (!*item) {
                    co_return failure(std::error_code(item->error()));
                }
                if (!(*item)->empty()) {
                    co_return std::optional<std::string>(std::move(**item));
                }
            } else if (!item->empty()) {
                co_return std::optional<std::string>(std::move(*item));
            }
        }
    }

private:
    S stream_;
};

}  // namespace edo::http::detail

namespace edo::http {

template <stream::Stream S>
Body Body::from_stream(S stream) {
    return Body(std::make_unique<detail::StreamSource<S>>(std::move(stream)));
}

}  // namespace edo::http
