// SPDX-License-Identifier: MIT
// A server's connection in memory, whose client sends bytes and ends its side.
#pragma once

#include <edo/net/http/server/serving.hpp>
#include <edo/runtime/io/duplex.hpp>
#include <edo/runtime/io/write.hpp>
#include <edo/runtime/runtime.hpp>
#include <edo/runtime/sleep.hpp>
#include <edo/runtime/spawn.hpp>
#include <edo/runtime/task/task.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace edo::fuzz {

/// One for all inputs, on a clock that jumps to the next timer when nothing else is left to do.
inline Runtime& runtime() {
    static Runtime one = Builder::current_thread().start_paused().build();
    return one;
}

/// Sends each piece when the server has seen to the one before.
inline Task<void> send_pieces(io::SimplexWriter writer, std::vector<std::string_view> pieces) {
    for (const std::string_view piece : pieces) {
        const auto written = co_await io::write_all(writer, piece);
        if (!written) {
            break;
        }
        for (int turn = 0; turn < 3; ++turn) {
            co_await yield_now();
        }
    }
}

/// @param serve Makes the task of the server from its end of the connection.
/// @return What it has sent.
template <class Serve>
Task<std::string> converse(Serve serve, std::vector<std::string_view> pieces) {
    auto [client, server] = io::duplex(std::size_t{16} * 1024);
    auto serving = spawn(serve(std::move(server)));
    auto [reader, writer] = std::move(client).into_split();
    auto sending = spawn(send_pieces(std::move(writer), std::move(pieces)));
    std::string all;
    std::string buffer(4096, '\0');
    for (;;) {
        const auto count = co_await reader.read(std::as_writable_bytes(std::span(buffer)));
        if (!count || *count == 0) {
            break;
        }
        all.append(buffer, 0, *count);
    }
    sending.abort();
    static_cast<void>(co_await sending);
    co_await serving;
    co_return all;
}

}  // namespace edo::fuzz
