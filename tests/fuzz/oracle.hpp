// SPDX-License-Identifier: MIT
// What fuzz targets compare: the same bytes must mean the same, however they are cut.
#pragma once

#include <edo/runtime/codec/buffer.hpp>
#include <edo/runtime/codec/concepts.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace edo::fuzz {

using Events = std::vector<std::string>;

[[nodiscard]] inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

inline void require(bool condition, const char* what) {
    if (!condition) {
        std::fprintf(stderr, "violated: %s\n", what);
        std::abort();
    }
}

inline void require_equal(const Events& actual, const Events& expected, const char* what) {
    if (actual == expected) {
        return;
    }
    for (std::size_t i = 0; i < std::max(actual.size(), expected.size()); ++i) {
        const auto text = [i](const Events& events) {
            return i < events.size() ? events[i].c_str() : "(nothing)";
        };
        std::fprintf(stderr, "%zu: %s | %s\n", i, text(actual), text(expected));
    }
    require(false, what);
}

/// Calls `check(pieces)` with the text cut in two at each position, or at `most` of them if it is
/// longer; cut into single bytes; and cut into pieces of different sizes.
template <class Check>
void for_each_cut(std::string_view text, const Check& check, std::size_t most = 256) {
    using Pieces = std::vector<std::string_view>;
    const std::size_t step = 1 + text.size() / most;
    for (std::size_t cut = 0; cut <= text.size(); cut += step) {
        check(Pieces{text.substr(0, cut), text.substr(cut)});
    }
    for (const std::size_t first : {1U, 2U, 5U}) {
        Pieces pieces;
        std::size_t size = first;
        for (std::size_t at = 0; at < text.size(); at += pieces.back().size()) {
            pieces.push_back(text.substr(at, size));
            size = first == 1 ? 1 : size * 7 % 23 + 1;
        }
        check(pieces);
    }
}

/// All that a decoder says to the pieces of a stream. After an error it goes on if the decoder
/// steps over what it refuses.
template <bool kGoesOn, codec::Decoder D, class Show>
Events decode_all(D decoder, const std::vector<std::string_view>& pieces, const Show& show) {
    Events events;
    codec::Buffer buffer(16);
    const auto drain = [&](bool at_end) {
        for (;;) {
            auto item = at_end ? detail::decode_at_end(decoder, buffer) : decoder.decode(buffer);
            if (!item) {
                events.push_back("!" + item.error().message());
                if (!kGoesOn) {
                    return false;
                }
            } else if (!item->has_value()) {
                return true;
            } else {
                events.push_back(show(**item));
            }
        }
    };
    for (const std::string_view piece : pieces) {
        buffer.append(piece);
        if (!drain(false)) {
            return events;
        }
    }
    static_cast<void>(drain(true));
    return events;
}

/// The decoder says the same however the stream is cut. Yields that.
template <bool kGoesOn, class MakeDecoder, class Show>
Events check_decoder(const MakeDecoder& make, std::string_view stream, const Show& show) {
    const Events expected = decode_all<kGoesOn>(make(), {stream}, show);
    for_each_cut(stream, [&](const std::vector<std::string_view>& pieces) {
        require_equal(decode_all<kGoesOn>(make(), pieces, show), expected,
                      "the same bytes mean the same, however they are cut");
    });
    return expected;
}

}  // namespace edo::fuzz
