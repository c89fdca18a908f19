// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/fs/dir_builder.hpp"
#include "edo/runtime/fs/file.hpp"
#include "edo/runtime/fs/metadata.hpp"
#include "edo/runtime/fs/open_options.hpp"
#include "edo/runtime/fs/read_dir.hpp"
#include "edo/runtime/path_error.hpp"
#include "edo/runtime/task/task.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/// Files and directories.
///
/// What these functions do, they do on the runtime's threads for blocking work; every error names
/// its path. Paths are taken by value, so nothing needs to outlive a call; a
/// `std::filesystem::path` turns into one by itself.
///
/// @par Cancel safety
/// A call that was dropped cannot be taken back: it is carried out, or, if no thread had taken it
/// up by the end of the runtime, not. It owns all that it works on.
///
/// @par Thread safety
/// All may be called at any time by any task. What several calls do to one file at a time is up to
/// the system.
///
/// @par Misuse
/// Awaiting outside a runtime throws `NoRuntimeError`. After the runtime's shutdown all yield
/// `Errc::RuntimeShutdown`.
namespace edo::fs {

/// Reads a whole file.
///
/// A file of up to 128 KiB that is in the page cache is read at once, without a thread.
///
/// @par Errors
/// Those of `File::open` and `File::read`.
/// @par Example
/// @snippet fs.cpp whole_files
[[nodiscard]] Task<PathResult<std::vector<std::byte>>> read(std::string path);
/// The same for UTF-8 text.
/// @par Errors
/// In addition, `Errc::InvalidData`: it is not UTF-8.
[[nodiscard]] Task<PathResult<std::string>> read_to_string(std::string path);

/// Writes a whole file: makes it, or replaces what is in it. Done when it returns, but not yet on
/// the disk; and not in one step: somebody who reads meanwhile may see a part. To replace a file in
/// one step, write another one and `rename` it.
/// @par Errors
/// Those of `File::create` and `File::write`.
[[nodiscard]] Task<PathResult<void>> write(std::string path, std::string content);
[[nodiscard]] Task<PathResult<void>> write(std::string path, std::vector<std::byte> content);

/// Copies a file with its permissions, and replaces `to` if that is there.
/// @return The number of bytes.
/// @par Errors
/// Those of `File::open` for `from` and of `File::create` for `to`, and
/// `std::errc::invalid_argument`: both are the same file, or `from` is not a regular one.
[[nodiscard]] Task<PathResult<std::uint64_t>> copy(std::string from, std::string to);
/// Renames a file or directory, and replaces `to` in one step if that is there.
/// @par Errors
/// `std::errc::cross_device_link`: they are on different file systems.
[[nodiscard]] Task<PathResult<void>> rename(std::string from, std::string to);
/// Gives a file another name.
[[nodiscard]] Task<PathResult<void>> hard_link(std::string original, std::string link);
/// Makes a symbolic link with that content, which need not be the path of anything.
[[nodiscard]] Task<PathResult<void>> symlink(std::string content, std::string link);
/// The content of a symbolic link.
/// @par Errors
/// `std::errc::invalid_argument`: it is none.
[[nodiscard]] Task<PathResult<std::string>> read_link(std::string path);
/// The absolute path without symbolic links, "." and "..". It must exist.
[[nodiscard]] Task<PathResult<std::string>> canonicalize(std::string path);
/// Removes a name of a file; the file itself goes with the last one, when nobody has it open.
/// @par Errors
/// `std::errc::is_a_directory`
[[nodiscard]] Task<PathResult<void>> remove_file(std::string path);

/// What the system knows of a file; of what a symbolic link leads to, or, the second, of the link.
[[nodiscard]] Task<PathResult<Metadata>> metadata(std::string path);
[[nodiscard]] Task<PathResult<Metadata>> symlink_metadata(std::string path);
/// Whether there is something, at the end of symbolic links. An error means that it cannot be told.
[[nodiscard]] Task<PathResult<bool>> try_exists(std::string path);
/// Changes who may do what, as `chmod` does.
[[nodiscard]] Task<PathResult<void>> set_permissions(std::string path, Permissions permissions);

/// Makes a directory; the second also those above it, and does not mind if they, or it, are there.
/// `DirBuilder` has a choice of permissions.
[[nodiscard]] Task<PathResult<void>> create_dir(std::string path);
[[nodiscard]] Task<PathResult<void>> create_dir_all(std::string path);
/// Removes an empty directory; the second with all that is in it. Symbolic links are removed, not
/// followed.
/// @par Errors
/// - `std::errc::directory_not_empty`: the first only.
/// - `std::errc::not_a_directory`
[[nodiscard]] Task<PathResult<void>> remove_dir(std::string path);
[[nodiscard]] Task<PathResult<void>> remove_dir_all(std::string path);

}  // namespace edo::fs
