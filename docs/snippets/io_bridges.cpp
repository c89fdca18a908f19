// SPDX-License-Identifier: MIT
// The examples in the documentation of what stands between readers, writers, streams and code that
// blocks.
#include <edo/edo.hpp>
#include <edo/runtime/io/duplex.hpp>
#include <edo/runtime/io/inspect.hpp>
#include <edo/runtime/io/read_buf.hpp>
#include <edo/runtime/io/reader_stream.hpp>
#include <edo/runtime/io/sink_writer.hpp>
#include <edo/runtime/io/stream_reader.hpp>
#include <edo/runtime/io/sync_io_bridge.hpp>
#include <edo/runtime/io/write_all_vectored.hpp>
#include <edo/runtime/stream/sources.hpp>
#include <edo/runtime/sync/mpsc.hpp>

#include <array>
#include <cstddef>
#include <iostream>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using edo::Result;
using edo::Task;

//! [stream_reader]
/// Text that comes in pieces over a channel, line by line.
Task<Result<std::size_t>> count_lines(edo::sync::mpsc::Receiver<std::string> pieces) {
    edo::io::BufReader reader(edo::io::StreamReader(edo::stream::from_channel(std::move(pieces))));
    std::size_t count = 0;
    for (;;) {
        const auto line = co_await edo::propagate(co_await reader.read_line());
        if (!line) {
            co_return count;
        }
        ++count;
    }
}
//! [stream_reader]

//! [reader_stream]
/// Passes all that comes from a reader on to a channel.
template <edo::io::AsyncRead Reader>
Task<Result<void>> pump(Reader reader, edo::sync::mpsc::Sender<std::vector<std::byte>> to) {
    edo::io::ReaderStream pieces(std::move(reader), 64 * 1024);
    for (;;) {
        auto piece = co_await pieces.next();
        if (!piece) {
            co_return Result<void>();
        }
        auto bytes = co_await edo::propagate(std::move(*piece));
        const auto sent = co_await to.send(std::move(bytes));
        if (!sent) {
            co_return edo::failure(std::errc::broken_pipe);
        }
    }
}
//! [reader_stream]

//! [sink_writer]
/// For code that wants a writer, where there is a channel.
Task<Result<void>> report(edo::sync::mpsc::Sender<std::vector<std::byte>> to) {
    edo::io::SinkWriter writer(std::move(to));
    co_return co_await edo::io::write_all(writer, std::string_view("a report\n"));
}
//! [sink_writer]

//! [inspect]
/// Copies, and counts the lines that pass.
template <edo::io::AsyncRead Reader, edo::io::AsyncWrite Writer>
Task<Result<std::size_t>> copy_and_count(Reader& reader, Writer& writer) {
    std::size_t lines = 0;
    edo::io::InspectReader counting(reader, [&lines](std::span<const std::byte> bytes) {
        for (const std::byte byte : bytes) {
            lines += byte == std::byte('\n') ? 1 : 0;
        }
    });
    co_await edo::propagate(co_await edo::io::copy(counting, writer));
    co_return lines;
}
//! [inspect]

//! [sync_io_bridge]
/// A parser that knows nothing of coroutines, on a thread that may block.
Task<Result<int>> parse(edo::io::DuplexStream stream) {
    auto parsing = edo::spawn_blocking(
        [bridge = edo::io::SyncIoBridge(std::move(stream))]() mutable -> Result<int> {
            const Result<std::string> text = bridge.read_to_string();
            if (!text) {
                return edo::failure(text.error());
            }
            return std::stoi(*text);
        });
    auto parsed = co_await parsing;
    co_return co_await edo::propagate(std::move(parsed.value()));
}
//! [sync_io_bridge]

//! [write_all_vectored]
template <edo::io::AsyncWrite Writer>
Task<Result<void>> send_message(Writer& writer, std::string body) {
    const std::array<std::byte, 2> header = {std::byte(body.size() >> 8), std::byte(body.size())};
    std::array<std::span<const std::byte>, 2> parts = {header, std::as_bytes(std::span(body))};
    std::span<std::span<const std::byte>> rest(parts);
    co_return co_await edo::io::write_all_vectored(writer, rest);
}
//! [write_all_vectored]

//! [read_buf]
/// Collects a message until its end is there.
template <edo::io::AsyncRead Reader>
Task<Result<std::string>> read_to_dot(Reader& reader) {
    std::string text;
    while (!text.ends_with('.')) {
        const std::size_t count = co_await edo::propagate(co_await edo::io::read_buf(reader, text));
        if (count == 0) {
            co_return edo::failure(edo::Errc::UnexpectedEof);
        }
    }
    co_return text;
}
//! [read_buf]

Task<int> show() {
    auto [texts, text_receiver] = edo::sync::mpsc::channel<std::string>(4);
    static_cast<void>(co_await texts.send("one\ntw"));
    static_cast<void>(co_await texts.send("o\n"));
    {
        const auto last = std::move(texts);
    }
    const auto lines = co_await count_lines(std::move(text_receiver));

    auto [near, far] = edo::io::duplex(100);
    static_cast<void>(co_await send_message(near, "12"));
    std::array<std::byte, 2> header;
    static_cast<void>(co_await edo::io::read_exact(far, header));
    static_cast<void>(co_await near.shutdown());
    const auto number = co_await parse(std::move(far));

    auto [bytes, byte_receiver] = edo::sync::mpsc::channel<std::vector<std::byte>>(4);
    const auto reported = co_await report(bytes);
    auto [from, to] = edo::io::duplex(100);
    static_cast<void>(co_await edo::io::write_all(to, std::string_view("some text.")));
    const auto sentence = co_await read_to_dot(from);
    static_cast<void>(co_await edo::io::write_all(to, std::string_view("a\nb\n")));
    static_cast<void>(co_await to.shutdown());
    auto [out, in] = edo::io::duplex(100);
    const auto counted = co_await copy_and_count(from, out);
    static_cast<void>(co_await out.shutdown());
    const auto pumped = co_await pump(std::move(in), std::move(bytes));
    std::size_t pieces = 0;
    auto piece = co_await byte_receiver.recv();
    while (piece) {
        ++pieces;
        piece = co_await byte_receiver.recv();
    }
    std::cout << lines.value() << ' ' << number.value() << ' ' << sentence.value() << ' ' << pieces
              << '\n';
    co_return lines == 2U && number == 12 && counted == 2U && reported&& pumped ? 0 : 1;
}

}  // namespace

int main() {
    return edo::run(show());
}
