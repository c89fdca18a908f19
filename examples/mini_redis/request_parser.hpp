// SPDX-License-Identifier: MIT
// What clients send, as commands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mini_redis {

/// What a client may ask for. It must not be able to fill the memory.
struct RequestLimits {
    std::size_t argument = 8 << 20;      ///< bytes of one argument
    std::size_t arguments = 64 << 10;    ///< arguments of one command
    std::size_t request = 64 << 20;      ///< bytes of one command
    std::size_t inline_line = 64 << 10;  ///< bytes of a command that is a line of text
};

/// Cuts a stream of bytes into commands: arrays of bulk strings (RESP2), or lines of text.
///
/// Works on the bytes where they are: nothing is copied, and what was looked at is not looked at
/// again when more bytes have come. That is why it is not an `edo::codec::Decoder`, whose frames
/// own their bytes.
class RequestParser {
public:
    enum class Outcome : std::uint8_t {
        Incomplete,  ///< more bytes are needed
        Complete,    ///< see `arguments` and `size`
        Failed,      ///< see `error`; nothing can be understood from here on
    };

    explicit RequestParser(RequestLimits limits) : limits_(limits) {}

    /// @param bytes All that has come since the last complete command.
    [[nodiscard]] Outcome parse(std::string_view bytes);

    /// The command and what it is given; none for an empty line. Refers to the bytes, and is valid
    /// until the next `parse`.
    [[nodiscard]] std::span<const std::string_view> arguments() const { return arguments_; }
    /// How many bytes the command takes. They are to be removed before the next `parse`.
    [[nodiscard]] std::size_t size() const { return position_; }
    [[nodiscard]] const std::string& error() const { return error_; }

private:
    struct Piece {
        std::size_t begin;
        std::size_t size;
    };

    void start();
    Outcome parse_inline(std::string_view bytes);
    Outcome parse_header(std::string_view bytes);
    Outcome parse_argument_header(std::string_view bytes);
    Outcome parse_argument(std::string_view bytes);
    Outcome parse_number(std::string_view bytes, std::optional<std::int64_t>& number);
    Outcome complete(std::string_view bytes);
    Outcome fail(std::string_view error);

    RequestLimits limits_;
    bool is_done_ = true;                   // the last command was complete
    std::size_t position_ = 0;              // all before it was understood
    std::size_t missing_ = 0;               // arguments to come
    bool has_header_ = false;               // so `missing_` is known
    std::optional<std::size_t> next_size_;  // of the argument at `position_`
    std::vector<Piece> pieces_;             // the arguments so far
    std::vector<std::string> words_;        // those of a line
    std::vector<std::string_view> arguments_;
    std::string error_;
};

}  // namespace mini_redis
