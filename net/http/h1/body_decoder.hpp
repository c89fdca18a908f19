// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/h1/field_parser.hpp"
#include "edo/net/http/h1/framing.hpp"
#include "edo/net/http/h1/limits.hpp"
#include "edo/net/http/headers.hpp"
#include "edo/runtime/result.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace edo::http::h1 {

/// Takes a body out of its frame: bytes of the connection in, bytes of the body out. Does no I/O,
/// and copies nothing.
///
/// Of chunks it demands what RFC 9112 section 7.1 says, to the letter; extensions are passed over.
/// Trailers must not say what only a head may (Content-Length, Transfer-Encoding, Host and such).
/// After an error the connection must be closed.
///
/// @par Thread safety
/// None.
///
/// @par Example
/// @snippet http_codec.cpp body_decoder
class BodyDecoder {
public:
    /// Of no body.
    BodyDecoder() noexcept : BodyDecoder(Framing()) {}
    explicit BodyDecoder(Framing framing, const Limits& limits = Limits()) noexcept;

    /// What one `decode` did.
    class Step {
    public:
        Step(std::size_t bytes, std::string_view part) noexcept : consumed(bytes), data(part) {}
        std::size_t consumed;   ///< bytes of the input that are done with, those of `data` included
        std::string_view data;  ///< the next part of the body, within the input; may be empty
    };
    /// Goes on with the bytes that follow those that were consumed before. Stops behind the first
    /// part of the body; without one it consumes everything, unless the body is at its end.
    /// @par Errors
    /// `Errc::BadChunk`; of trailers `Errc::BadHeader`, `Errc::HeadersTooLarge`.
    [[nodiscard]] Result<Step> decode(std::string_view bytes);

    /// The connection has ended.
    /// @par Errors
    /// `Errc::Truncated`: the body has not.
    [[nodiscard]] Result<void> end_of_input() noexcept;

    /// Whether the body is complete.
    [[nodiscard]] bool is_done() const noexcept { return state_ == State::Done; }
    [[nodiscard]] Framing::Kind kind() const noexcept { return kind_; }
    /// The bytes that are left of a body of known length; of the current chunk otherwise.
    [[nodiscard]] std::uint64_t left() const noexcept { return left_; }
    /// The trailers, once the body is complete; null if there were none.
    [[nodiscard]] const Headers* trailers() const noexcept { return trailers_.get(); }

private:
    enum class State : std::uint8_t {
        Length,
        UntilClose,
        SizeBegin,    // the first digit of a chunk's size
        Size,         // further digits
        BlankBefore,  // blanks, which only an extension may follow
        Extension,
        SizeEnd,  // the LF
        Data,
        DataCr,
        DataEnd,
        Trailers,
        Done,
    };

    [[nodiscard]] Step take_data(std::string_view bytes, std::size_t begin, State after) noexcept;
    [[nodiscard]] bool add_frame_byte(char c) noexcept;
    [[nodiscard]] bool add_size_byte(char c) noexcept;
    [[nodiscard]] Result<Step> decode_chunked(std::string_view bytes);
    [[nodiscard]] Result<std::size_t> add_trailers(std::string_view bytes);

    std::uint64_t left_ = 0;
    Limits limits_;
    std::unique_ptr<std::string> trailer_text_;
    std::unique_ptr<FieldParser> trailer_parser_;
    std::unique_ptr<Headers> trailers_;
    std::size_t extension_bytes_ = 0;
    std::uint8_t digits_ = 0;
    Framing::Kind kind_;
    State state_;
};

}  // namespace edo::http::h1
