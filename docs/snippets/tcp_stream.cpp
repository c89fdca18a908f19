// SPDX-License-Identifier: MIT
// The examples in the documentation of TcpStream.
#include <edo/edo.hpp>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <span>
#include <string>
#include <sys/ioctl.h>
#include <utility>

using namespace std::chrono_literals;

namespace {

//! [echo]
edo::Task<edo::Result<void>> echo(edo::net::TcpStream stream) {
    std::array<std::byte, 4096> buffer;
    for (;;) {
        const std::size_t n = co_await edo::propagate(stream.read(buffer));
        if (n == 0) {
            co_return edo::Result<void>();  // the peer is done
        }
        co_await edo::propagate(stream.write_all(std::span(buffer).first(n)));
    }
}
//! [echo]

//! [read]
edo::Task<edo::Result<std::string>> read_to_end(edo::net::TcpStream& stream) {
    std::string all;
    std::array<std::byte, 1024> buffer;
    for (;;) {
        const std::size_t n = co_await edo::propagate(stream.read(buffer));
        if (n == 0) {
            co_return all;
        }
        all.append(reinterpret_cast<const char*>(buffer.data()), n);
    }
}
//! [read]

//! [read_exact]
edo::Task<edo::Result<unsigned>> read_port(edo::net::TcpStream& stream) {
    std::array<std::byte, 2> bytes;
    co_await edo::propagate(stream.read_exact(bytes));
    co_return std::to_integer<unsigned>(bytes[0]) << 8 | std::to_integer<unsigned>(bytes[1]);
}
//! [read_exact]

//! [write]
edo::Task<edo::Result<void>> write_in_pieces(edo::net::TcpStream& stream, std::string text) {
    std::span<const std::byte> rest = std::as_bytes(std::span(text));
    while (!rest.empty()) {
        const std::size_t n = co_await edo::propagate(stream.write(rest));
        rest = rest.subspan(n);
    }
    co_return edo::Result<void>();
}
//! [write]

//! [write_all]
edo::Task<edo::Result<void>> greet(edo::net::TcpStream& stream) {
    co_await edo::propagate(stream.write_all("hello\n"));
    co_return co_await stream.shutdown();  // the peer sees the end of the stream
}
//! [write_all]

//! [vectored]
edo::Task<edo::Result<std::size_t>> send_message(edo::net::TcpStream& stream, std::string body) {
    const std::array<std::byte, 2> header = {std::byte(body.size() >> 8), std::byte(body.size())};
    const std::array<std::span<const std::byte>, 2> parts = {header,
                                                             std::as_bytes(std::span(body))};
    co_return co_await stream.write_vectored(parts);
}
//! [vectored]

//! [connect]
edo::Task<edo::Result<edo::net::TcpStream>> connect_in_time(std::string address) {
    auto connected = co_await edo::timeout(5s, edo::net::TcpStream::connect(address));
    if (!connected) {
        co_return edo::failure(connected.error());  // it took too long
    }
    if (!*connected) {
        // For example: cannot connect to 127.0.0.1:7878: Connection refused
        std::cerr << connected->error().message() << '\n';
    }
    co_return std::move(*connected);
}
//! [connect]

//! [into_split]
edo::Task<void> talk(edo::net::TcpStream stream) {
    auto [reader, writer] = std::move(stream).into_split();
    auto sending = edo::spawn(
        [](edo::net::OwnedWriteHalf half) -> edo::Task<void> {
            for (int i = 0; i < 3; ++i) {
                const auto written = co_await half.write_all("ping\n");
                if (!written) {
                    co_return;
                }
            }
            // The half is dropped here, which ends the stream towards the peer.
        },
        std::move(writer));
    std::array<std::byte, 1024> buffer;
    for (;;) {
        const auto n = co_await reader.read(buffer);
        if (!n || *n == 0) {
            break;
        }
        std::cout.write(reinterpret_cast<const char*>(buffer.data()), std::streamsize(*n));
    }
    const auto sent = co_await sending;
    if (!sent) {
        std::cerr << sent.error().message() << '\n';
    }
}
//! [into_split]

//! [async_io]
edo::Task<edo::Result<std::uint64_t>> unread_bytes(const edo::net::TcpStream& stream) {
    // A system call that edo has no function for, once there is something to read.
    co_return co_await stream.async_io(
        edo::net::Interest::Readable, [](int descriptor) -> edo::Result<std::uint64_t> {
            int count = 0;
            if (::ioctl(descriptor, FIONREAD, &count) != 0) {
                return edo::failure(std::error_code(errno, std::generic_category()));
            }
            return static_cast<std::uint64_t>(count);
        });
}
//! [async_io]

/// Runs all of the above against echoes on loopback.
edo::Task<int> use_all() {
    auto listener = (co_await edo::net::TcpListener::bind("127.0.0.1:0")).value();
    const auto address = listener.local_addr().value();
    edo::spawn(
        [](edo::net::TcpListener accepting) -> edo::Task<void> {
            for (;;) {
                auto accepted = co_await accepting.accept();
                if (!accepted) {
                    co_return;
                }
                edo::spawn(echo(std::move(accepted->first))).detach();
            }
        },
        std::move(listener))
        .detach();

    auto first = (co_await connect_in_time(address.to_string())).value();
    const auto wrote = co_await write_in_pieces(first, std::string("\x1f\xc2", 2));
    const auto unread = co_await unread_bytes(first);
    const unsigned port = (co_await read_port(first)).value();
    (co_await send_message(first, "body")).value();
    const auto greeted = co_await greet(first);
    const std::string rest = (co_await read_to_end(first)).value();
    auto second = (co_await connect_in_time(address.to_string())).value();
    co_await talk(std::move(second));
    const bool right = wrote && unread && greeted && port == 0x1fc2 &&
                       rest == std::string("\0\4body", 6) + "hello\n";
    co_return right ? 0 : 1;
}

}  // namespace

int main() {
    return edo::run(use_all());
}
