// SPDX-License-Identifier: MIT
#include "edo/runtime/fs/dir_builder.hpp"

#include "edo/runtime/fs/blocking_call.hpp"

#include <cerrno>
#include <cstddef>
#include <sys/stat.h>
#include <utility>
#include <vector>

namespace edo::fs {

namespace {

/// Makes one directory, unless it is there already: somebody else may have been faster.
Result<void> make_if_missing(const std::string& path, mode_t mode) {
    if (::mkdir(path.c_str(), mode) == 0) {
        return {};
    }
    const std::error_code error = detail::last_error();
    struct ::stat status{};
    if (::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) {
        return {};
    }
    return failure(error);
}

/// Where the path of the directory above `path.substr(0, end)` ends; 0 if there is none.
std::size_t end_of_parent(const std::string& path, std::size_t end) {
    const auto before = [&path](std::size_t at, bool slash) {
        while (at > 0 && (path[at - 1] == '/') == slash) {
            --at;
        }
        return at;
    };
    return before(before(before(end, true), false), true);
}

Result<void> make_all(const std::string& path, mode_t mode) {
    std::vector<std::size_t> missing;
    std::size_t end = path.size();
    for (;;) {  // upwards, to what is there
        const Result<void> made = make_if_missing(path.substr(0, end), mode);
        if (made) {
            break;
        }
        const std::size_t parent = end_of_parent(path, end);
        if (made.error() != std::errc::no_such_file_or_directory || parent == 0) {
            return made;
        }
        missing.push_back(end);
        end = parent;
    }
    for (; !missing.empty(); missing.pop_back()) {
        Result<void> made = make_if_missing(path.substr(0, missing.back()), mode);
        if (!made) {
            return made;
        }
    }
    return {};
}

}  // namespace

Task<PathResult<void>> DirBuilder::create(std::string path) const {
    return detail::call_with_path(
        "cannot make the directory", std::move(path),
        [recursive = recursive_, mode = mode_](const std::string& name) -> Result<void> {
            return recursive ? make_all(name, mode) : detail::check(::mkdir(name.c_str(), mode));
        });
}

}  // namespace edo::fs
