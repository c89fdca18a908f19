// SPDX-License-Identifier: MIT
// The start of a program: with `posix_spawn`, or with `fork` where that cannot do what is asked
// for.
#pragma once

#include "edo/runtime/io/owned_fd.hpp"
#include "edo/runtime/process/pre_exec.hpp"
#include "edo/runtime/result.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace edo::detail {

/// What a child does between `fork` and `exec`, as far as somebody may want to know that it failed.
enum class LaunchStep : std::uint8_t { Other, Identity, PreExec };

/// All that one start of a program needs.
class Launch {
public:
    Launch() = default;

    std::vector<std::string> arguments;    ///< with the program's name in front
    std::vector<std::string> environment;  ///< "NAME=value"
    std::optional<std::string> directory;
    std::optional<pid_t> process_group;
    bool inherit_descriptors = false;
    std::optional<uid_t> uid;
    std::optional<gid_t> gid;
    std::optional<std::vector<gid_t>> groups;
    std::vector<std::shared_ptr<PreExec>> pre_exec;  ///< in their order

    /// The child gets `descriptor` as its standard stream `number`.
    [[nodiscard]] Result<void> set_stream(int number, io::OwnedFd descriptor);

    /// Starts the program at `path`; yields its number once it has been loaded.
    [[nodiscard]] Result<pid_t> run(const std::string& path);

    /// What `run` has failed at.
    [[nodiscard]] LaunchStep failed_step() const noexcept { return failed_step_; }

private:
    [[nodiscard]] Result<pid_t> run_with_posix_spawn(const std::string& path);
    [[nodiscard]] Result<pid_t> run_with_fork(const std::string& path);

    LaunchStep failed_step_ = LaunchStep::Other;
    std::array<io::OwnedFd, 3> streams_;
};

/// The form in which a program gets its arguments: `texts` must stay as they are.
[[nodiscard]] std::vector<char*> pointers_to(std::vector<std::string>& texts);

/// The path of an executable, looked for in the directories of `path` unless there is a slash in
/// its name. Only that search looks at the file.
[[nodiscard]] Result<std::string> find_program(const std::string& name, std::string_view path);

/// Ends a child at once. Blocks for as long as the system takes for that.
void kill_and_reap(pid_t pid) noexcept;

}  // namespace edo::detail
