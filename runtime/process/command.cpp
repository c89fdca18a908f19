// SPDX-License-Identifier: MIT
//
// `posix_spawn` does the work: the C library shares the memory with the child instead of copying
// it, and reports what fails in the child, up to and including `exec`, as its own result. What it
// cannot do, `Launch` does with `fork`.
#include "edo/runtime/process/command.hpp"

#include "edo/net/socket/system_error.hpp"
#include "edo/runtime/process/launch.hpp"
#include "edo/runtime/process/pidfd.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>

namespace edo::process {

namespace {

bool has_zero(std::string_view text) noexcept {
    return text.find('\0') != std::string_view::npos;
}

}  // namespace

// ---- what is set -------------------------------------------------------------------------------

Command& Command::arg(std::string_view argument) {
    arguments_.emplace_back(argument);
    return *this;
}

Command& Command::args(std::initializer_list<std::string_view> arguments) {
    arguments_.insert(arguments_.end(), arguments.begin(), arguments.end());
    return *this;
}

Command& Command::args(std::span<const std::string> arguments) {
    arguments_.insert(arguments_.end(), arguments.begin(), arguments.end());
    return *this;
}

Command& Command::arg0(std::string_view name) {
    arg0_ = name;
    return *this;
}

Command& Command::env(std::string_view name, std::string_view value) {
    environment_.insert_or_assign(std::string(name), std::string(value));
    return *this;
}

Command& Command::envs(
    std::initializer_list<std::pair<std::string_view, std::string_view>> variables) {
    for (const auto& [name, value] : variables) {
        env(name, value);
    }
    return *this;
}

Command& Command::env_remove(std::string_view name) {
    environment_.insert_or_assign(std::string(name), std::nullopt);
    return *this;
}

Command& Command::env_clear() {
    environment_.clear();
    clear_environment_ = true;
    return *this;
}

Command& Command::current_dir(std::string_view path) {
    directory_ = path;
    return *this;
}

Command& Command::stdin(Stdio stdio) {
    stdin_ = std::move(stdio);
    return *this;
}

Command& Command::stdout(Stdio stdio) {
    stdout_ = std::move(stdio);
    return *this;
}

Command& Command::stderr(Stdio stdio) {
    stderr_ = std::move(stdio);
    return *this;
}

Command& Command::kill_on_drop(bool on) noexcept {
    kill_on_drop_ = on;
    return *this;
}

Command& Command::process_group(pid_t group) noexcept {
    process_group_ = group;
    return *this;
}

Command& Command::inherit_descriptors(bool on) noexcept {
    inherit_descriptors_ = on;
    return *this;
}

Command& Command::uid(uid_t user) noexcept {
    uid_ = user;
    return *this;
}

Command& Command::gid(gid_t group) noexcept {
    gid_ = group;
    return *this;
}

Command& Command::groups(std::span<const gid_t> groups) {
    groups_.emplace(groups.begin(), groups.end());
    return *this;
}

Command& Command::groups(std::initializer_list<gid_t> groups) {
    groups_.emplace(groups);
    return *this;
}

// ---- the start ---------------------------------------------------------------------------------

/// Prepares one start: what `posix_spawn` gets, and the parent's ends of the pipes.
class Command::Spawner {
public:
    explicit Spawner(const Command& command) : command_(command) {}

    PathResult<Child> run(const Defaults& defaults);

private:
    [[nodiscard]] PathError error(std::error_code code, std::string rest = {}) const {
        return {code, "cannot run", command_.program_, std::move(rest)};
    }
    [[nodiscard]] bool is_valid() const;
    void make_environment();
    [[nodiscard]] Result<void> connect(int number, const Stdio& stdio);
    [[nodiscard]] Result<std::string> find_program() const;
    [[nodiscard]] PathError explain(const std::string& program, std::error_code code) const;
    [[nodiscard]] PathResult<Child> adopt(pid_t pid);

