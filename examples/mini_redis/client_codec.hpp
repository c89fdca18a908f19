// SPDX-License-Identifier: MIT
// The protocol as a client speaks it (RESP2): commands out, replies in.
#pragma once

#include <edo/runtime/codec/buffer.hpp>
#include <edo/runtime/result.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mini_redis {

/// A reply of the server.
struct Reply {
    enum class Kind : std::uint8_t { Simple, Error, Integer, Bulk, Null, Array };

    Reply() = default;

    Kind kind = Kind::Null;
    std::string text;          ///< of all kinds but Null and Array
    std::vector<Reply> items;  ///< of an Array
};

/// What a client sends: a command, and what it is given.
using Words = std::vector<std::string>;

/// An `edo::codec::Decoder` of replies and an `edo::codec::Encoder` of commands, for
/// `edo::codec::Framed`.
///
/// Fails with `Errc::InvalidData` at what is not a reply, and with `Errc::LimitExceeded` at one
/// that is too large.
class ClientCodec {
public:
    using Item = Reply;

    static constexpr std::size_t kLongestLine = 64 << 10;
    static constexpr std::size_t kLongestBulk = 512 << 20;
    static constexpr std::size_t kMostItems = 1 << 20;
    static constexpr int kDeepestNesting = 16;

    [[nodiscard]] edo::Result<std::optional<Reply>> decode(edo::codec::Buffer& buffer);
    [[nodiscard]] edo::Result<void> encode(const Words& words, edo::codec::Buffer& buffer);

private:
    using Step = edo::Result<bool>;  // false: more bytes are needed

    Step take_reply(std::string_view& rest, Reply& reply, int nesting);
    Step take_bulk(std::string_view& rest, Reply& reply);
    Step take_array(std::string_view& rest, Reply& reply, int nesting);

    std::size_t needed_ = 0;  // with fewer bytes there is no point in another attempt
};

}  // namespace mini_redis
