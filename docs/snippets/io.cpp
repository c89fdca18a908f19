// SPDX-License-Identifier: MIT
#include <edo/edo.hpp>
#include <edo/net/tcp_stream.hpp>
#include <edo/runtime/io/buf_reader.hpp>
#include <edo/runtime/io/buf_writer.hpp>
#include <edo/runtime/io/copy.hpp>
#include <edo/runtime/io/read.hpp>
#include <edo/runtime/io/stdio.hpp>
#include <edo/runtime/io/write.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace snippets {

//! [read_exact]
edo::Task<edo::Result<std::uint16_t>> read_length(edo::net::TcpStream& stream) {
    std::array<std::byte, 2> header;
    co_await edo::propagate(co_await edo::io::read_exact(stream, header));
    co_return std::uint16_t(std::to_integer<unsigned>(header[0]) << 8 |
                            std::to_integer<unsigned>(header[1]));
}
//! [read_exact]

//! [read_to_end]
edo::Task<edo::Result<std::vector<std::byte>>> receive_file(edo::net::TcpStream& stream) {
    // At most a mebibyte: a peer must not be able to fill the memory.
    co_return co_await edo::io::read_to_end(stream, 1 << 20);
}
//! [read_to_end]

//! [write_all]
edo::Task<edo::Result<void>> greet(edo::net::TcpStream& stream) {
    co_return co_await edo::io::write_all(stream, "hello\n");
}
//! [write_all]

//! [copy]
edo::Task<edo::Result<void>> print_all_that_comes(edo::net::TcpStream& stream) {
    auto output = edo::io::stdout();
    const std::uint64_t bytes = co_await edo::propagate(co_await edo::io::copy(stream, output));
    co_await edo::propagate(co_await output.write_all(std::to_string(bytes) + " bytes\n"));
    co_return co_await output.flush();
}
//! [copy]

//! [buf_reader]
edo::Task<edo::Result<std::string>> read_field(edo::net::TcpStream& stream) {
    edo::io::BufReader reader(stream);
    const std::vector<std::byte> field =
        co_await edo::propagate(co_await reader.read_until(std::byte(';')));
    co_return std::string(reinterpret_cast<const char*>(field.data()), field.size());
}
//! [buf_reader]

//! [read_line]
edo::Task<edo::Result<void>> serve(edo::net::TcpStream stream) {
    edo::io::BufReader reader(stream);
    for (;;) {
        const std::optional<std::string> line =
            co_await edo::propagate(co_await reader.read_line());
        if (!line) {
            co_return edo::Result<void>();  // the client has gone
        }
        co_await edo::propagate(co_await stream.write_all("you said: " + *line + "\n"));
    }
}
//! [read_line]

//! [lines]
edo::Task<edo::Result<std::size_t>> count_lines(edo::net::TcpStream& stream) {
    edo::io::BufReader reader(stream);
    auto lines = reader.lines(1024);  // longer lines are an error
    std::size_t count = 0;
    for (;;) {
        const auto line = co_await edo::propagate(co_await lines.next_line());
        if (!line) {
            co_return count;
        }
        ++count;
    }
}
//! [lines]

//! [split_segments]
edo::Task<edo::Result<std::size_t>> count_records(edo::net::TcpStream& stream) {
    edo::io::BufReader reader(stream);
    auto records = reader.split(std::byte{0}, 1024);  // each ends with a zero byte
    std::size_t count = 0;
    for (;;) {
        const auto record = co_await edo::propagate(co_await records.next_segment());
        if (!record) {
            co_return count;
        }
        ++count;
    }
}
//! [split_segments]

//! [buf_writer]
edo::Task<edo::Result<void>> send_numbers(edo::net::TcpStream& stream) {
    edo::io::BufWriter writer(stream);
    for (int i = 0; i < 1000; ++i) {
        co_await edo::propagate(co_await writer.write_all(std::to_string(i) + "\n"));
    }
    co_return co_await writer.flush();  // or the last of them are lost
}
//! [buf_writer]

//! [stdin]
edo::Task<edo::Result<void>> read_commands() {
    edo::io::BufReader input(edo::io::stdin());
    for (;;) {
        const std::optional<std::string> line = co_await edo::propagate(co_await input.read_line());
        if (!line || *line == "exit") {
            co_return edo::Result<void>();
        }
    }
}
//! [stdin]

//! [stdout]
edo::Task<edo::Result<void>> prompt() {
    const auto output = edo::io::stdout();
    co_await edo::propagate(co_await output.write_all("> "));
    co_return co_await output.flush();
}
//! [stdout]

}  // namespace snippets