    const Command& command_;
    detail::Launch launch_;
    std::array<io::OwnedFd, 3> parent_ends_;
};

bool Command::Spawner::is_valid() const {
    const auto bad_variable = [](const auto& variable) {
        const std::string& name = variable.first;
        return name.empty() || has_zero(name) || name.find('=') != std::string::npos ||
               (variable.second && has_zero(*variable.second));
    };
    return !has_zero(command_.program_) &&
           std::none_of(command_.arguments_.begin(), command_.arguments_.end(), has_zero) &&
           std::none_of(command_.environment_.begin(), command_.environment_.end(), bad_variable) &&
           !(command_.directory_ && has_zero(*command_.directory_)) &&
           !(command_.arg0_ && has_zero(*command_.arg0_));
}

void Command::Spawner::make_environment() {
    const auto& changed = command_.environment_;
    if (!command_.clear_environment_) {
        for (char** each = environ; each != nullptr && *each != nullptr; ++each) {
            const std::string_view entry(*each);
            if (changed.find(entry.substr(0, entry.find('='))) == changed.end()) {
                launch_.environment.emplace_back(entry);
            }
        }
    }
    for (const auto& [name, value] : changed) {
        if (value) {
            launch_.environment.push_back(name + '=' + *value);
        }
    }
}

/// Decides what the descriptor `number` of the child will be.
Result<void> Command::Spawner::connect(int number, const Stdio& stdio) {
    const bool is_input = number == 0;
    switch (stdio.kind_) {
        case Stdio::Kind::Inherit:
            return {};
        case Stdio::Kind::Null: {
            io::OwnedFd null(::open("/dev/null", (is_input ? O_RDONLY : O_WRONLY) | O_CLOEXEC));
            return null.valid() ? launch_.set_stream(number, std::move(null))
                                : failure(detail::last_error());
        }
        case Stdio::Kind::Piped: {
            int ends[2] = {-1, -1};
            if (::pipe2(ends, O_CLOEXEC) != 0) {
                return failure(detail::last_error());
            }
            io::OwnedFd read_end(ends[0]);
            io::OwnedFd write_end(ends[1]);
            parent_ends_[std::size_t(number)] = std::move(is_input ? write_end : read_end);
            return launch_.set_stream(number, std::move(is_input ? read_end : write_end));
        }
        case Stdio::Kind::Descriptor: {
            io::OwnedFd copy(::fcntl(stdio.descriptor_->descriptor(), F_DUPFD_CLOEXEC, 3));
            return copy.valid() ? launch_.set_stream(number, std::move(copy))
                                : failure(detail::last_error());
        }
    }
    return {};
}

Result<std::string> Command::Spawner::find_program() const {
    std::string_view path = "/usr/local/bin:/usr/bin:/bin";
    const auto own = command_.environment_.find("PATH");
    if (own != command_.environment_.end() && own->second) {
        path = *own->second;
    } else if (const char* const inherited = std::getenv("PATH")) {  // NOLINT: read only
        path = inherited;
    }
    return detail::find_program(command_.program_, path);
}

/// The error of a start, with the words that tell what it is about.
PathError Command::Spawner::explain(const std::string& program, std::error_code code) const {
    if (launch_.failed_step() == detail::LaunchStep::Identity) {
        return error(code, " as the user and with the groups that were asked for");
    }
    if (launch_.failed_step() == detail::LaunchStep::PreExec) {
        return error(code, ", as a function of its pre_exec says");
    }
    if (command_.directory_ && ::access(command_.directory_->c_str(), X_OK) != 0) {
        return {detail::last_error(), "cannot run " + command_.program_ + " in the directory",
                *command_.directory_};
    }
    const bool has_slash = program.find('/') != std::string::npos;
    if (code == std::errc::no_such_file_or_directory && has_slash && !command_.directory_ &&
        ::access(program.c_str(), F_OK) == 0) {
        return error(code, ", whose interpreter is missing");
    }
    return error(code);
}

PathResult<Child> Command::Spawner::adopt(pid_t pid) {
    auto pidfd = detail::open_pidfd(pid);
    if (!pidfd) {
        // Without the descriptor nobody could wait for it: it must not be left to itself.
        detail::kill_and_reap(pid);
        return failure(error(pidfd.error()));
    }
    Child child(pid, detail::IoSourcePtr(detail::IoSource::open(pidfd->release())),
                command_.kill_on_drop_);
    const auto take = [this](std::size_t number, auto& pipe) {
        using Pipe = typename std::remove_reference_t<decltype(pipe)>::value_type;
        if (parent_ends_[number].valid()) {
            auto adopted = Pipe::from_fd(std::move(parent_ends_[number]));
            pipe = std::move(adopted.value());  // a pipe that was just made is one
        }
    };
    take(0, child.stdin_);
    take(1, child.stdout_);
    take(2, child.stderr_);
    return child;
}

PathResult<Child> Command::Spawner::run(const Defaults& defaults) {
    if (!is_valid()) {
        return failure(error(std::make_error_code(std::errc::invalid_argument),
                             " with these arguments and this environment"));
    }
    const auto program = find_program();
    if (!program) {
        return failure(error(program.error()));
    }
    launch_.arguments.push_back(command_.arg0_ ? *command_.arg0_ : command_.program_);
    launch_.arguments.insert(launch_.arguments.end(), command_.arguments_.begin(),
                             command_.arguments_.end());
    make_environment();
    launch_.directory = command_.directory_;
    launch_.process_group = command_.process_group_;
    launch_.inherit_descriptors = command_.inherit_descriptors_;
    launch_.uid = command_.uid_;
    launch_.gid = command_.gid_;
    launch_.groups = command_.groups_;
    launch_.pre_exec = command_.pre_exec_;
    const std::array<const Stdio*, 3> streams = {
        command_.stdin_ ? &*command_.stdin_ : &defaults.in,
        command_.stdout_ ? &*command_.stdout_ : &defaults.out,
        command_.stderr_ ? &*command_.stderr_ : &defaults.err};
    for (int number = 0; number < 3; ++number) {
        const Result<void> connected = connect(number, *streams[std::size_t(number)]);
        if (!connected) {
            return failure(error(connected.error()));
        }
    }
    const Result<pid_t> pid = launch_.run(*program);
    if (!pid) {
        return failure(explain(*program, pid.error()));
    }
    return adopt(*pid);
}

PathResult<Child> Command::spawn_with(const Defaults& defaults) const {
    return Spawner(*this).run(defaults);
}

PathResult<Child> Command::spawn() const {
    return spawn_with({Stdio::inherit(), Stdio::inherit(), Stdio::inherit()});
}

namespace {

Task<PathResult<ExitStatus>> wait_for(PathResult<Child> child, std::string program) {
    if (!child) {
        co_return failure(std::move(child.error()));
    }
    const Result<ExitStatus> status = co_await child->wait();
    if (!status) {
        co_return failure(PathError(status.error(), "cannot wait for", std::move(program)));
    }
    co_return *status;
}

Task<PathResult<Output>> collect(PathResult<Child> child, std::string program, std::size_t limit) {
    if (!child) {
        co_return failure(std::move(child.error()));
    }
    auto output = co_await std::move(*child).wait_with_output(limit);
    if (!output) {
        co_return failure(
            PathError(output.error(), "cannot collect the output of", std::move(program)));
    }
    co_return std::move(*output);
}

}  // namespace

Task<PathResult<ExitStatus>> Command::status() const {
    return wait_for(spawn(), program_);
}

Task<PathResult<Output>> Command::output(std::size_t limit) const {
    return collect(spawn_with({Stdio::null(), Stdio::piped(), Stdio::piped()}), program_, limit);
}

}  // namespace edo::process
