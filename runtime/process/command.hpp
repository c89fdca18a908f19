// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/pipe.hpp"
#include "edo/runtime/io/owned_fd.hpp"
#include "edo/runtime/path_error.hpp"
#include "edo/runtime/process/child.hpp"
#include "edo/runtime/process/pre_exec.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/task/task.hpp"

#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <type_traits>
#include <utility>
#include <vector>

namespace edo::process {

/// Where a standard stream of a child goes to, or comes from.
class Stdio {
public:
    /// The same as that of this process.
    [[nodiscard]] static Stdio inherit() noexcept { return Stdio(Kind::Inherit); }
    /// /dev/null: always at its end, and what is written is dropped.
    [[nodiscard]] static Stdio null() noexcept { return Stdio(Kind::Null); }
    /// A pipe, whose other end `Child` holds.
    [[nodiscard]] static Stdio piped() noexcept { return Stdio(Kind::Piped); }
    /// A descriptor, which is kept open as long as the `Command`, for every child that it starts.
    /// It should be a blocking one, as programs expect it: see
    /// `net::pipe::Sender::into_blocking_fd`.
    [[nodiscard]] static Stdio from(io::OwnedFd descriptor) {
        Stdio stdio(Kind::Descriptor);
        stdio.descriptor_ = std::make_shared<const io::OwnedFd>(std::move(descriptor));
        return stdio;
    }

private:
    friend class Command;
    enum class Kind : std::uint8_t { Inherit, Null, Piped, Descriptor };
    explicit Stdio(Kind kind) noexcept : kind_(kind) {}

    Kind kind_;
    std::shared_ptr<const io::OwnedFd> descriptor_;
};

/// A program to run, with all that it gets. The functions that set something return the command
/// itself, so that they can be chained; the program can be started any number of times.
///
/// A child starts with no signal blocked and all signals at their defaults, whatever this process
/// does with them. It gets no other descriptors than the three standard streams, not even those
/// that some other code has opened without close-on-exec; see `inherit_descriptors`.
///
/// @par Thread safety
/// None; a command may be copied.
///
/// @par Example
/// @snippet process.cpp output
class Command {
public:
    /// @param program A path, if there is a slash in it; otherwise a name, which is looked for in
    ///     the directories of PATH: that of the child if `env` sets one, else that of this process.
    explicit Command(std::string_view program) : program_(program) {}

    /// Adds one argument. It is passed as it is: there is no shell.
    Command& arg(std::string_view argument);
    /// Adds several.
    Command& args(std::initializer_list<std::string_view> arguments);
    Command& args(std::span<const std::string> arguments);

    /// What the program sees as its own name, its argument 0. Default: the program, as it was
    /// given.
    Command& arg0(std::string_view name);

    /// Sets one variable of the child's environment, which otherwise is that of this process.
    Command& env(std::string_view name, std::string_view value);
    /// Sets several.
    Command& envs(std::initializer_list<std::pair<std::string_view, std::string_view>> variables);
    /// The same with any range of pairs, for example a `std::map`.
    template <class Range>
    Command& envs(const Range& variables) {
        for (const auto& [name, value] : variables) {
            env(name, value);
        }
        return *this;
    }
    /// Removes one.
    Command& env_remove(std::string_view name);
    /// Removes all, also those that were set before.
    Command& env_clear();

    /// The directory in which the child starts. The program's path, if relative, is relative to it.
    Command& current_dir(std::string_view path);

    /// The standard streams. Default: `Stdio::inherit()`; for `output`, standard input is null and
    /// the others are piped.
    Command& stdin(Stdio stdio);
    Command& stdout(Stdio stdio);
    Command& stderr(Stdio stdio);

    /// Whether dropping the `Child` sends SIGKILL to the process. Off by default.
    Command& kill_on_drop(bool on) noexcept;
    [[nodiscard]] bool get_kill_on_drop() const noexcept { return kill_on_drop_; }
    /// Puts the child into a process group: that of the given number, or with 0 a new one of its
    /// own, to which a signal can be sent as a whole, and which Ctrl-C at the terminal spares.
    Command& process_group(pid_t group) noexcept;
    /// Whether the child also gets the descriptors of this process that are not closed on exec. Off
    /// by default. All those that edo opens are closed on exec.
    Command& inherit_descriptors(bool on) noexcept;

