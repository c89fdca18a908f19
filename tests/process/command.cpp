// SPDX-License-Identifier: MIT
#include "process_test.hpp"
#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace edo;
using namespace edo::test;
using process::Command;
using process::Output;
using process::Stdio;

BOOST_AUTO_TEST_SUITE(command)

namespace {

/// What the command prints to standard output. It must succeed.
Task<std::string> text_of(Command command) {
    const Output output = must(co_await command.output());
    BOOST_TEST(output.status.success());
    BOOST_TEST(output.err == "");
    co_return output.out;
}

std::string script_file(const TemporaryDirectory& directory, std::string_view name,
                        std::string_view content, mode_t mode) {
    std::string path = directory.file(name);
    std::ofstream(path) << content;
    BOOST_REQUIRE(::chmod(path.c_str(), mode) == 0);
    return path;
}

std::error_code spawn_error(const Command& command) {
    const auto child = command.spawn();
    BOOST_REQUIRE(!child.has_value());
    BOOST_TEST_MESSAGE(child.error().message());
    BOOST_TEST(child.error().path() == command.program());
    return child.error();
}

}  // namespace

BOOST_AUTO_TEST_CASE(output_yields_both_streams_and_the_status) {
    on_every_runtime([]() -> Task<void> {
        const Output output =
            must(co_await shell("echo to stdout; echo to stderr >&2; exit 7").output());
        BOOST_TEST(output.out == "to stdout\n");
        BOOST_TEST(output.err == "to stderr\n");
        BOOST_TEST((output.status.code() == 7));
        BOOST_TEST(!output.status.success());
        BOOST_TEST(!output.status.signal().has_value());
        BOOST_TEST(output.status.to_string() == "exit code 7");
    });
}

BOOST_AUTO_TEST_CASE(a_signal_that_ends_the_program_is_told) {
    on_every_runtime([]() -> Task<void> {
        const auto status = must(co_await shell("kill -TERM $$").status());
        BOOST_TEST((status.signal() == SIGTERM));
        BOOST_TEST(!status.code().has_value());
        BOOST_TEST(!status.success());
        BOOST_TEST(status.to_string() == "signal 15 (Terminated)");
    });
}

BOOST_AUTO_TEST_CASE(arguments_are_passed_as_they_are) {
    on_every_runtime([]() -> Task<void> {
        Command command("printf");
        command.arg("[%s]").args({"a b", "$HOME", "", "*"});
        const std::string text = co_await text_of(command);
        BOOST_TEST(text == "[a b][$HOME][][*]");
        const std::vector<std::string> more = {"x", "y"};
        const std::string again = co_await text_of(command.args(more));
        BOOST_TEST(again == "[a b][$HOME][][*][x][y]");
    });
}

BOOST_AUTO_TEST_CASE(the_environment_is_inherited_and_changed) {
    ::setenv("EDO_KEPT", "kept", 1);
    ::setenv("EDO_CHANGED", "old", 1);
    ::setenv("EDO_REMOVED", "removed", 1);
    on_every_runtime([]() -> Task<void> {
        Command command =
            shell("echo $EDO_KEPT,$EDO_CHANGED,${EDO_REMOVED-none},$EDO_NEW,${EDO_EMPTY-unset}");
        command.env("EDO_CHANGED", "new").env_remove("EDO_REMOVED");
        command.env("EDO_NEW", "a=b c").env("EDO_EMPTY", "");
        const std::string text = co_await text_of(command);
        BOOST_TEST(text == "kept,new,none,a=b c,\n");
        Command clear("/usr/bin/env");
        clear.env("EDO_DROPPED", "x").env_clear().env("EDO_ONLY", "1");
        const std::string only = co_await text_of(clear);
        BOOST_TEST(only == "EDO_ONLY=1\n");
    });
}

