// SPDX-License-Identifier: MIT
// The examples in the documentation of child processes.
#include <edo/edo.hpp>
#include <edo/runtime/process/command.hpp>

#include <cerrno>
#include <iostream>
#include <string>
#include <string_view>
#include <sys/resource.h>

namespace {

using edo::Result;
using edo::Task;

//! [output]
Task<Result<std::string>> kernel_name() {
    const auto output =
        co_await edo::propagate(co_await edo::process::Command("uname").arg("-s").output());
    if (!output.status.success()) {
        std::cerr << "uname: " << output.status.to_string() << '\n' << output.err;
        co_return edo::failure(std::errc::io_error);
    }
    co_return output.out;
}
//! [output]

//! [spawn]
Task<Result<std::string>> sort_lines(std::string text) {
    using edo::process::Child;
    using edo::process::Command;
    using edo::process::Stdio;
    Command command("sort");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).env("LC_ALL", "C").kill_on_drop(true);
    Child child = co_await edo::propagate(command.spawn());
    auto input = child.take_stdin();
    auto output = child.take_stdout();
    co_await edo::propagate(co_await input->write_all(text));
    input.reset();  // the end of its input
    std::string sorted = co_await edo::propagate(co_await edo::io::read_to_string(*output));
    co_await edo::propagate(co_await child.wait());
    co_return sorted;
}
//! [spawn]

//! [wait_with_output]
Task<Result<edo::process::Output>> with_time_limit(edo::process::Command command) {
    using edo::process::Child;
    using edo::process::Stdio;
    using namespace std::chrono_literals;
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.kill_on_drop(true);  // when the time is over, the child is dropped
    Child child = co_await edo::propagate(command.spawn());
    co_return co_await edo::propagate(
        co_await edo::timeout(10s, std::move(child).wait_with_output()));
}
//! [wait_with_output]

//! [pre_exec]
edo::process::Command limited(std::string_view program) {
    edo::process::Command command(program);
    command.pre_exec([]() -> Result<void> {
        const rlimit memory = {1UL << 30, 1UL << 30};  // in the child, before the program starts
        if (::setrlimit(RLIMIT_AS, &memory) != 0) {
            return edo::failure(std::error_code(errno, std::generic_category()));
        }
        return {};
    });
    return command;
}
//! [pre_exec]

Task<int> show() {
    const auto name = co_await kernel_name();
    const auto sorted = co_await sort_lines("b\na\n");
    const auto output = co_await with_time_limit(edo::process::Command("true"));
    std::cout << name.value() << sorted.value() << output->status.to_string() << '\n';
    const auto status = co_await limited("true").status();
    co_return output.has_value() && status.has_value() ? 0 : 1;
}

}  // namespace

int main() {
    return edo::run(show());
}
