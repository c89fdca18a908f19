// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/json/text.hpp"
#include "edo/runtime/codec/buffer.hpp"
#include "edo/runtime/codec/delimited_frames.hpp"
#include "edo/runtime/io/line.hpp"
#include "edo/runtime/result.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace edo::detail::json {

/// Finds the lines, for `JsonLines`.
class LineFinder {
public:
    explicit LineFinder(const edo::json::Limits& limits);

    /// The next line that is not blank, without its end, or nothing if it has not arrived. It is
    /// valid until `done`. An error is about a line that was stepped over.
    [[nodiscard]] Result<std::optional<std::string_view>, Error> find(codec::Buffer& buffer,
                                                                      bool at_end);
    /// Takes that line out of the buffer.
    void done(codec::Buffer& buffer);
    /// Says in an error which line of the stream it is about.
    void place(Error& error) const { error.set_position(count_, error.column()); }

private:
    DelimitedFrames frames_;
    std::size_t limit_;
    std::size_t size_ = 0;   // of the line that was found
    bool is_last_ = false;   // that has no end
    std::size_t count_ = 0;  // lines so far
};

}  // namespace edo::detail::json

namespace edo::json {

/// A codec for JSON values that stand on a line each, as many protocols and log files have them.
///
/// A line that is not a `T` is an item, too: an `Error`, whose `line()` counts the lines of the
/// stream. The stream goes on with the next line. A line longer than the limit is thrown away as it
/// arrives, and reported once, as `Errc::TooLarge`. Blank lines are stepped over; the last line may
/// have no end.
///
/// Frames are written in one line, with `\n` behind.
///
/// @tparam T See `from_text`.
/// @par Example
/// @snippet json_lines.cpp json_lines
template <class T>
class JsonLines {
public:
    using Item = Result<T, Error>;

    /// @param limits The longest line, 64 KiB by default, and the depth of its values. A peer must
    ///     not be able to fill the memory.
    explicit JsonLines(const Limits& limits = Limits(io::kDefaultLineLimit))
        : limits_(limits), lines_(limits) {}

    [[nodiscard]] Result<std::optional<Item>> decode(codec::Buffer& buffer) {
        return next(buffer, false);
    }
    [[nodiscard]] Result<std::optional<Item>> decode_eof(codec::Buffer& buffer) {
        return next(buffer, true);
    }
    [[nodiscard]] Result<void> encode(const T& object, codec::Buffer& buffer) {
        text_.clear();
        append_text(text_, object);
        text_ += '\n';
        buffer.append(text_);
        return {};
    }

private:
    Result<std::optional<Item>> next(codec::Buffer& buffer, bool at_end) {
        const auto line = lines_.find(buffer, at_end);
        if (!line) {
            return std::optional<Item>(failure(line.error()));
        }
        if (!*line) {
            return std::optional<Item>();
        }
        std::optional<Item> item(from_text<T>(**line, limits_));
        lines_.done(buffer);
        if (!item->has_value()) {
            lines_.place(item->error());
        }
        return item;
    }

    Limits limits_;
    detail::json::LineFinder lines_;
    std::string text_;  // its memory is used again
};

}  // namespace edo::json