BOOST_AUTO_TEST_CASE(programs_are_looked_for_in_the_path_of_the_child) {
    const TemporaryDirectory directory;
    script_file(directory, "edo-test-program", "#!/bin/sh\necho found\n", 0755);
    const std::string path = directory.path();
    on_every_runtime([path]() -> Task<void> {
        Command command("edo-test-program");
        const auto nowhere = command.spawn();
        BOOST_TEST(!nowhere.has_value());
        const std::string text = co_await text_of(command.env("PATH", "/nonexistent:" + path));
        BOOST_TEST(text == "found\n");
    });
}

BOOST_AUTO_TEST_CASE(the_child_starts_in_the_directory_that_was_asked_for) {
    const TemporaryDirectory directory;
    script_file(directory, "here", "#!/bin/sh\npwd\n", 0755);
    const std::string path = std::filesystem::canonical(directory.path());
    on_every_runtime([path]() -> Task<void> {
        const std::string where = co_await text_of(Command("pwd").current_dir(path));
        BOOST_TEST(where == path + '\n');
        const std::string relative = co_await text_of(Command("./here").current_dir(path));
        BOOST_TEST(relative == path + '\n');
    });
}

BOOST_AUTO_TEST_CASE(what_cannot_be_run_is_an_error_of_the_start_that_names_it) {
    const LeakGuard guard;
    const TemporaryDirectory directory;
    const auto missing = Command("edo-no-such-program").spawn();
    BOOST_REQUIRE(!missing.has_value());
    BOOST_TEST(missing.error().message() ==
               "cannot run edo-no-such-program: No such file or directory");
    BOOST_TEST(
        (spawn_error(Command(directory.file("missing"))) == std::errc::no_such_file_or_directory));
    BOOST_TEST((spawn_error(Command("")) == std::errc::no_such_file_or_directory));
    BOOST_TEST((spawn_error(Command(script_file(directory, "plain", "#!/bin/sh\n", 0644))) ==
                std::errc::permission_denied));
    BOOST_TEST((spawn_error(Command(directory.path())) == std::errc::permission_denied));
    BOOST_TEST((spawn_error(Command(script_file(directory, "text", "no program", 0755))) ==
                std::errc::executable_format_error));
    Command not_executable("plain");
    not_executable.env("PATH", directory.path());
    BOOST_TEST((spawn_error(not_executable) == std::errc::permission_denied));

    const auto no_interpreter =
        Command(script_file(directory, "script", "#!/no/such/interpreter\n", 0755)).spawn();
    BOOST_REQUIRE(!no_interpreter.has_value());
    BOOST_TEST(no_interpreter.error().message().find("interpreter is missing") !=
               std::string::npos);

    const auto no_directory = Command("true").current_dir(directory.file("gone")).spawn();
    BOOST_REQUIRE(!no_directory.has_value());
    BOOST_TEST(no_directory.error().message() == "cannot run true in the directory " +
                                                     directory.file("gone") +
                                                     ": No such file or directory");

    using namespace std::string_view_literals;
    BOOST_TEST((spawn_error(Command("true").arg("a\0b"sv)) == std::errc::invalid_argument));
    BOOST_TEST((spawn_error(Command("true").env("", "x")) == std::errc::invalid_argument));
    BOOST_TEST((spawn_error(Command("true").env("A=B", "x")) == std::errc::invalid_argument));
    BOOST_TEST((spawn_error(Command("true").arg(std::string(10 << 20, 'x'))) ==
                std::errc::argument_list_too_long));
}

BOOST_AUTO_TEST_CASE(errors_of_the_start_come_out_of_output_and_status) {
    on_every_runtime([]() -> Task<void> {
        const auto output = co_await Command("edo-no-such-program").output();
        BOOST_TEST((output.error() == std::errc::no_such_file_or_directory));
        const auto status = co_await Command("edo-no-such-program").status();
        BOOST_TEST((status.error() == std::errc::no_such_file_or_directory));
    });
}

