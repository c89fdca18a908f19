// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/result.hpp"

#include <string>
#include <system_error>

namespace edo {

/// An error code that knows which file it is about, so that its text says so: "cannot open
/// /etc/passwd: Permission denied".
///
/// It is a `std::error_code`: compares like one (`error == std::errc::permission_denied`), and
/// turns into one where a `Result` with a plain error is wanted, as in `propagate` or `failure`.
class PathError : public std::error_code {
public:
    /// @param action What failed, for example "cannot open".
    /// @param path The file. Where there are two, for example of a copy, the one to name first.
    /// @param rest What follows the path in the text, for example " to /tmp/b".
    PathError(std::error_code code, std::string action, std::string path, std::string rest = {});

    /// The action, the path, and the text of the error code.
    [[nodiscard]] std::string message() const;
    /// The path, as it was given.
    [[nodiscard]] const std::string& path() const noexcept { return path_; }

private:
    std::string action_;
    std::string path_;
    std::string rest_;
};

/// What operations that take a path yield.
template <class T>
using PathResult = Result<T, PathError>;

}  // namespace edo
