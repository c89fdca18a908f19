// SPDX-License-Identifier: MIT
// The call of `posix_spawn`.
#pragma once

#include "edo/runtime/io/owned_fd.hpp"
#include "edo/runtime/result.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace edo::detail {

/// All that one start of a program needs.
class Launch {
public:
    Launch() = default;

    std::vector<std::string> arguments;    ///< with the program's name in front
    std::vector<std::string> environment;  ///< "NAME=value"
    std::optional<std::string> directory;
    std::optional<pid_t> process_group;
    bool inherit_descriptors = false;

    /// The child gets `descriptor` as its standard stream `number`.
    [[nodiscard]] Result<void> set_stream(int number, io::OwnedFd descriptor);

    /// Starts the program at `path`; yields its number once it has been loaded.
    [[nodiscard]] Result<pid_t> run(const std::string& path);

private:
    std::array<io::OwnedFd, 3> streams_;
};

/// The path of an executable, looked for in the directories of `path` unless there is a slash in
/// its name. Only that search looks at the file.
[[nodiscard]] Result<std::string> find_program(const std::string& name, std::string_view path);

/// Ends a child at once. Blocks for as long as the system takes for that.
void kill_and_reap(pid_t pid) noexcept;

}  // namespace edo::detail
