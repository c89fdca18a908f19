// SPDX-License-Identifier: MIT
// Whole files: in one job each, or in turns on the worker where the page cache has them.
#include "edo/runtime/core/context.hpp"
#include "edo/runtime/fs/blocking_call.hpp"
#include "edo/runtime/fs/file_state.hpp"
#include "edo/runtime/fs/fs.hpp"
#include "edo/runtime/io/utf8.hpp"
#include "edo/runtime/sleep.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <fcntl.h>
#include <optional>
#include <span>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace edo::fs {

namespace {

using detail::last_error;
using detail::uninterrupted;

/// The size that a file is said to have, and one byte to find the end with; that of a file of
/// /proc is 0, whatever is in it.
Result<std::size_t> room_for(int fd) noexcept {
    struct ::stat status{};
    if (::fstat(fd, &status) != 0) {
        return failure(last_error());
    }
    constexpr std::size_t kLeast = 512;
    return std::max(kLeast, static_cast<std::size_t>(status.st_size) + 1);
}

template <class Container>
Result<Container> read_whole(const std::string& path) {
    const io::OwnedFd fd(uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC); }));
    if (!fd.valid()) {
        return failure(last_error());
    }
    const Result<std::size_t> room = room_for(fd.descriptor());
    if (!room) {
        return failure(room.error());
    }
    Container content(*room, typename Container::value_type{});
    std::size_t size = 0;
    for (;;) {
        if (size == content.size()) {
            content.resize(2 * size);
        }
        const ssize_t count = uninterrupted(
            [&] { return ::read(fd.descriptor(), content.data() + size, content.size() - size); });
        if (count < 0) {
            return failure(last_error());
        }
        if (count == 0) {
            content.resize(size);
            return content;
        }
        size += static_cast<std::size_t>(count);
    }
}

/// Larger files are left to the pool.
constexpr std::uint64_t kLargestOnWorker = std::uint64_t{2} << 20;

/// The file if all of it is in the page cache. Takes a turn for each of its pieces.
template <class Container>
Task<std::optional<Container>> read_cached(const char* path) {
    const detail::CachedFile file = detail::open_cached(path, kLargestOnWorker);
    // An empty file may be one of /proc, whose size nobody knows.
    if (!file.fd.valid() || file.size == 0 || file.size > kLargestOnWorker) {
        co_return std::nullopt;
    }
    std::atomic<bool> can_read_now = true;
    Container content;
    content.reserve(file.size);
    while (content.size() < file.size) {
        const std::size_t size = content.size();
        if (size > 0) {
            co_await yield_now();
        }
        // Cleared a piece at a time, while it fits the cache that the system then copies into.
        content.resize(std::min(size + detail::kMostOnWorker, std::size_t{file.size}));
        const auto count = detail::read_now(
            file.fd.descriptor(), std::as_writable_bytes(std::span(content)).subspan(size), size,
            can_read_now);
        if (!count || !*count) {
            co_return std::nullopt;
        }
        content.resize(size + **count);
        if (**count == 0) {  // it has become shorter
            break;
        }
    }
    co_return content;
}

template <class Container>
Task<PathResult<Container>> read_as(std::string path) {
    if (!detail::spend_budget()) {
        co_await yield_now();
    }
    if (path.find('\0') == std::string::npos) {
        auto cached = co_await read_cached<Container>(path.c_str());
        if (cached) {
            co_return std::move(*cached);
        }
    }
    co_return co_await detail::call_with_path("cannot read", std::move(path),
                                              &read_whole<Container>);
}

Result<void> write_all_to(int fd, std::span<const std::byte> bytes) noexcept {
    while (!bytes.empty()) {
        const ssize_t count =
            uninterrupted([&] { return ::write(fd, bytes.data(), bytes.size()); });
        if (count < 0) {
            return failure(last_error());
        }
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return {};
}

Result<void> write_whole(const std::string& path, std::span<const std::byte> bytes) noexcept {
    const io::OwnedFd fd(uninterrupted(
        [&] { return ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666); }));
    if (!fd.valid()) {
        return failure(last_error());
    }
    return write_all_to(fd.descriptor(), bytes);
}

