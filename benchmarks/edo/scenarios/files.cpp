// SPDX-License-Identifier: MIT
// Reading files that the page cache holds.

#include "support.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/fs/file.hpp>
#include <edo/runtime/fs/fs.hpp>

#include <array>
#include <cstdlib>
#include <string>
#include <unistd.h>

namespace bench {

namespace {

constexpr std::size_t kBlock = 4096;
constexpr std::size_t kLarge = std::size_t{1} << 20;

/// A file of its own, which is removed at the end of the program.
class TemporaryFile {
public:
    explicit TemporaryFile(std::size_t size) {
        const edo::io::OwnedFd fd(::mkstemp(path_.data()));
        const std::string content(size, 'x');
        check(::write(fd.descriptor(), content.data(), size) == ssize_t(size), "cannot write /tmp");
    }
    ~TemporaryFile() { ::unlink(path_.c_str()); }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;

    [[nodiscard]] const std::string& path() const noexcept { return path_; }

private:
    std::string path_ = "/tmp/edo-benchmark-XXXXXX";
};

const std::string& small_file() {
    static const TemporaryFile file(kBlock);
    return file.path();
}
const std::string& large_file() {
    static const TemporaryFile file(kLarge);
    return file.path();
}

Task<Done> read_whole(std::string path, std::size_t size, std::size_t iterations) {
    for (std::size_t i = 0; i < iterations; ++i) {
        const auto content = co_await edo::fs::read(path);
        check(content.has_value() && content->size() == size, "fs_whole: a wrong size");
    }
    co_return iterations;
}

Task<Done> whole_small(std::size_t iterations) {
    return read_whole(small_file(), kBlock, iterations);
}
Task<Done> whole_large(std::size_t iterations) {
    return read_whole(large_file(), kLarge, iterations);
}

Task<Done> open_read_close(std::size_t iterations) {
    std::array<std::byte, kBlock> buffer;
    for (std::size_t i = 0; i < iterations; ++i) {
        auto file = co_await edo::fs::File::open(small_file());
        const auto count = co_await file.value().read(buffer);
        check(count == kBlock, "fs_open_read_close: too few bytes");
    }
    co_return iterations;
}

/// Block by block, and again from the beginning.
Task<Done> read_blocks(std::size_t iterations) {
    auto file = co_await edo::fs::File::open(large_file());
    std::array<std::byte, kBlock> buffer;
    for (std::size_t i = 0; i < iterations;) {
        const auto count = co_await file.value().read(buffer);
        if (count == kBlock) {
            ++i;
            continue;
        }
        check(count == std::size_t{0}, "fs_read: a part of a block");
        const auto position = co_await file.value().seek(0, edo::fs::SeekFrom::Start);
        check(position == std::uint64_t{0}, "fs_read: cannot seek");
    }
    co_return iterations;
}

constexpr std::array kScenarios{
    Scenario{"fs_whole_4k", whole_small},
    Scenario{"fs_whole_1m", whole_large},
    Scenario{"fs_open_read_close", open_read_close},
    Scenario{"fs_read", read_blocks},
};

}  // namespace

std::span<const Scenario> files() {
    return kScenarios;
}

}  // namespace bench
