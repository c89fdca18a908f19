// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/path_error.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/task/task.hpp"

#include <string>
#include <sys/types.h>

namespace edo::fs {

class File;

/// How to open a file. Everything is off at first.
///
/// @par Example
/// @snippet fs.cpp open_options
class OpenOptions {
public:
    OpenOptions() noexcept = default;

    /// Opens it for reading.
    OpenOptions& read(bool on) noexcept { return set(read_, on); }
    /// Opens it for writing. What is there stays, and is overwritten from the beginning on.
    OpenOptions& write(bool on) noexcept { return set(write_, on); }
    /// Opens it for writing, each write at the end, wherever that is by then.
    OpenOptions& append(bool on) noexcept { return set(append_, on); }
    /// Drops what is there. Needs `write`.
    OpenOptions& truncate(bool on) noexcept { return set(truncate_, on); }
    /// Makes the file if it is not there. Needs `write` or `append`.
    OpenOptions& create(bool on) noexcept { return set(create_, on); }
    /// Makes the file, and fails if it, or anything, is there. Needs `write` or `append`; `create`
    /// and `truncate` do not matter then.
    OpenOptions& create_new(bool on) noexcept { return set(create_new_, on); }
    /// The permissions of a file that is made, before the umask. Default: 0666.
    OpenOptions& mode(mode_t mode) noexcept {
        mode_ = mode;
        return *this;
    }
    /// More flags for the system, for example O_NOFOLLOW or O_DIRECT.
    OpenOptions& custom_flags(int flags) noexcept {
        custom_flags_ = flags;
        return *this;
    }

    /// Opens the file, closed on exec.
    ///
    /// @par Errors
    /// - `std::errc::no_such_file_or_directory`, `std::errc::permission_denied`
    /// - `std::errc::file_exists`: for `create_new`.
    /// - `std::errc::is_a_directory`: it is one, and was to be written to.
    /// - `std::errc::invalid_argument`: the options contradict each other.
    /// - `std::errc::too_many_files_open`
    /// - `Errc::RuntimeShutdown`
    ///
    /// @par Cancel safety
    /// Cancel safe, but the file may be made, or truncated, all the same.
    [[nodiscard]] Task<PathResult<File>> open(std::string path) const;

private:
    OpenOptions& set(bool& option, bool on) noexcept {
        option = on;
        return *this;
    }
    /// The flags of `open`, or EINVAL.
    [[nodiscard]] Result<int> flags() const noexcept;

    bool read_ = false;
    bool write_ = false;
    bool append_ = false;
    bool truncate_ = false;
    bool create_ = false;
    bool create_new_ = false;
    mode_t mode_ = 0666;
    int custom_flags_ = 0;
};

}  // namespace edo::fs
