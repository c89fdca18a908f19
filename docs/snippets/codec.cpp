// SPDX-License-Identifier: MIT
// The examples in the documentation of codecs.
#include <edo/edo.hpp>
#include <edo/net/udp_framed.hpp>
#include <edo/runtime/codec/any_delimiter_codec.hpp>
#include <edo/runtime/codec/bytes_codec.hpp>
#include <edo/runtime/codec/framed.hpp>
#include <edo/runtime/codec/length_delimited_codec.hpp>
#include <edo/runtime/codec/lines_codec.hpp>
#include <edo/runtime/io/duplex.hpp>

#include <cstddef>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using edo::Result;
using edo::Task;

//! [decoder]
/// Numbers in decimal, each with a semicolon behind it.
class NumberCodec {
public:
    using Item = int;
    NumberCodec() = default;

    Result<std::optional<int>> decode(edo::codec::Buffer& buffer) {
        const std::size_t end = buffer.text().find(';');
        if (end == std::string_view::npos) {
            return std::nullopt;  // more bytes are needed
        }
        const int number = std::atoi(std::string(buffer.text().substr(0, end)).c_str());
        buffer.consume(end + 1);
        return number;
    }

    Result<void> encode(int number, edo::codec::Buffer& buffer) {
        buffer.append(std::to_string(number) + ";");
        return {};
    }
};
//! [decoder]

//! [framed]
template <edo::io::AsyncReadWrite Stream>
Task<Result<void>> add_one_to_each(Stream& stream) {
    edo::codec::Framed numbers(stream, NumberCodec());
    while (auto number = co_await numbers.next()) {
        const int value = co_await edo::propagate(std::move(*number));
        co_await edo::propagate(co_await numbers.send(value + 1));
    }
    co_return co_await numbers.shutdown();
}
//! [framed]

//! [framed_read]
template <edo::io::AsyncRead Reader>
Task<Result<std::size_t>> count_lines(Reader& reader) {
    edo::codec::FramedRead lines(reader, edo::codec::LinesCodec());
    std::size_t count = 0;
    while (auto line = co_await lines.next()) {
        co_await edo::propagate(std::move(*line));
        ++count;
    }
    co_return count;
}
//! [framed_read]

//! [framed_write]
template <edo::io::AsyncWrite Writer>
Task<Result<void>> write_lines(Writer& writer, std::vector<std::string> texts) {
    edo::codec::FramedWrite lines(writer, edo::codec::LinesCodec());
    for (std::string& text : texts) {
        co_await edo::propagate(co_await lines.feed(std::move(text)));
    }
    co_return co_await lines.flush();  // as few writes as possible
}
//! [framed_write]

//! [lines_codec]
template <edo::io::AsyncRead Reader>
Task<void> print_short_lines(Reader& reader) {
    edo::codec::FramedRead lines(reader, edo::codec::LinesCodec(10));
    for (;;) {
        auto line = co_await lines.next();
        if (!line) {
            break;
        }
        if (*line) {
            std::cout << **line << '\n';
            continue;
        }
        std::cout << line->error().message() << '\n';
        static_cast<void>(co_await lines.next());  // the end that follows an error
    }
}
//! [lines_codec]

//! [bytes_codec]
template <edo::io::AsyncReadWrite Stream>
Task<Result<void>> echo(Stream& stream) {
    edo::codec::Framed chunks(stream, edo::codec::BytesCodec());
    while (auto chunk = co_await chunks.next()) {
        std::vector<std::byte> bytes = co_await edo::propagate(std::move(*chunk));
        co_await edo::propagate(co_await chunks.send(std::move(bytes)));
    }
    co_return Result<void>();
}
//! [bytes_codec]

//! [any_delimiter_codec]
template <edo::io::AsyncRead Reader>
Task<Result<std::size_t>> count_fields(Reader& reader) {
    edo::codec::FramedRead fields(reader, edo::codec::AnyDelimiterCodec(",;\n", ","));
    std::size_t count = 0;
    while (auto field = co_await fields.next()) {
        co_await edo::propagate(std::move(*field));
        ++count;
    }
    co_return count;
}
//! [any_delimiter_codec]

//! [length_delimited]
template <edo::io::AsyncReadWrite Stream>
Task<Result<std::vector<std::byte>>> call(Stream& stream, std::vector<std::byte> request) {
    edo::codec::Framed messages(stream, edo::codec::LengthDelimitedCodec());
    co_await edo::propagate(co_await messages.send(std::move(request)));
    auto answer = co_await messages.next();
    if (!answer) {
        co_return edo::failure(make_error_code(edo::Errc::UnexpectedEof));
    }
    co_return std::move(*answer);
}
//! [length_delimited]

//! [length_delimited_builder]
/// Two bytes of type, two of length, which counts all four; at most a kibibyte.
edo::codec::LengthDelimitedCodec packets() {
    return edo::codec::LengthDelimitedCodec::builder()
        .length_field_offset(2)
        .length_field_length(2)
        .length_adjustment(-4)
        .max_frame_length(1024)
        .build();
}
//! [length_delimited_builder]

//! [udp_framed]
Task<Result<void>> answer_pings(edo::net::UdpSocket socket) {
    edo::net::UdpFramed lines(std::move(socket), edo::codec::LinesCodec());
    for (;;) {
        auto received = co_await lines.next();
        if (!*received) {
            continue;  // not text: the next datagram may be
        }
        const auto& ping = **received;
        co_await edo::propagate(co_await lines.send("pong " + ping.item, ping.from));
    }
}
//! [udp_framed]

Task<void> show_numbers() {
    auto [client, server] = edo::io::duplex(64);
    edo::codec::Framed numbers(client, NumberCodec());
    static_cast<void>(co_await numbers.send(41));
    static_cast<void>(co_await client.shutdown());
    static_cast<void>(co_await add_one_to_each(server));
    const auto answer = co_await numbers.next();
    std::cout << **answer << '\n';
}

Task<void> show_lines() {
    auto [reader, writer] = edo::io::simplex(64);
    std::vector<std::string> texts;
    texts.emplace_back("short");
    texts.emplace_back("a line that is too long");
    texts.emplace_back("fine");
    static_cast<void>(co_await write_lines(writer, std::move(texts)));
    static_cast<void>(co_await writer.shutdown());
    co_await print_short_lines(reader);
    const auto count = co_await count_lines(reader);
    const auto fields = co_await count_fields(reader);
    std::cout << *count + *fields << '\n';
}

Task<void> show_messages() {
    auto [client, server] = edo::io::duplex(64);
    static_cast<void>(co_await server.write(std::string_view("\0\0\0\1!", 5)));
    const auto answer = co_await call(client, std::vector<std::byte>(3));
    std::cout << answer->size() << '\n';
    static_cast<void>(co_await client.shutdown());
    static_cast<void>(co_await echo(server));
    std::cout << packets().max_frame_length() << '\n';
    static_cast<void>(&answer_pings);
}

}  // namespace

int main() {
    edo::run([]() -> Task<void> {
        co_await show_numbers();
        co_await show_lines();
        co_await show_messages();
    }());
}
