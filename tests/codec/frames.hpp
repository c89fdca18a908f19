// SPDX-License-Identifier: MIT
// What tests of codecs share.
#pragma once

#include "io/scripted.hpp"
#include "support/on_paused_clock.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/codec/framed.hpp>

#include <boost/test/unit_test.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace edo::test {

using Frames = std::vector<std::string>;

inline std::string frame_text(const std::string& frame) {
    return frame;
}
inline std::string frame_text(const std::vector<std::byte>& frame) {
    return text_of(frame);
}

/// A reader that yields the given pieces, then the end of the stream.
class PieceReader {
public:
    explicit PieceReader(std::vector<std::string> pieces) : pieces_(std::move(pieces)) {}

    Task<Result<std::size_t>> read(std::span<std::byte> to) {
        while (next_ < pieces_.size() && pieces_[next_].empty()) {
            ++next_;
        }
        if (next_ == pieces_.size()) {
            co_return std::size_t{0};
        }
        std::string& piece = pieces_[next_];
        const std::size_t count = std::min(piece.size(), to.size());
        std::copy_n(bytes_of(piece).data(), count, to.data());
        piece.erase(0, count);
        co_return count;
    }

private:
    std::vector<std::string> pieces_;
    std::size_t next_ = 0;
};

/// All frames; an error stands as "!" and its text. The end that follows an error is checked and
/// left out.
template <class F>
Task<Frames> all_frames(F& framed) {
    Frames frames;
    for (;;) {
        auto item = co_await framed.next();
        if (!item) {
            co_return frames;
        }
        if (item->has_value()) {
            frames.push_back(frame_text(**item));
        } else {
            frames.push_back("!" + item->error().message());
            const auto end = co_await framed.next();
            BOOST_TEST(!end.has_value());
        }
    }
}

/// The frames of a text are the same however it is cut in two, and byte by byte.
template <class MakeCodec>
Task<void> expect_frames(MakeCodec make, std::string text, Frames expected) {
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        BOOST_TEST_INFO_SCOPE("cut at " << cut);
        std::vector<std::string> pieces;
        pieces.push_back(text.substr(0, cut));
        pieces.push_back(text.substr(cut));
        codec::FramedRead framed(PieceReader(std::move(pieces)), make());
        const Frames frames = co_await all_frames(framed);
        BOOST_TEST(frames == expected, boost::test_tools::per_element());
    }
    for (const std::size_t piece : {1U, 2U, 3U}) {
        BOOST_TEST_INFO_SCOPE("pieces of " << piece);
        codec::FramedRead framed(ScriptedReader(text, piece), make());
        const Frames frames = co_await all_frames(framed);
        BOOST_TEST(frames == expected, boost::test_tools::per_element());
    }
}

/// g++ 12 cannot do with a list in braces inside an awaited expression.
template <class... Frame>
Frames frames_of(Frame... frames) {
    return Frames{frames...};
}

inline const std::string kTooLong = "!" + make_error_code(Errc::LimitExceeded).message();
inline const std::string kInvalid = "!" + make_error_code(Errc::InvalidData).message();
inline const std::string kUnexpectedEnd = "!" + make_error_code(Errc::UnexpectedEof).message();

}  // namespace edo::test
