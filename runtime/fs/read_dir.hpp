// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/fs/metadata.hpp"
#include "edo/runtime/join_handle.hpp"
#include "edo/runtime/path_error.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/task/task.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace edo::fs {

/// One entry of a directory.
class DirEntry {
public:
    DirEntry(std::string directory, std::string name, FileType type, std::uint64_t inode)
        : directory_(std::move(directory)), name_(std::move(name)), type_(type), inode_(inode) {}

    /// Its name, without the directory.
    [[nodiscard]] const std::string& file_name() const noexcept { return name_; }
    /// The path given to `read_dir`, with the name.
    [[nodiscard]] std::string path() const;
    [[nodiscard]] std::uint64_t inode() const noexcept { return inode_; }
    /// Its type; of a symbolic link, that of the link. Costs nothing on most file systems.
    [[nodiscard]] Task<PathResult<FileType>> file_type() const;
    /// What the system knows of it; of a symbolic link, of the link.
    [[nodiscard]] Task<PathResult<Metadata>> metadata() const;

private:
    std::string directory_;
    std::string name_;
    FileType type_;
    std::uint64_t inode_;
};

}  // namespace edo::fs

namespace edo::detail {

struct OpenDirectory;

/// Some entries, and whether there are more.
struct DirBatch {
    DirBatch() = default;
    std::vector<fs::DirEntry> entries;
    std::error_code error;
    bool at_end = false;
};

}  // namespace edo::detail

namespace edo::fs {

/// The entries of a directory, in no order, without "." and ".."; made by `read_dir`.
///
/// @par Thread safety
/// Belongs to one task at a time; must not be moved or destroyed while `next_entry` is pending.
class ReadDir {
public:
    /// The next entry, or none at the end.
    /// @par Errors
    /// `std::errc::io_error`, `Errc::RuntimeShutdown`. There are no more entries then.
    /// @par Cancel safety
    /// Cancel safe: no entry is lost.
    [[nodiscard]] Task<PathResult<std::optional<DirEntry>>> next_entry() { return read_next(this); }

    /// The same as an element of an `edo::stream::Stream`, which ends with the first error.
    [[nodiscard]] Task<std::optional<PathResult<DirEntry>>> next() { return next_item(this); }

    /// For edo's own modules.
    explicit ReadDir(std::shared_ptr<detail::OpenDirectory> directory) noexcept
        : directory_(std::move(directory)) {}

private:
    static Task<PathResult<std::optional<DirEntry>>> read_next(ReadDir* self);
    static Task<std::optional<PathResult<DirEntry>>> next_item(ReadDir* self);

    std::shared_ptr<detail::OpenDirectory> directory_;
    detail::DirBatch batch_;
    std::size_t used_ = 0;  // of the batch
    // The next batch; outlives the `co_await` when that is dropped.
    JoinHandle<detail::DirBatch> pending_;
};

/// Opens a directory to list it.
///
/// @par Errors
/// - `std::errc::no_such_file_or_directory`, `std::errc::not_a_directory`,
///   `std::errc::permission_denied`
/// @par Example
/// @snippet fs.cpp read_dir
[[nodiscard]] Task<PathResult<ReadDir>> read_dir(std::string path);

}  // namespace edo::fs
