// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/result.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <sys/types.h>

namespace edo::fs {

/// What kind of file something is.
enum class FileType : std::uint8_t {
    Regular,
    Directory,
    Symlink,
    BlockDevice,
    CharacterDevice,
    Fifo,
    Socket,
    Unknown,
};

/// Who may do what with a file: the lower twelve bits of its mode, as for `chmod`.
class Permissions {
public:
    explicit Permissions(mode_t mode) noexcept : mode_(mode & 07777) {}

    [[nodiscard]] mode_t mode() const noexcept { return mode_; }
    /// Whether nobody may write to it.
    [[nodiscard]] bool readonly() const noexcept { return (mode_ & 0222) == 0; }
    /// Takes the right to write from everybody, or gives it to everybody.
    void set_readonly(bool on) noexcept { mode_ = on ? mode_ & ~mode_t(0222) : mode_ | 0222; }

    friend bool operator==(const Permissions&, const Permissions&) = default;

private:
    mode_t mode_;
};

/// What the system knows about a file; a copy, which does not change with it.
class Metadata {
public:
    using Time = std::chrono::time_point<std::chrono::system_clock, std::chrono::nanoseconds>;

    [[nodiscard]] FileType file_type() const noexcept { return type_; }
    [[nodiscard]] bool is_file() const noexcept { return type_ == FileType::Regular; }
    [[nodiscard]] bool is_dir() const noexcept { return type_ == FileType::Directory; }
    [[nodiscard]] bool is_symlink() const noexcept { return type_ == FileType::Symlink; }
    /// In bytes.
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
    [[nodiscard]] Permissions permissions() const noexcept { return permissions_; }
    /// When its content was last changed, and last read.
    [[nodiscard]] Time modified() const noexcept { return modified_; }
    [[nodiscard]] Time accessed() const noexcept { return accessed_; }
    /// When it was made, if the file system keeps that.
    [[nodiscard]] std::optional<Time> created() const noexcept { return created_; }
    [[nodiscard]] uid_t uid() const noexcept { return uid_; }
    [[nodiscard]] gid_t gid() const noexcept { return gid_; }
    /// The two numbers that together identify a file on this machine.
    [[nodiscard]] std::uint64_t device() const noexcept { return device_; }
    [[nodiscard]] std::uint64_t inode() const noexcept { return inode_; }
    /// The number of names that it has.
    [[nodiscard]] std::uint64_t links() const noexcept { return links_; }

    /// For edo's own modules: blocks.
    /// @param descriptor Of the directory that `path` is relative to, or of the file if it is
    /// empty.
    [[nodiscard]] static Result<Metadata> query(int descriptor, const char* path, int flags);

private:
    Metadata() noexcept : permissions_(0) {}

    FileType type_ = FileType::Unknown;
    Permissions permissions_;
    std::uint64_t size_ = 0;
    Time modified_;
    Time accessed_;
    std::optional<Time> created_;
    uid_t uid_ = 0;
    gid_t gid_ = 0;
    std::uint64_t device_ = 0;
    std::uint64_t inode_ = 0;
    std::uint64_t links_ = 0;
};

}  // namespace edo::fs

namespace edo::detail {

/// The type in a mode, as `stat` gives it.
[[nodiscard]] fs::FileType file_type_of(mode_t mode) noexcept;

}  // namespace edo::detail
