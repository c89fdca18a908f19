// SPDX-License-Identifier: MIT
// What a proxy does with the bytes between two sockets: copies them through its own memory, as
// `edo::io::copy` does, or lets the system move them through a pipe with splice(2).

#include <edo/edo.hpp>
#include <edo/runtime/io/empty.hpp>
#include <edo/runtime/reactor/io_op.hpp>

#include <benchmark/benchmark.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <stdexcept>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {

using edo::Result;
using edo::Task;
using edo::net::TcpStream;

/// Moves bytes between a socket and a pipe.
class Splice : public edo::detail::IoOp {
public:
    Splice(edo::detail::IoSource& socket, edo::detail::Direction direction, int pipe,
           std::size_t size) noexcept
        : IoOp(socket, direction, &Splice::attempt), pipe_(pipe), size_(size) {}

    [[nodiscard]] Result<std::size_t> await_resume() const noexcept {
        if (wait_error()) {
            return edo::failure(wait_error());
        }
        return moved_;
    }

private:
    static bool attempt(IoOp& op, std::uint32_t /*generation*/) noexcept {
        auto& self = static_cast<Splice&>(op);
        const int socket = self.source().descriptor();
        const bool reads = self.direction() == edo::detail::Direction::Read;
        const auto moved =
            ::splice(reads ? socket : self.pipe_, nullptr, reads ? self.pipe_ : socket, nullptr,
                     self.size_, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
        if (moved < 0) {
            if (errno == EAGAIN) {
                return false;
            }
            self.fail(std::error_code(errno, std::generic_category()));
            return true;
        }
        self.moved_ = std::size_t(moved);
        return true;
    }

    int pipe_;
    std::size_t size_;
    std::size_t moved_ = 0;
};

class Pipe {
public:
    Pipe() {
        if (::pipe2(ends_.data(), O_NONBLOCK | O_CLOEXEC) != 0) {
            throw std::runtime_error("pipe2");
        }
    }
    ~Pipe() {
        ::close(ends_[0]);
        ::close(ends_[1]);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    [[nodiscard]] int reading() const noexcept { return ends_[0]; }
    [[nodiscard]] int writing() const noexcept { return ends_[1]; }

private:
    std::array<int, 2> ends_{-1, -1};
};

Task<Result<std::uint64_t>> splice_all(TcpStream& from, TcpStream& to) {
    using edo::detail::Direction;
    constexpr std::size_t kPipe = std::size_t{64} << 10;
    const Pipe pipe;
    std::uint64_t copied = 0;
    for (;;) {
        std::size_t left = co_await edo::propagate(
            co_await Splice(from.io_source(), Direction::Read, pipe.writing(), kPipe));
        if (left == 0) {
            co_return copied;
        }
        copied += left;
        while (left > 0) {
            left -= co_await edo::propagate(
                co_await Splice(to.io_source(), Direction::Write, pipe.reading(), left));
        }
    }
}

/// What `copy` does, with a buffer as large as the pipe.
Task<Result<std::uint64_t>> copy_in_large_pieces(TcpStream& from, TcpStream& to) {
    std::vector<std::byte> buffer(std::size_t{64} << 10);
    std::uint64_t copied = 0;
    for (;;) {
        const std::size_t count = co_await edo::propagate(co_await from.read(buffer));
        if (count == 0) {
            co_return copied;
        }
        co_await edo::propagate(co_await to.write_all(std::span(buffer).first(count)));
        copied += count;
    }
}

enum class Way : std::uint8_t { Copy, CopyLarge, Splice };

Task<void> produce(TcpStream stream, std::size_t bytes, std::size_t piece) {
    const std::vector<std::byte> buffer(piece);
    for (std::size_t sent = 0; sent < bytes; sent += piece) {
        if (const auto written = co_await stream.write_all(buffer); !written) {
            throw std::runtime_error(written.error().message());
        }
    }
}

Task<void> relay(TcpStream from, TcpStream to, Way way) {
    Result<std::uint64_t> copied;
    if (way == Way::Splice) {
        copied = co_await splice_all(from, to);
    } else if (way == Way::CopyLarge) {
        copied = co_await copy_in_large_pieces(from, to);
    } else {
        copied = co_await edo::io::copy(from, to);
    }
    if (!copied) {
        throw std::runtime_error(copied.error().message());
    }
}

Task<std::uint64_t> consume(TcpStream stream) {
    std::vector<std::byte> buffer(std::size_t{256} << 10);
    std::uint64_t received = 0;
    for (;;) {
        const auto count = co_await stream.read(buffer);
        if (!count || *count == 0) {
            co_return received;
        }
        received += *count;
    }
}

Task<std::pair<TcpStream, TcpStream>> connected() {
    auto listener = co_await edo::net::TcpListener::bind("127.0.0.1:0");
    auto client = co_await TcpStream::connect(listener.value().local_addr().value());
    auto server = co_await listener->accept();
    co_return std::pair(std::move(*client), std::move(server->first));
}

Task<void> transfer(std::size_t bytes, std::size_t piece, Way way) {
    auto front = co_await connected();
    auto back = co_await connected();
    auto producing = edo::spawn(produce(std::move(front.first), bytes, piece));
    auto relaying = edo::spawn(relay(std::move(front.second), std::move(back.first), way));
    auto consuming = edo::spawn(consume(std::move(back.second)));
    const auto received = co_await consuming;
    static_cast<void>(co_await producing);
    static_cast<void>(co_await relaying);
    if (received.value() != bytes) {
        throw std::runtime_error("bytes were lost");
    }
}

/// `range(0)` bytes are written at a time by the producer.
void relay_bytes(benchmark::State& state, Way way) {
    const auto piece = std::size_t(state.range(0));
    const std::size_t bytes = piece * ((std::size_t{64} << 20) / piece / (piece < 4096 ? 16 : 1));
    edo::Runtime runtime = edo::Builder::current_thread().build();
    for ([[maybe_unused]] auto iteration : state) {
        runtime.block_on(transfer(bytes, piece, way));
    }
    state.SetBytesProcessed(std::int64_t(state.iterations()) * std::int64_t(bytes));
}

BENCHMARK_CAPTURE(relay_bytes, copy, Way::Copy)->Arg(512)->Arg(8192)->Arg(65536);
BENCHMARK_CAPTURE(relay_bytes, copy_large, Way::CopyLarge)->Arg(512)->Arg(8192)->Arg(65536);
BENCHMARK_CAPTURE(relay_bytes, splice, Way::Splice)->Arg(512)->Arg(8192)->Arg(65536);

}  // namespace
