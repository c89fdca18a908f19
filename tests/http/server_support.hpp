// SPDX-License-Identifier: MIT
// A service to test servers with, and a client that sends raw bytes.
#pragma once

#include "support/flavors.hpp"
#include <edo/edo.hpp>
#include <edo/net/http/error.hpp>
#include <edo/net/http/server/connection.hpp>
#include <edo/net/http/server/server.hpp>
#include <edo/net/http/service.hpp>
#include <edo/runtime/io/duplex.hpp>
#include <edo/runtime/io/write.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace edo::test {

/// Answers by path: /hello, /echo, /collect, /ignore, /large, /stream, /short, /throw, /slow, ...
[[nodiscard]] std::shared_ptr<http::Service> routes();

/// Options without Date, so that answers are the same every day.
[[nodiscard]] http::ServerOptions plain_options();

/// Serves one connection in memory, and sends it the bytes, from another task, in pieces of at most
/// `piece` bytes. Then ends the stream if `then_end`.
/// @return All that came back until the server closed the connection.
[[nodiscard]] Task<std::string> exchange(std::string bytes, http::ServerOptions options,
                                         std::size_t piece = std::size_t(-1), bool then_end = true);
[[nodiscard]] Task<std::string> exchange(std::string bytes);

/// Reads to the end, or to an error.
template <class R>
Task<std::string> read_everything(R& reader) {
    std::string all;
    std::string buffer(4096, '\0');
    for (;;) {
        const auto count = co_await reader.read(std::as_writable_bytes(std::span(buffer)));
        if (!count || *count == 0) {
            co_return all;
        }
        all.append(buffer, 0, *count);
    }
}

/// Reads until the text that has come ends with `end`, or nothing more comes.
template <class R>
Task<std::string> read_up_to(R& reader, std::string end) {
    std::string all;
    std::string buffer(4096, '\0');
    while (!all.ends_with(end)) {
        const auto count = co_await reader.read(std::as_writable_bytes(std::span(buffer)));
        if (!count || *count == 0) {
            break;
        }
        all.append(buffer, 0, *count);
    }
    co_return all;
}

/// `GET path HTTP/1.1` with a Host and these further header lines.
[[nodiscard]] std::string get(std::string_view path, std::string_view headers = "");
/// `POST path HTTP/1.1` with a body and its length.
[[nodiscard]] std::string post(std::string_view path, std::string_view body,
                               std::string_view headers = "");

/// How often `needle` is in `text`.
[[nodiscard]] std::size_t count(std::string_view text, std::string_view needle);

inline const std::string kHello =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 5\r\n\r\nhello";
inline const std::string kHelloAndClose =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 5\r\n"
    "Connection: close\r\n\r\nhello";

}  // namespace edo::test