    /// The user that the child runs as, which takes the rights of root. Unless `groups` says
    /// otherwise, a child of root gets no supplementary groups then; its group stays what it is.
    /// @par Errors
    /// Of `spawn`: `std::errc::operation_not_permitted`.
    Command& uid(uid_t user) noexcept;
    /// The group that the child runs as; otherwise like `uid`.
    Command& gid(gid_t group) noexcept;
    /// The supplementary groups of the child; otherwise like `uid`.
    Command& groups(std::span<const gid_t> groups);
    Command& groups(std::initializer_list<gid_t> groups);

    /// Calls `function()` in the child, after everything else that this command sets and just
    /// before the program takes over: for resource limits, a session of its own, namespaces.
    /// May be called several times; the functions run in that order.
    ///
    /// @param function Yields a `Result<void>`; with an error, the program does not run, and
    /// `spawn`
    ///     fails with that error (its number, as one of `std::generic_category()`). It is kept as
    ///     long as the command and its copies. What it changes in memory, only the child sees.
    ///
    /// A descriptor whose close-on-exec flag it takes away stays open in the program.
    ///
    /// @par Misuse
    /// The child is a copy of this process with one thread only, made at a time when other threads
    /// may have held any lock, also that of `malloc`. So the function may only call what POSIX
    /// lists as async-signal-safe: no allocation, no lock, no output of streams, nothing of edo, no
    /// exception. Anything else may hang for ever, and with it `spawn`.
    ///
    /// `uid`, `gid`, `groups` and `pre_exec` make `spawn` slower: it copies the page tables of this
    /// process, where it otherwise shares its memory with the child. They need Linux 5.11, if
    /// descriptors are not inherited.
    ///
    /// @par Example
    /// @snippet process.cpp pre_exec
    template <class Function>
        requires std::is_same_v<std::invoke_result_t<Function&>, Result<void>>
    Command& pre_exec(Function function) {
        pre_exec_.push_back(
            std::make_shared<detail::PreExecFunction<Function>>(std::move(function)));
        return *this;
    }

    /// Starts the program. Needs no runtime, and waits only until the program has been loaded.
    ///
    /// @par Errors
    /// The program does not run.
    /// - `std::errc::no_such_file_or_directory`: it is not there; or, for a script, its interpreter
    ///   is not.
    /// - `std::errc::permission_denied`: it is not executable.
    /// - `std::errc::executable_format_error`: it is neither a program nor a script.
    /// - Those of opening `current_dir`: the text says which of both it is.
    /// - `std::errc::argument_list_too_long`
    /// - `std::errc::invalid_argument`: there is a zero byte in an argument or variable, or a
    ///   variable's name is empty or has a '=' in it.
    /// - `std::errc::too_many_files_open`, `std::errc::resource_unavailable_try_again`
    /// - `std::errc::operation_not_permitted`: it may not take the user or the groups asked for.
    /// - Those of the functions of `pre_exec`.
    [[nodiscard]] PathResult<Child> spawn() const;

    /// Starts the program and waits for its end. It is started by the call, not by the `co_await`.
    ///
    /// @par Cancel safety
    /// Cancelled, it drops the `Child`: see there, and `kill_on_drop`.
    [[nodiscard]] Task<PathResult<ExitStatus>> status() const;

    /// Starts the program, collects its output and waits for its end; see
    /// `Child::wait_with_output`. It is started by the call, not by the `co_await`.
    ///
    /// @par Cancel safety
    /// Cancelled, it drops the `Child`: see there, and `kill_on_drop`.
    [[nodiscard]] Task<PathResult<Output>> output(std::size_t limit = io::kDefaultReadLimit) const;

    /// The program, as it was given.
    [[nodiscard]] const std::string& program() const noexcept { return program_; }

private:
    class Spawner;

    struct Defaults {
        Stdio in;
        Stdio out;
        Stdio err;
    };
    [[nodiscard]] PathResult<Child> spawn_with(const Defaults& defaults) const;

    std::string program_;
    std::optional<std::string> arg0_;
    std::vector<std::string> arguments_;
    std::map<std::string, std::optional<std::string>, std::less<>> environment_;  // none: removed
    bool clear_environment_ = false;
    std::optional<std::string> directory_;
    std::optional<Stdio> stdin_;
    std::optional<Stdio> stdout_;
    std::optional<Stdio> stderr_;
    bool kill_on_drop_ = false;
    bool inherit_descriptors_ = false;
    std::optional<pid_t> process_group_;
    std::optional<uid_t> uid_;
    std::optional<gid_t> gid_;
    std::optional<std::vector<gid_t>> groups_;
    std::vector<std::shared_ptr<detail::PreExec>> pre_exec_;
};

}  // namespace edo::process
