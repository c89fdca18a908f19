// SPDX-License-Identifier: MIT
#include "support/child_case.hpp"

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace edo::test {

namespace {

constexpr const char* kMark = "EDO_TEST_IS_CHILD";

std::string read_all(int descriptor) {
    std::string all;
    char part[1024];
    ssize_t n = 0;
    while ((n = ::read(descriptor, part, sizeof part)) > 0) {
        all.append(part, std::size_t(n));
    }
    return all;
}

}  // namespace

bool is_child() {
    const bool is = std::getenv(kMark) != nullptr;
    if (is) {
        ::prctl(PR_SET_PDEATHSIG,
                SIGKILL);  // a child that hangs does not outlive a test that is ended
    }
    return is;
}

ChildEnd run_case_in_child(const std::string& name, const std::string& variable,
                           const std::string& value) {
    int ends[2] = {};
    if (::pipe2(ends, O_CLOEXEC) != 0) {
        return {};
    }
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);

    std::string program = "/proc/self/exe";
    std::string choice = "--run_test=" + name;
    char* const arguments[] = {program.data(), choice.data(), nullptr};
    ::setenv(kMark, "1", 1);
    ::setenv(variable.c_str(), value.c_str(), 1);
    pid_t child = -1;
    const int error = ::posix_spawn(&child, program.c_str(), &actions, nullptr, arguments, environ);
    ::unsetenv(kMark);
    ::unsetenv(variable.c_str());
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);

    ChildEnd end;
    if (error == 0) {
        end.output = read_all(ends[0]);
        int status = 0;
        ::waitpid(child, &status, 0);
        if (WIFEXITED(status)) {
            end.exit_code = WEXITSTATUS(status);
        }
    }
    ::close(ends[0]);
    return end;
}

}  // namespace edo::test
