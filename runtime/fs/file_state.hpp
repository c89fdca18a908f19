// SPDX-License-Identifier: MIT
// An open file as its jobs see it, and the system calls on it.
#pragma once

#include "edo/runtime/io/owned_fd.hpp"
#include "edo/runtime/result.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <system_error>
#include <utility>

namespace edo::detail {

/// What a job has read or written.
struct Moved {
    Moved() = default;

    std::error_code error;
    std::size_t count = 0;
    std::unique_ptr<std::byte[]> bytes;  ///< of a read
    /// Where the file's cursor is after a write.
    std::optional<std::uint64_t> position;
};

/// A file that was opened without access to a disk, and its size at that time.
struct CachedFile {
    CachedFile() = default;

    io::OwnedFd fd;
    std::uint64_t size = 0;
};

/// Shared by a `File` and its jobs: whoever is last closes the descriptor.
struct FileState {
    /// Looks at how the descriptor was opened. Does not block.
    explicit FileState(io::OwnedFd descriptor) noexcept;
    /// One that nobody has read from yet.
    explicit FileState(CachedFile file) noexcept : fd(std::move(file.fd)), seekable(true) {}

    io::OwnedFd fd;
    bool seekable = false;  ///< has a position: no pipe, no terminal
    bool append = false;
    std::uint64_t start = 0;  ///< the cursor when it was taken over
    /// Whether the file system can be asked for what it has at hand. Learned by trying; the threads
    /// that use them may find out more than once: relaxed.
    std::atomic<bool> can_read_now{true};
    std::atomic<bool> can_write_now{true};
};

/// The most that one call moves: on the worker, which others wait for, and in a job, which holds a
/// copy of it.
inline constexpr std::size_t kMostOnWorker = std::size_t{128} << 10;
inline constexpr std::size_t kMostInJob = std::size_t{2} << 20;

/// Reads what is in the page cache; nothing if that would block, or cannot be asked for.
[[nodiscard]] std::optional<Result<std::size_t>> read_now(int fd, std::span<std::byte> buffer,
                                                          std::uint64_t offset,
                                                          std::atomic<bool>& can) noexcept;
[[nodiscard]] std::optional<Result<std::size_t>> read_now(FileState& file,
                                                          std::span<std::byte> buffer,
                                                          std::uint64_t offset) noexcept;
/// Writes to the page cache; nothing if that would block, or cannot be asked for.
[[nodiscard]] std::optional<Result<std::size_t>> write_now(FileState& file,
                                                           std::span<const std::byte> bytes,
                                                           std::uint64_t offset) noexcept;

/// The same for a thread that may block. A file without a position ignores the offset.
[[nodiscard]] Moved read_blocking(const FileState& file, std::size_t size, std::uint64_t offset);
[[nodiscard]] Moved write_blocking(const FileState& file, std::span<const std::byte> bytes,
                                   std::uint64_t offset) noexcept;

/// Opens a regular file for reading if that needs no access to a disk and it has at most `largest`
/// bytes.
[[nodiscard]] CachedFile open_cached(const char* path, std::uint64_t largest = UINT64_MAX) noexcept;

}  // namespace edo::detail
