// SPDX-License-Identifier: MIT
#include "edo/runtime/fs/file_state.hpp"

#include "edo/net/socket/pipe_calls.hpp"
#include "edo/runtime/fs/blocking_call.hpp"

#include <algorithm>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#include <utility>

namespace edo::detail {

namespace {

iovec entry_of(std::span<const std::byte> bytes) noexcept {
    iovec entry{};
    entry.iov_base = const_cast<std::byte*>(bytes.data());  // NOLINT: one type for both directions
    entry.iov_len = bytes.size();
    return entry;
}

/// What a call with RWF_NOWAIT has told. `can` is cleared if it can never work.
std::optional<Result<std::size_t>> result_of(ssize_t moved, std::atomic<bool>& can) noexcept {
    if (moved >= 0) {
        return Result<std::size_t>(static_cast<std::size_t>(moved));
    }
    if (errno == EAGAIN) {
        return std::nullopt;
    }
    if (errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL) {
        can.store(false, std::memory_order_relaxed);
        return std::nullopt;
    }
    return Result<std::size_t>(failure(last_error()));
}

}  // namespace

FileState::FileState(io::OwnedFd descriptor) noexcept : fd(std::move(descriptor)) {
    const off_t cursor = ::lseek(fd.descriptor(), 0, SEEK_CUR);
    seekable = cursor >= 0;
    start = seekable ? static_cast<std::uint64_t>(cursor) : 0;
    append = (::fcntl(fd.descriptor(), F_GETFL) & O_APPEND) != 0;
}

std::optional<Result<std::size_t>> read_now(int fd, std::span<std::byte> buffer,
                                            std::uint64_t offset, std::atomic<bool>& can) noexcept {
    const iovec entry = entry_of(buffer.first(std::min(buffer.size(), kMostOnWorker)));
    const ssize_t moved = uninterrupted(
        [&] { return ::preadv2(fd, &entry, 1, static_cast<off_t>(offset), RWF_NOWAIT); });
    return result_of(moved, can);
}

std::optional<Result<std::size_t>> read_now(FileState& file, std::span<std::byte> buffer,
                                            std::uint64_t offset) noexcept {
    if (!file.seekable || !file.can_read_now.load(std::memory_order_relaxed)) {
        return std::nullopt;
    }
    return read_now(file.fd.descriptor(), buffer, offset, file.can_read_now);
}

std::optional<Result<std::size_t>> write_now(FileState& file, std::span<const std::byte> bytes,
                                             std::uint64_t offset) noexcept {
    if (!file.seekable || file.append || !file.can_write_now.load(std::memory_order_relaxed)) {
        return std::nullopt;
    }
    const iovec entry = entry_of(bytes.first(std::min(bytes.size(), kMostOnWorker)));
    const ssize_t moved = uninterrupted([&] {
        return ::pwritev2(file.fd.descriptor(), &entry, 1, static_cast<off_t>(offset), RWF_NOWAIT);
    });
    return result_of(moved, file.can_write_now);
}

Moved read_blocking(const FileState& file, std::size_t size, std::uint64_t offset) {
    Moved moved;
    size = std::min(size, kMostInJob);
    moved.bytes = std::make_unique_for_overwrite<std::byte[]>(size);
    const int fd = file.fd.descriptor();
    const ssize_t count = uninterrupted([&] {
        return file.seekable ? ::pread(fd, moved.bytes.get(), size, static_cast<off_t>(offset))
                             : ::read(fd, moved.bytes.get(), size);
    });
    if (count < 0) {
        moved.error = last_error();
    } else {
        moved.count = static_cast<std::size_t>(count);
    }
    return moved;
}

Moved write_blocking(const FileState& file, std::span<const std::byte> bytes,
                     std::uint64_t offset) noexcept {
    Moved moved;
    const int fd = file.fd.descriptor();
    ssize_t count = 0;
    if (!file.seekable) {  // perhaps a pipe
        const iovec entry = entry_of(bytes);
        count = write_to_pipe(fd, &entry, 1);
    } else if (file.append) {
        count = uninterrupted([&] { return ::write(fd, bytes.data(), bytes.size()); });
    } else {
        count = uninterrupted(
            [&] { return ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset)); });
    }
    if (count < 0) {
        moved.error = last_error();
        return moved;
    }
    moved.count = static_cast<std::size_t>(count);
    if (file.append) {
        moved.position = static_cast<std::uint64_t>(::lseek(fd, 0, SEEK_CUR));
    } else {
        moved.position = offset + moved.count;
    }
    return moved;
}

namespace {

/// Opens a regular file without access to a disk, or nothing at all.
CachedFile open_resolved(const char* path, std::uint64_t flags) noexcept {
    open_how how{};
    how.flags = flags | O_CLOEXEC;
    how.resolve = RESOLVE_CACHED;
    CachedFile file;
    file.fd.reset(static_cast<int>(::syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how)));
    struct ::stat status{};
    if (!file.fd.valid() || ::fstat(file.fd.descriptor(), &status) != 0 ||
        !S_ISREG(status.st_mode)) {
        return CachedFile();
    }
    file.size = static_cast<std::uint64_t>(status.st_size);
    return file;
}

}  // namespace

CachedFile open_cached(const char* path, std::uint64_t largest) noexcept {
    // Looked at first: to open a FIFO or a device, even for a moment, is something that others see.
    const CachedFile seen = open_resolved(path, O_PATH);
    if (!seen.fd.valid() || seen.size > largest) {
        return CachedFile();
    }
    // Should something else be there by now, it must at least not hold up the worker; for a regular
    // file O_NONBLOCK means nothing.
    return open_resolved(path, O_RDONLY | O_NOCTTY | O_NONBLOCK);
}

}  // namespace edo::detail
