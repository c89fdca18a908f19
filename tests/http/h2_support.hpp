// SPDX-License-Identifier: MIT
// Frames of HTTP/2, written by hand, and a client that only looks at what kinds of frames come.
#pragma once

#include <edo/edo.hpp>
#include <edo/net/http/h2/serve_connection.hpp>
#include <edo/net/http/service.hpp>
#include <edo/runtime/io/duplex.hpp>
#include <edo/runtime/io/write.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace edo::test {

enum class FrameType : std::uint8_t {
    Data = 0,
    Headers = 1,
    Reset = 3,
    Settings = 4,
    Ping = 6,
    GoAway = 7,
    WindowUpdate = 8,
    Continuation = 9,
};

constexpr std::uint8_t kEndStream = 1;
constexpr std::uint8_t kAck = 1;
constexpr std::uint8_t kEndHeaders = 4;

inline std::string number(std::uint32_t value) {
    return {char(value >> 24), char(value >> 16), char(value >> 8), char(value)};
}

inline std::string frame(FrameType type, std::uint8_t flags, std::uint32_t stream,
                         std::string_view payload) {
    std::string bytes = number(std::uint32_t(payload.size())).substr(1);
    bytes += char(type);
    bytes += char(flags);
    bytes += number(stream);
    bytes += payload;
    return bytes;
}

/// A header whose name is not in any table.
inline std::string header(std::string_view name, std::string_view value) {
    std::string bytes(1, '\0');
    bytes += char(name.size());
    bytes += name;
    bytes += char(value.size());
    bytes += value;
    return bytes;
}

/// GET / of http://a, in the form of HPACK.
inline std::string get_head() {
    return std::string("\x82\x86\x84\x41\x01", 5) + "a";
}
/// POST / of http://a.
inline std::string post_head() {
    return std::string("\x83\x86\x84\x41\x01", 5) + "a";
}

inline std::string preface() {
    return std::string(http::h2::kPreface) + frame(FrameType::Settings, 0, 0, {});
}

/// What came from the server.
struct Seen {
    Seen() = default;
    std::map<FrameType, int> frames;
    std::map<std::uint32_t, std::string> bodies;  // by stream
    std::map<std::uint32_t, std::uint32_t> resets;
    std::map<std::uint32_t, int> ended;
    std::uint32_t go_away = ~0U;  // the error code
    std::size_t bytes = 0;
    bool closed = false;
};

/// Takes whole frames off the front.
inline void look_at(std::string& bytes, Seen& seen) {
    const auto at = [&](std::size_t i) {
        return std::uint32_t(static_cast<unsigned char>(bytes[i]));
    };
    while (bytes.size() >= 9) {
        const std::size_t size = at(0) << 16 | at(1) << 8 | at(2);
        if (bytes.size() < 9 + size) {
            return;
        }
        const auto type = FrameType(at(3));
        const std::uint32_t stream = at(5) << 24 | at(6) << 16 | at(7) << 8 | at(8);
        const auto word = [&](std::size_t i) {
            return at(9 + i) << 24 | at(10 + i) << 16 | at(11 + i) << 8 | at(12 + i);
        };
        ++seen.frames[type];
        if (type == FrameType::Data) {
            seen.bodies[stream] += bytes.substr(9, size);
        } else if (type == FrameType::Reset) {
            seen.resets[stream] = word(0);
        } else if (type == FrameType::GoAway) {
            seen.go_away = word(4);
        }
        if ((type == FrameType::Data || type == FrameType::Headers) && (at(4) & kEndStream) != 0) {
            ++seen.ended[stream];
        }
        bytes.erase(0, 9 + size);
    }
}

/// Reads frames until the server closes the connection, or `enough(seen)`.
template <class Enough>
Task<Seen> look(io::DuplexStream& stream, Enough enough) {
    Seen seen;
    std::string bytes;
    const auto buffer = std::make_unique<std::byte[]>(16384);
    while (!enough(seen)) {
        const auto count = co_await stream.read(std::span(buffer.get(), 16384));
        if (!count || *count == 0) {
            seen.closed = true;
            break;
        }
        seen.bytes += *count;
        bytes.append(reinterpret_cast<const char*>(buffer.get()), *count);
        look_at(bytes, seen);
    }
    co_return seen;
}

inline Task<Seen> look_to_the_end(io::DuplexStream& stream) {
    return look(stream, [](const Seen&) { return false; });
}

}  // namespace edo::test