BOOST_AUTO_TEST_CASE(large_output_on_both_streams_does_not_block_the_child) {
    on_every_runtime([]() -> Task<void> {
        const Output output = must(
            co_await shell("head -c 1000000 /dev/zero >&2; head -c 1000000 /dev/zero").output());
        BOOST_TEST(output.out.size() == 1'000'000u);
        BOOST_TEST(output.err.size() == 1'000'000u);
    });
}

BOOST_AUTO_TEST_CASE(output_beyond_the_limit_is_an_error_and_ends_the_wait) {
    on_every_runtime([]() -> Task<void> {
        const auto output = co_await Command("yes").output(10'000);
        BOOST_REQUIRE(!output.has_value());
        BOOST_TEST((output.error() == Errc::LimitExceeded));
        BOOST_TEST(output.error().message() ==
                   "cannot collect the output of yes: longer than the limit");
    });
}

BOOST_AUTO_TEST_CASE(standard_input_of_output_is_empty_unless_it_was_set) {
    on_every_runtime([]() -> Task<void> {
        const std::string nothing = co_await text_of(Command("cat"));
        BOOST_TEST(nothing.empty());
        const TemporaryDirectory directory;
        std::ofstream(directory.file("in")) << "from a file";
        io::OwnedFd file(::open(directory.file("in").c_str(), O_RDONLY | O_CLOEXEC));
        Command command("cat");
        command.stdin(Stdio::from(std::move(file)));
        const std::string text = co_await text_of(command);
        BOOST_TEST(text == "from a file");
    });
}

BOOST_AUTO_TEST_CASE(streams_can_go_to_null_and_to_one_descriptor) {
    on_every_runtime([]() -> Task<void> {
        Command quiet = shell("echo out; echo err >&2");
        quiet.stdout(Stdio::null());
        const Output output = must(co_await quiet.output());
        BOOST_TEST(output.out.empty());
        BOOST_TEST(output.err == "err\n");

        // Both to one pipe, as with 2>&1.
        auto [sender, receiver] = must(net::pipe::pipe());
        const io::OwnedFd end = must(std::move(sender).into_blocking_fd());
        Command both = shell("echo out; echo err >&2");
        both.stdout(Stdio::from(io::OwnedFd(::fcntl(end.descriptor(), F_DUPFD_CLOEXEC, 0))));
        both.stderr(Stdio::from(io::OwnedFd(::fcntl(end.descriptor(), F_DUPFD_CLOEXEC, 0))));
        BOOST_TEST(must(co_await both.status()).success());
        const std::string text = co_await read_text(receiver);
        BOOST_TEST(text == "out\nerr\n");
    });
}

// The three descriptors are replaced one after the other: one that is a source of a later one must
// not be overwritten before.
BOOST_AUTO_TEST_CASE(standard_streams_of_this_process_can_be_swapped_in_the_child) {
    on_every_runtime([]() -> Task<void> {
        auto [sender, receiver] = must(net::pipe::pipe());
        const io::OwnedFd end = must(std::move(sender).into_blocking_fd());
        const int saved_out = ::fcntl(1, F_DUPFD_CLOEXEC, 10);
        ::dup2(end.descriptor(), 1);
        // The child's standard error is this process's standard output, and the other way round.
        Command command = shell("echo to the pipe >&2");
        command.stdout(Stdio::from(io::OwnedFd(::fcntl(2, F_DUPFD_CLOEXEC, 0))));
        command.stderr(Stdio::from(io::OwnedFd(::fcntl(1, F_DUPFD_CLOEXEC, 0))));
        const auto status = co_await command.status();
        ::dup2(saved_out, 1);
        ::close(saved_out);
        BOOST_TEST(must(status).success());
        const std::string text = co_await read_text(receiver);
        BOOST_TEST(text == "to the pipe\n");
    });
}

BOOST_AUTO_TEST_CASE(signals_are_at_their_defaults_and_unblocked_in_the_child) {
    on_every_runtime([]() -> Task<void> {
        sigset_t blocked;
        sigset_t before;
        sigemptyset(&blocked);
        sigaddset(&blocked, SIGTERM);
        sigaddset(&blocked, SIGUSR1);
        pthread_sigmask(SIG_BLOCK, &blocked, &before);
        struct sigaction ignore{};
        ignore.sa_handler = SIG_IGN;
        struct sigaction old_hup{};
        struct sigaction old_pipe{};
        ::sigaction(SIGHUP, &ignore, &old_hup);
        ::sigaction(SIGPIPE, &ignore, &old_pipe);
        auto output = shell(
                          "while read name mask; do case $name in Sig[BI]*) echo $mask;; esac; "
                          "done < /proc/self/status")
                          .output();  // started
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
        ::sigaction(SIGHUP, &old_hup, nullptr);
        ::sigaction(SIGPIPE, &old_pipe, nullptr);
        const Output done = must(co_await std::move(output));
        std::istringstream masks(done.out);
        std::uint64_t blocked_mask = 1;
        std::uint64_t ignored_mask = 1;
        masks >> std::hex >> blocked_mask >> ignored_mask;
        BOOST_TEST(blocked_mask == 0u);
        // The C library ignores two signals of its own, 32 and 33, in all that it starts.
        BOOST_TEST((ignored_mask & ~std::uint64_t{0x180000000}) == 0u);
    });
}

BOOST_AUTO_TEST_CASE(descriptors_do_not_leak_into_the_child_unless_asked_for) {
    on_every_runtime([]() -> Task<void> {
        const int open = ::open("/dev/null", O_RDONLY);  // not closed on exec
        BOOST_REQUIRE(open > 2);
        Command command = shell("for fd in /proc/$$/fd/*; do echo ${fd##*/}; done");
        const std::string none = co_await text_of(command);
        // The shell's own descriptors for the script are from 10 on.
        BOOST_TEST(none.find('\n' + std::to_string(open) + '\n') == std::string::npos);
        BOOST_TEST(none.find("0\n1\n2\n") == 0u);
        const std::string some = co_await text_of(command.inherit_descriptors(true));
        BOOST_TEST(('\n' + some).find('\n' + std::to_string(open) + '\n') != std::string::npos);
        ::close(open);
    });
}

BOOST_AUTO_TEST_CASE(a_child_can_have_a_process_group_of_its_own) {
    on_every_runtime([]() -> Task<void> {
        auto child = must(Command("sleep").arg("1000").process_group(0).spawn());
        const pid_t pid = child.id().value();
        BOOST_TEST(::getpgid(pid) == pid);
        BOOST_TEST(::kill(-pid, SIGKILL) == 0);
        const auto status = must(co_await child.wait());
        BOOST_TEST((status.signal() == SIGKILL));
    });
}

BOOST_AUTO_TEST_CASE(a_command_can_be_started_again_and_again) {
    on_every_runtime([]() -> Task<void> {
        const Command command = shell("echo again");
        for (int i = 0; i < 3; ++i) {
            const std::string text = co_await text_of(command);
            BOOST_TEST(text == "again\n");
        }
    });
}

BOOST_AUTO_TEST_CASE(a_program_can_be_given_another_name_for_itself) {
    on_every_runtime([]() -> Task<void> {
        Command command = shell("echo $0");
        const std::string plain = co_await text_of(command);
        BOOST_TEST(plain == "/bin/sh\n");
        const std::string renamed = co_await text_of(command.arg0("-renamed"));
        BOOST_TEST(renamed == "-renamed\n");
        using namespace std::string_view_literals;
        BOOST_TEST((spawn_error(command.arg0("a\0b"sv)) == std::errc::invalid_argument));
    });
}

BOOST_AUTO_TEST_CASE(several_variables_are_set_at_once) {
    on_every_runtime([]() -> Task<void> {
        Command command("/usr/bin/env");
        command.env_clear().envs({{"A", "1"}, {"B", "2"}});
        command.envs(std::map<std::string, std::string>{{"B", "3"}, {"C", "4"}});
        const std::string text = co_await text_of(command);
        BOOST_TEST(text == "A=1\nB=3\nC=4\n");
    });
}

BOOST_AUTO_TEST_CASE(whether_a_dropped_child_is_killed_can_be_asked) {
    Command command("true");
    BOOST_TEST(!command.get_kill_on_drop());
    BOOST_TEST(command.kill_on_drop(true).get_kill_on_drop());
    BOOST_TEST(!command.kill_on_drop(false).get_kill_on_drop());
}

BOOST_AUTO_TEST_CASE(a_function_runs_in_the_child_before_the_program) {
    on_every_runtime([]() -> Task<void> {
        Command command = shell("ulimit -n; ps -o sid= -p $$ | tr -d ' '; echo $$");
        std::string in_the_child;
        command.pre_exec([&in_the_child]() -> Result<void> {
            in_the_child = "short";  // fits without an allocation
            const rlimit limit = {123, 123};
            return ::setrlimit(RLIMIT_NOFILE, &limit) == 0 ? Result<void>()
                                                           : failure(std::errc::io_error);
        });
        command.pre_exec([]() -> Result<void> {
            return ::setsid() >= 0 ? Result<void>() : failure(std::errc::io_error);
        });
        const std::string text = co_await text_of(command);
        std::istringstream lines(text);
        int limit = 0;
        pid_t session = 0;
        pid_t pid = 0;
        lines >> limit >> session >> pid;
        BOOST_TEST(limit == 123);
        BOOST_TEST(session == pid);
        BOOST_TEST(in_the_child == "");
    });
}

BOOST_AUTO_TEST_CASE(an_error_of_such_a_function_is_the_error_of_the_start) {
    on_every_runtime([]() -> Task<void> {
        Command command("true");
        command.pre_exec([] { return Result<void>(failure(std::errc::text_file_busy)); });
        command.pre_exec([]() -> Result<void> { ::_exit(0); });  // not reached
        const auto child = command.spawn();
        BOOST_REQUIRE(!child.has_value());
        BOOST_TEST((child.error() == std::errc::text_file_busy));
        BOOST_TEST(child.error().message() ==
                   "cannot run true, as a function of its pre_exec says: Text file busy");
        co_return;
    });
}

/// Makes `fork` the way in which a command is started.
Command forked(Command command) {
    command.pre_exec([] { return Result<void>(); });
    return command;
}

// What `posix_spawn` does otherwise.
BOOST_AUTO_TEST_CASE(a_forked_child_gets_all_that_was_set) {
    const TemporaryDirectory directory;
    const std::string path = std::filesystem::canonical(directory.path());
    on_every_runtime([path]() -> Task<void> {
        const int open = ::open("/dev/null", O_RDONLY);  // not closed on exec
        sigset_t blocked;
        sigset_t before;
        sigemptyset(&blocked);
        sigaddset(&blocked, SIGTERM);
        pthread_sigmask(SIG_BLOCK, &blocked, &before);
        Command command =
            forked(shell("read line; echo $line; pwd; echo $A; echo to stderr >&2; "
                         "for fd in /proc/$$/fd/*; do echo ${fd##*/}; done"));
        command.current_dir(path).env("A", "a").process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        auto child = must(command.spawn());
        sigset_t after;
        pthread_sigmask(SIG_SETMASK, &before, &after);
        BOOST_TEST(sigismember(&after, SIGTERM) == 1);
        BOOST_TEST(sigismember(&after, SIGINT) == 0);
        BOOST_TEST(::getpgid(child.id().value()) == child.id().value());
        {
            auto input = child.take_stdin();
            must(co_await input->write_all("a line\n"));
        }
        const Output output = must(co_await std::move(child).wait_with_output());
        BOOST_TEST(output.out.find("a line\n" + path + "\na\n0\n1\n2\n") == 0u);
        BOOST_TEST(output.out.find('\n' + std::to_string(open) + '\n') == std::string::npos);
        BOOST_TEST(output.err == "to stderr\n");

        Command inheriting = forked(shell("for fd in /proc/$$/fd/*; do echo ${fd##*/}; done"));
        const std::string some = co_await text_of(inheriting.inherit_descriptors(true));
        BOOST_TEST(('\n' + some).find('\n' + std::to_string(open) + '\n') != std::string::npos);

        // One descriptor of those that are not inherited.
        Command passing = shell("test -e /proc/$$/fd/" + std::to_string(open));
        passing.pre_exec([open] {
            return ::fcntl(open, F_SETFD, 0) == 0 ? Result<void>() : failure(std::errc::io_error);
        });
        BOOST_TEST(must(co_await passing.status()).success());
        ::close(open);
    });
}

BOOST_AUTO_TEST_CASE(a_forked_child_has_default_signals_and_none_blocked) {
    on_every_runtime([]() -> Task<void> {
        struct sigaction ignore{};
        ignore.sa_handler = SIG_IGN;
        struct sigaction old_hup{};
        ::sigaction(SIGHUP, &ignore, &old_hup);
        auto output = forked(shell("while read name mask; do case $name in Sig[BI]*) echo $mask;; "
                                   "esac; done < /proc/self/status"))
                          .output();  // started
        ::sigaction(SIGHUP, &old_hup, nullptr);
        const Output done = must(co_await std::move(output));
        std::istringstream masks(done.out);
        std::uint64_t blocked_mask = 1;
        std::uint64_t ignored_mask = 1;
        masks >> std::hex >> blocked_mask >> ignored_mask;
        BOOST_TEST(blocked_mask == 0u);
        BOOST_TEST((ignored_mask & ~std::uint64_t{0x180000000}) == 0u);
    });
}

BOOST_AUTO_TEST_CASE(a_forked_child_that_cannot_run_is_an_error_of_the_start) {
    const LeakGuard guard;
    const TemporaryDirectory directory;
    BOOST_TEST((spawn_error(forked(Command(directory.file("missing")))) ==
                std::errc::no_such_file_or_directory));
    BOOST_TEST((spawn_error(forked(Command(script_file(directory, "text", "no program", 0755)))) ==
                std::errc::executable_format_error));
    const auto no_directory = forked(Command("true")).current_dir(directory.file("gone")).spawn();
    BOOST_REQUIRE(!no_directory.has_value());
    BOOST_TEST(no_directory.error().path() == directory.file("gone"));
    BOOST_TEST((no_directory.error() == std::errc::no_such_file_or_directory));
    // Reaped: there is no child left.
    BOOST_TEST((::waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD));
}

BOOST_AUTO_TEST_CASE(a_child_can_run_as_another_user) {
    if (::geteuid() != 0) {
        BOOST_TEST_MESSAGE("needs the rights of root: not tested");
        return;
    }
    on_every_runtime([]() -> Task<void> {
        constexpr uid_t kNobody = 65534;
        Command user = shell("id -u; id -g; id -G");
        const std::string as_user = co_await text_of(user.uid(kNobody));
        BOOST_TEST(as_user == "65534\n0\n0\n");  // the groups of root are gone
        const std::string with_group = co_await text_of(user.gid(kNobody));
        BOOST_TEST(with_group == "65534\n65534\n65534\n");
        user.groups({12, 34});
        const std::string with_groups = co_await text_of(user);
        BOOST_TEST(with_groups == "65534\n65534\n65534 12 34\n");
        BOOST_TEST(::getuid() == 0u);
    });
}

BOOST_AUTO_TEST_CASE(a_user_that_may_not_be_taken_is_an_error_that_says_so) {
    const LeakGuard guard;
    // No user has this number: it means "no change" in some calls, and is refused in this one.
    const auto child = Command("true").uid(uid_t(-1)).spawn();
    BOOST_REQUIRE(!child.has_value());
    BOOST_TEST(child.error().message().find(
                   "cannot run true as the user and with the groups that were asked for: ") == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
