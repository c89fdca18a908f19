// SPDX-License-Identifier: MIT
#include "edo/runtime/process/launch.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace edo::detail {

namespace {

std::error_code error_of(int value) noexcept {
    return {value, std::generic_category()};
}

/// What the child does before it becomes the program.
class FileActions {
public:
    FileActions() noexcept { error_ = posix_spawn_file_actions_init(&actions_); }
    ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
    FileActions(const FileActions&) = delete;
    FileActions& operator=(const FileActions&) = delete;

    /// Adds one action: `add(actions)` yields an error number.
    template <class Add>
    void add(Add add_action) noexcept {
        if (error_ == 0) {
            error_ = add_action(&actions_);
        }
    }
    [[nodiscard]] int error() const noexcept { return error_; }
    [[nodiscard]] const posix_spawn_file_actions_t* get() const noexcept { return &actions_; }

private:
    posix_spawn_file_actions_t actions_{};
    int error_ = 0;
};

/// No signal blocked, all at their defaults; and the process group.
class Attributes {
public:
    explicit Attributes(std::optional<pid_t> group) noexcept {
        error_ = posix_spawnattr_init(&attributes_);
        if (error_ != 0) {
            return;
        }
        sigset_t signals;
        sigemptyset(&signals);
        posix_spawnattr_setsigmask(&attributes_, &signals);
        sigfillset(&signals);
        posix_spawnattr_setsigdefault(&attributes_, &signals);
        int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
        if (group) {
            posix_spawnattr_setpgroup(&attributes_, *group);
            flags |= POSIX_SPAWN_SETPGROUP;
        }
        posix_spawnattr_setflags(&attributes_, static_cast<short>(flags));
    }
    ~Attributes() { posix_spawnattr_destroy(&attributes_); }
    Attributes(const Attributes&) = delete;
    Attributes& operator=(const Attributes&) = delete;

    [[nodiscard]] int error() const noexcept { return error_; }
    [[nodiscard]] const posix_spawnattr_t* get() const noexcept { return &attributes_; }

private:
    posix_spawnattr_t attributes_{};
    int error_ = 0;
};

}  // namespace

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (std::string& text : texts) {
        pointers.push_back(text.data());
    }
    pointers.push_back(nullptr);
    return pointers;
}

Result<void> Launch::set_stream(int number, io::OwnedFd descriptor) {
    // Not one of the three that are replaced: the first replacement would close the source of a
    // later one.
    if (descriptor.descriptor() < 3) {
        descriptor.reset(::fcntl(descriptor.descriptor(), F_DUPFD_CLOEXEC, 3));
        if (!descriptor.valid()) {
            return failure(error_of(errno));
        }
    }
    streams_[std::size_t(number)] = std::move(descriptor);
    return {};
}

Result<pid_t> Launch::run(const std::string& path) {
    const bool needs_fork = uid || gid || groups || !pre_exec.empty();
    return needs_fork ? run_with_fork(path) : run_with_posix_spawn(path);
}

Result<pid_t> Launch::run_with_posix_spawn(const std::string& path) {
    FileActions actions;
    for (int number = 0; number < 3; ++number) {
        const int from = streams_[std::size_t(number)].descriptor();
        if (from >= 0) {
            actions.add(
                [&](auto* all) { return posix_spawn_file_actions_adddup2(all, from, number); });
        }
    }
    if (directory) {
        actions.add([this](auto* all) {
            return posix_spawn_file_actions_addchdir_np(all, directory->c_str());
        });
    }
    if (!inherit_descriptors) {
        actions.add([](auto* all) { return posix_spawn_file_actions_addclosefrom_np(all, 3); });
    }
    const Attributes attributes(process_group);
    if (const int error = actions.error() != 0 ? actions.error() : attributes.error(); error != 0) {
        return failure(error_of(error));
    }
    const std::vector<char*> argv = pointers_to(arguments);
    const std::vector<char*> envp = pointers_to(environment);
    pid_t pid = -1;
    const int error = ::posix_spawn(&pid, path.c_str(), actions.get(), attributes.get(),
                                    argv.data(), envp.data());
    if (error != 0) {
        return failure(error_of(error));
    }
    return pid;
}

Result<std::string> find_program(const std::string& name, std::string_view path) {
    if (name.find('/') != std::string::npos) {
        return name;
    }
    std::error_code error = std::make_error_code(std::errc::no_such_file_or_directory);
    while (!name.empty()) {
        const std::size_t end = path.find(':');
        const std::string_view directory = path.substr(0, end);
        // An empty entry means the current directory.
        const std::string candidate =
            (directory.empty() ? std::string(".") : std::string(directory)) + '/' + name;
        struct ::stat status{};
        if (::stat(candidate.c_str(), &status) == 0 && S_ISREG(status.st_mode)) {
            if (::access(candidate.c_str(), X_OK) == 0) {
                return candidate;
            }
            error = std::make_error_code(std::errc::permission_denied);
        }
        if (end == std::string_view::npos) {
            break;
        }
        path.remove_prefix(end + 1);
    }
    return failure(error);
}

void kill_and_reap(pid_t pid) noexcept {
    ::kill(pid, SIGKILL);
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
}

}  // namespace edo::detail
