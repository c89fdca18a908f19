// SPDX-License-Identifier: MIT
// What a read of 4 KiB costs that the page cache can serve: with `File::read_at`, on a thread for
// blocking work, which is what it is spared, and with a plain `pread`, which is the least.

#include <edo/runtime/fs/file.hpp>
#include <edo/runtime/runtime.hpp>
#include <edo/runtime/spawn.hpp>

#include <benchmark/benchmark.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <unistd.h>

namespace {

constexpr int kReads = 1000;
constexpr std::size_t kSize = 4096;

/// A file of one block, without a name.
edo::io::OwnedFd make_file() {
    std::string path = "/tmp/edo-benchmark-XXXXXX";
    edo::io::OwnedFd fd(::mkstemp(path.data()));
    ::unlink(path.c_str());
    const std::string block(kSize, 'x');
    if (::write(fd.descriptor(), block.data(), block.size()) != ssize_t(block.size())) {
        throw std::runtime_error("cannot write " + path);
    }
    return fd;
}

edo::Task<void> read_at(const edo::fs::File* file) {
    std::array<std::byte, kSize> buffer;
    for (int i = 0; i < kReads; ++i) {
        const auto count = co_await file->read_at(buffer, 0);
        benchmark::DoNotOptimize(count.value());
    }
}

edo::Task<void> read_on_a_thread(const edo::fs::File* file) {
    std::array<std::byte, kSize> buffer;
    const int fd = file->descriptor();
    for (int i = 0; i < kReads; ++i) {
        auto job =
            edo::spawn_blocking([fd, room = buffer.data()] { return ::pread(fd, room, kSize, 0); });
        const auto count = co_await job;
        benchmark::DoNotOptimize(count.value());
    }
}

edo::Task<void> plain_read(const edo::fs::File* file) {
    std::array<std::byte, kSize> buffer;
    for (int i = 0; i < kReads; ++i) {
        benchmark::DoNotOptimize(::pread(file->descriptor(), buffer.data(), kSize, 0));
    }
    co_return;
}

void cached_read(benchmark::State& state, edo::Task<void> (*reads)(const edo::fs::File*)) {
    edo::Builder builder = edo::Builder::current_thread();
    edo::Runtime runtime = builder.build();
    const edo::fs::File file = edo::fs::File::from_fd(make_file());
    for ([[maybe_unused]] auto iteration : state) {
        runtime.block_on(reads(&file));
    }
    state.SetItemsProcessed(state.iterations() * kReads);
}

BENCHMARK_CAPTURE(cached_read, read_at, &read_at);
BENCHMARK_CAPTURE(cached_read, on_a_thread, &read_on_a_thread);
BENCHMARK_CAPTURE(cached_read, plain_pread, &plain_read);

}  // namespace
