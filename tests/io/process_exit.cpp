// SPDX-License-Identifier: MIT
// What standard input and output do to the end of the process: tests that run a disabled case of
// this very program as a child.
#include "io/redirect.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/io/stdio.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <chrono>
#include <cstdio>
#include <spawn.h>
#include <string>
#include <sys/wait.h>

using namespace std::chrono_literals;
using edo::test::Collector;
using edo::test::Descriptor;
using edo::test::Pipe;

namespace {

/// Runs one case in a child process; yields its exit status when it is over.
int run_case(const std::string& name, const Descriptor& input, const Descriptor& output) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input.number(), 0);
    posix_spawn_file_actions_adddup2(&actions, output.number(), 1);
    std::string program = "/proc/self/exe";
    std::string option = "--run_test=process_exit/" + name;
    std::string quiet = "--report_level=no";
    std::array<char*, 4> arguments{program.data(), option.data(), quiet.data(), nullptr};
    pid_t child = 0;
    const int error =
        ::posix_spawn(&child, program.c_str(), &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    BOOST_REQUIRE(error == 0);
    int status = -1;
    BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
    return status;
}

BOOST_AUTO_TEST_SUITE(process_exit)

BOOST_AUTO_TEST_CASE(child_that_waits_for_input, *boost::unit_test::disabled()) {
    edo::run([]() -> edo::Task<void> {
        std::array<std::byte, 1> one;
        auto first = co_await edo::select(edo::io::stdin().read(one), edo::sleep(20ms));
        BOOST_TEST(first.index() == 1U);
    }());
}

BOOST_AUTO_TEST_CASE(child_that_does_not_flush, *boost::unit_test::disabled()) {
    std::fflush(::stdout);  // what Boost.Test has printed; at the exit that might block for ever
    edo::run([]() -> edo::Task<void> {
        const std::string text = std::string(100'000, '-') + "the last words\n";
        static_cast<void>(co_await edo::io::stdout().write_all(text));
    }());
}

BOOST_AUTO_TEST_CASE(a_pending_read_does_not_hold_up_the_exit) {
    const Pipe input;
    Pipe output;
    Collector collector(std::move(output.out));
    BOOST_TEST(run_case("child_that_waits_for_input", input.out, output.in) == 0);
    output.in.close();
}

BOOST_AUTO_TEST_CASE(what_was_not_flushed_is_written_at_the_exit) {
    const Pipe input;
    Pipe output;
    Collector collector(std::move(output.out));
    BOOST_TEST(run_case("child_that_does_not_flush", input.out, output.in) == 0);
    output.in.close();
    BOOST_TEST((collector.text().find("-the last words\n") != std::string::npos));
}

BOOST_AUTO_TEST_CASE(output_that_nobody_reads_holds_up_the_exit_only_briefly) {
    const Pipe input;
    const Pipe output;
    BOOST_TEST(run_case("child_that_does_not_flush", input.out, output.in) == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
