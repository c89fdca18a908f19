// SPDX-License-Identifier: MIT
// The examples in the documentation of streams in memory and of what combines streams.
#include <edo/edo.hpp>
#include <edo/runtime/io/buf_stream.hpp>
#include <edo/runtime/io/chain.hpp>
#include <edo/runtime/io/copy_bidirectional.hpp>
#include <edo/runtime/io/copy_buf.hpp>
#include <edo/runtime/io/duplex.hpp>
#include <edo/runtime/io/empty.hpp>
#include <edo/runtime/io/numbers.hpp>
#include <edo/runtime/io/split.hpp>
#include <edo/runtime/io/take.hpp>
#include <edo/runtime/io/write_all_buf.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <span>
#include <string>
#include <utility>

namespace {

using edo::Result;
using edo::Task;

//! [duplex]
/// The code to be tested takes any stream, a socket or an end of a duplex.
template <edo::io::AsyncReadWrite Stream>
Task<Result<void>> shout_back(Stream& stream) {
    std::array<std::byte, 64> buffer;
    const std::size_t count = co_await edo::propagate(co_await stream.read(buffer));
    std::string text(reinterpret_cast<const char*>(buffer.data()), count);
    text += "!";
    co_return co_await edo::io::write_all(stream, text);
}

Task<Result<void>> test_shout_back() {
    auto [client, server] = edo::io::duplex(64);
    co_await edo::propagate(co_await client.write("hello"));
    co_await edo::propagate(co_await shout_back(server));
    std::array<std::byte, 6> answer;
    co_await edo::propagate(co_await edo::io::read_exact(client, answer));
    co_return Result<void>();
}
//! [duplex]

//! [simplex]
Task<void> produce(edo::io::SimplexWriter writer) {
    static_cast<void>(co_await edo::io::write_all(writer, "some text"));
}  // the end of the stream

Task<Result<std::string>> consume() {
    auto [reader, writer] = edo::io::simplex(4);  // the producer waits when it is 4 bytes ahead
    edo::spawn(produce(std::move(writer))).detach();
    co_return co_await edo::io::read_to_string(reader);
}
//! [simplex]

//! [chain]
/// Puts bytes back in front of a stream from which they were read too early.
template <edo::io::AsyncRead First, edo::io::AsyncRead Rest>
Task<Result<std::string>> read_both(First& first, Rest& rest) {
    auto both = edo::io::chain(first, rest);
    co_return co_await edo::io::read_to_string(both);
}
//! [chain]

//! [take]
Task<Result<std::string>> five_dashes() {
    auto dashes = edo::io::take(edo::io::repeat(std::byte('-')), 5);
    co_return co_await edo::io::read_to_string(dashes);
}
//! [take]

//! [sink]
/// Reads the rest of a message that nobody wants.
template <edo::io::AsyncRead Reader>
Task<Result<std::uint64_t>> skip_rest(Reader& reader) {
    auto sink = edo::io::sink();
    co_return co_await edo::io::copy(reader, sink);
}
//! [sink]

//! [split]
template <edo::io::AsyncReadWrite Stream>
Task<Result<std::uint64_t>> echo(Stream stream) {
    auto [reader, writer] = edo::io::split(std::move(stream));
    co_return co_await edo::io::copy(reader, writer);
}
//! [split]

//! [join]
Task<Result<std::uint64_t>> echo_of_the_terminal() {
    co_return co_await echo(edo::io::join(edo::io::stdin(), edo::io::stdout()));
}
//! [join]

//! [buf_stream]
template <edo::io::AsyncReadWrite Stream>
Task<Result<std::string>> ask(Stream& stream, std::string question) {
    edo::io::BufStream buffered(stream);
    co_await edo::propagate(co_await buffered.write_all(question));
    co_await edo::propagate(co_await buffered.write_all("\n"));
    co_await edo::propagate(co_await buffered.flush());  // both parts at once
    auto answer = co_await edo::propagate(co_await buffered.read_line());
    co_return answer.value_or("");
}
//! [buf_stream]

//! [copy_buf]
template <edo::io::AsyncBufRead Reader, edo::io::AsyncWrite Writer>
Task<Result<void>> copy_with_title(Reader& reader, Writer& writer) {
    co_await edo::propagate(co_await edo::io::write_all(writer, "Copy of:\n"));
    co_await edo::propagate(co_await edo::io::copy_buf(reader, writer));
    co_return Result<void>();
}
//! [copy_buf]

//! [copy_bidirectional]
Task<Result<void>> proxy(edo::net::TcpStream client) {
    edo::net::TcpStream server =
        co_await edo::propagate(co_await edo::net::TcpStream::connect("localhost:8080"));
    const auto copied =
        co_await edo::propagate(co_await edo::io::copy_bidirectional(client, server));
    std::cout << copied.a_to_b << " bytes up, " << copied.b_to_a << " down\n";
    co_return Result<void>();
}
//! [copy_bidirectional]

//! [numbers]
template <edo::io::AsyncReadWrite Stream>
Task<Result<std::uint32_t>> negotiate_size(Stream& stream, std::uint32_t wanted) {
    co_await edo::propagate(co_await edo::io::write_u32(stream, wanted));
    co_return co_await edo::io::read_number<std::uint32_t>(stream);  // the same as read_u32
}
//! [numbers]

//! [write_all_buf]
/// Sends for as long as `limit`, and tells what is left.
template <edo::io::AsyncWrite Writer>
Task<std::span<const std::byte>> send_some(Writer& writer, std::span<const std::byte> bytes,
                                           edo::Duration limit) {
    static_cast<void>(co_await edo::timeout(limit, edo::io::write_all_buf(writer, bytes)));
    co_return bytes;
}
//! [write_all_buf]

Task<void> talk_to_oneself() {
    auto [left, right] = edo::io::duplex(64);
    static_cast<void>(co_await right.write("42\n"));
    const auto answer = co_await ask(left, "What is it?");
    std::cout << *answer << '\n';
    static_cast<void>(co_await edo::io::write_u32(right, 7));
    const auto size = co_await negotiate_size(left, 9);
    std::cout << *size << '\n';
    const std::string text = "0123456789";
    const auto bytes = std::as_bytes(std::span(text));
    const auto rest = co_await send_some(left, bytes, std::chrono::milliseconds(1));
    std::cout << rest.size() << " bytes left\n";
    static_cast<void>(co_await left.shutdown());
    auto sink = edo::io::sink();
    edo::io::BufReader reader(right);
    static_cast<void>(co_await copy_with_title(reader, sink));
}

Task<void> show_all() {
    const auto tested = co_await test_shout_back();
    std::cout << tested.has_value() << '\n';
    const auto text = co_await consume();
    std::cout << *text << '\n';
    const auto dashes = co_await five_dashes();
    std::cout << *dashes << '\n';
    auto first = edo::io::take(edo::io::repeat(std::byte('a')), 3);
    auto second = edo::io::take(edo::io::repeat(std::byte('b')), 3);
    const auto both = co_await read_both(first, second);
    std::cout << *both << '\n';
    auto empty = edo::io::empty();
    static_cast<void>(co_await skip_rest(empty));
    co_await talk_to_oneself();
    static_cast<void>(&proxy);
    static_cast<void>(&echo_of_the_terminal);
}

}  // namespace

int main() {
    edo::run(show_all());
}