template <class Container>
Task<PathResult<void>> write_from(std::string path, Container content) {
    return detail::call_with_path("cannot write", std::move(path),
                                  [content = std::move(content)](const std::string& name) {
                                      return write_whole(name, std::as_bytes(std::span(content)));
                                  });
}

/// Copies by reading and writing, for what the system cannot copy by itself.
Result<std::uint64_t> copy_by_hand(int from, int to) {
    std::vector<std::byte> buffer(detail::kMostOnWorker);
    std::uint64_t copied = 0;
    for (;;) {
        const ssize_t count =
            uninterrupted([&] { return ::read(from, buffer.data(), buffer.size()); });
        if (count < 0) {
            return failure(last_error());
        }
        if (count == 0) {
            return copied;
        }
        const auto size = static_cast<std::size_t>(count);
        const Result<void> written = write_all_to(to, std::span(buffer).first(size));
        if (!written) {
            return failure(written.error());
        }
        copied += size;
    }
}

Result<std::uint64_t> copy_content(int from, int to) {
    constexpr std::size_t kAtOnce = std::size_t{1} << 30;
    std::uint64_t copied = 0;
    for (;;) {
        const ssize_t count = uninterrupted(
            [&] { return ::copy_file_range(from, nullptr, to, nullptr, kAtOnce, 0); });
        if (count > 0) {
            copied += static_cast<std::uint64_t>(count);
        } else if (copied > 0) {
            if (count < 0) {
                return failure(last_error());
            }
            return copied;
        } else {
            // It cannot, or says that the file is empty, as it does for those of /proc.
            return copy_by_hand(from, to);
        }
    }
}

struct Pair {
    io::OwnedFd from;
    io::OwnedFd to;
};

/// Opens both, and does not touch the content of the target before it is known to be another file.
Result<Pair> open_both(const std::string& from, const std::string& to) {
    Pair pair;
    pair.from.reset(
        uninterrupted([&] { return ::open(from.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); }));
    struct ::stat source{};
    if (!pair.from.valid() || ::fstat(pair.from.descriptor(), &source) != 0) {
        return failure(last_error());
    }
    if (!S_ISREG(source.st_mode)) {
        return failure(std::errc::invalid_argument);
    }
    pair.to.reset(uninterrupted(
        [&] { return ::open(to.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, source.st_mode & 0777); }));
    struct ::stat target{};
    if (!pair.to.valid() || ::fstat(pair.to.descriptor(), &target) != 0) {
        return failure(last_error());
    }
    if (source.st_dev == target.st_dev && source.st_ino == target.st_ino) {
        return failure(std::errc::invalid_argument);
    }
    if (S_ISREG(target.st_mode) && (::ftruncate(pair.to.descriptor(), 0) != 0 ||
                                    ::fchmod(pair.to.descriptor(), source.st_mode & 07777) != 0)) {
        return failure(last_error());
    }
    return pair;
}

}  // namespace

Task<PathResult<std::vector<std::byte>>> read(std::string path) {
    return read_as<std::vector<std::byte>>(std::move(path));
}

Task<PathResult<std::string>> read_to_string(std::string path) {
    auto text = co_await read_as<std::string>(path);
    if (text && !io::is_utf8(*text)) {
        co_return failure(PathError(Errc::InvalidData, "cannot read", std::move(path)));
    }
    co_return text;
}

Task<PathResult<void>> write(std::string path, std::string content) {
    return write_from(std::move(path), std::move(content));
}

Task<PathResult<void>> write(std::string path, std::vector<std::byte> content) {
    return write_from(std::move(path), std::move(content));
}

Task<PathResult<std::uint64_t>> copy(std::string from, std::string to) {
    std::string rest = " to " + to.substr(0, to.find('\0'));
    return detail::call_with_path(
        "cannot copy", std::move(from),
        [to = std::move(to)](const std::string& name) -> Result<std::uint64_t> {
            if (to.find('\0') != std::string::npos) {
                return failure(std::errc::invalid_argument);
            }
            const auto both = open_both(name, to);
            if (!both) {
                return failure(both.error());
            }
            return copy_content(both->from.descriptor(), both->to.descriptor());
        },
        std::move(rest));
}

}  // namespace edo::fs
