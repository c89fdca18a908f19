// SPDX-License-Identifier: MIT
#include "edo/runtime/fs/fs.hpp"

#include "edo/runtime/fs/blocking_call.hpp"

#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace edo::fs {

namespace {

using detail::call_with_path;
using detail::check;
using detail::last_error;

Result<void> outcome_of(const std::error_code& error) {
    if (error) {
        return failure(error);
    }
    return {};
}

/// An operation with two paths; the error names both.
template <class Function>
Task<PathResult<void>> call_with_two(const char* action, const char* between, std::string first,
                                     std::string second, Function function) {
    std::string rest = between + second;
    if (second.find('\0') != std::string::npos) {
        return [](PathError error) -> Task<PathResult<void>> {
            co_return failure(error);
        }(PathError(std::make_error_code(std::errc::invalid_argument), action, std::move(first),
                                   rest.substr(0, rest.find('\0'))));
    }
    return call_with_path(
        action, std::move(first),
        [second = std::move(second), function](const std::string& path) {
            return function(path.c_str(), second.c_str());
        },
        std::move(rest));
}

Result<void> remove_tree(const std::string& path) {
    const auto status = Metadata::query(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW);
    if (!status) {
        return failure(status.error());
    }
    if (status->is_symlink()) {
        return check(::unlink(path.c_str()));
    }
    if (!status->is_dir()) {
        return failure(std::errc::not_a_directory);
    }
    // Goes down by descriptors and does not follow links, also if somebody puts one in the way.
    std::error_code error;
    std::filesystem::remove_all(path, error);
    return outcome_of(error);
}

}  // namespace

Task<PathResult<void>> rename(std::string from, std::string to) {
    return call_with_two("cannot rename", " to ", std::move(from), std::move(to),
                         [](const char* a, const char* b) { return check(std::rename(a, b)); });
}

Task<PathResult<void>> hard_link(std::string original, std::string link) {
    return call_with_two("cannot link", " as ", std::move(original), std::move(link),
                         [](const char* a, const char* b) { return check(::link(a, b)); });
}

Task<PathResult<void>> symlink(std::string content, std::string link) {
    return call_with_two("cannot make a link to", " as ", std::move(content), std::move(link),
                         [](const char* a, const char* b) { return check(::symlink(a, b)); });
}

Task<PathResult<std::string>> read_link(std::string path) {
    return call_with_path("cannot read the link", std::move(path),
                          [](const std::string& name) -> Result<std::string> {
                              std::error_code error;
                              auto content = std::filesystem::read_symlink(name, error);
                              if (error) {
                                  return failure(error);
                              }
                              return content.native();
                          });
}

Task<PathResult<std::string>> canonicalize(std::string path) {
    return call_with_path(
        "cannot find", std::move(path), [](const std::string& name) -> Result<std::string> {
            struct Free {
                void operator()(char* text) const noexcept { std::free(text); }
            };
            const std::unique_ptr<char, Free> found(::realpath(name.c_str(), nullptr));
            if (found == nullptr) {
                return failure(last_error());
            }
            return std::string(found.get());
        });
}

Task<PathResult<void>> remove_file(std::string path) {
    return call_with_path("cannot remove", std::move(path),
                          [](const std::string& name) { return check(::unlink(name.c_str())); });
}

Task<PathResult<Metadata>> metadata(std::string path) {
    return call_with_path("cannot look at", std::move(path), [](const std::string& name) {
        return Metadata::query(AT_FDCWD, name.c_str(), 0);
    });
}

Task<PathResult<Metadata>> symlink_metadata(std::string path) {
    return call_with_path("cannot look at", std::move(path), [](const std::string& name) {
        return Metadata::query(AT_FDCWD, name.c_str(), AT_SYMLINK_NOFOLLOW);
    });
}

Task<PathResult<bool>> try_exists(std::string path) {
    return call_with_path("cannot look at", std::move(path),
                          [](const std::string& name) -> Result<bool> {
                              if (::faccessat(AT_FDCWD, name.c_str(), F_OK, 0) == 0) {
                                  return true;
                              }
                              if (errno == ENOENT || errno == ENOTDIR) {
                                  return false;
                              }
                              return failure(last_error());
                          });
}

Task<PathResult<void>> set_permissions(std::string path, Permissions permissions) {
    return call_with_path("cannot change the permissions of", std::move(path),
                          [permissions](const std::string& name) {
                              return check(::chmod(name.c_str(), permissions.mode()));
                          });
}

Task<PathResult<void>> create_dir(std::string path) {
    return DirBuilder().create(std::move(path));
}

Task<PathResult<void>> create_dir_all(std::string path) {
    return DirBuilder().recursive(true).create(std::move(path));
}

Task<PathResult<void>> remove_dir(std::string path) {
    return call_with_path("cannot remove the directory", std::move(path),
                          [](const std::string& name) { return check(::rmdir(name.c_str())); });
}

Task<PathResult<void>> remove_dir_all(std::string path) {
    return call_with_path("cannot remove the directory", std::move(path), &remove_tree);
}

}  // namespace edo::fs
