// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/path_error.hpp"
#include "edo/runtime/task/task.hpp"

#include <string>
#include <sys/types.h>

namespace edo::fs {

/// How to make a directory. `create_dir` and `create_dir_all` are the short forms.
///
/// @par Thread safety
/// None; a builder may be copied, and used any number of times.
///
/// @par Example
/// @snippet fs.cpp dir_builder
class DirBuilder {
public:
    DirBuilder() noexcept = default;

    /// Whether the directories above it are made as well, and it is no error if it is there. Off by
    /// default.
    DirBuilder& recursive(bool on) noexcept {
        recursive_ = on;
        return *this;
    }
    /// The permissions of all that it makes; the process's umask takes some away. Default: 0777.
    DirBuilder& mode(mode_t permissions) noexcept {
        mode_ = permissions;
        return *this;
    }

    /// Makes the directory.
    ///
    /// @par Errors
    /// - `std::errc::file_exists`: something is there; with `recursive`, something else than a
    ///   directory.
    /// - `std::errc::no_such_file_or_directory`: a directory above it is not there; with
    ///   `recursive`, the path is empty.
    /// - `std::errc::not_a_directory`, `std::errc::permission_denied`
    ///
    /// @par Cancel safety
    /// As for all functions of `edo::fs`: a call that was dropped may still be carried out.
    [[nodiscard]] Task<PathResult<void>> create(std::string path) const;

private:
    bool recursive_ = false;
    mode_t mode_ = 0777;
};

}  // namespace edo::fs
