// SPDX-License-Identifier: MIT
#include "process_test.hpp"
#include "support/cancel_driver.hpp"
#include <edo/net/unix_stream.hpp>
#include <edo/runtime/reactor/io_source.hpp>

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <optional>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace edo;
using namespace edo::test;
using process::Child;
using process::Command;
using process::ExitStatus;
using process::Stdio;

BOOST_AUTO_TEST_SUITE(child)

namespace {

/// Runs until it is killed.
Command endless() {
    Command command("sleep");
    command.arg("1000");
    return command;
}

Command piped_cat() {
    Command command("cat");
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    return command;
}

}  // namespace

BOOST_AUTO_TEST_CASE(bytes_go_to_standard_input_and_come_from_standard_output) {
    on_every_runtime([]() -> Task<void> {
        Child child = must(piped_cat().spawn());
        auto input = child.take_stdin();
        auto output = child.take_stdout();
        BOOST_REQUIRE((input && output));
        BOOST_TEST(!child.take_stdin().has_value());
        BOOST_TEST(!child.take_stderr().has_value());
        must(co_await input->write_all("hello"));
        const std::string echoed = co_await read_exactly(*output, 5);
        BOOST_TEST(echoed == "hello");
        input.reset();
        const std::string end = co_await read_to_end(*output);
        BOOST_TEST(end.empty());
        BOOST_TEST(must(co_await child.wait()).success());
    });
}

BOOST_AUTO_TEST_CASE(wait_closes_standard_input_first) {
    on_every_runtime([]() -> Task<void> {
        Child child = must(piped_cat().spawn());
        const ExitStatus status = must(co_await child.wait());  // cat ends at the end of its input
        BOOST_TEST(status.success());
        const ExitStatus again = must(co_await child.wait());
        BOOST_TEST((again == status));
    });
}

BOOST_AUTO_TEST_CASE(wait_with_output_closes_standard_input_too) {
    on_every_runtime([]() -> Task<void> {
        Child child = must(piped_cat().spawn());
        const auto output = must(co_await std::move(child).wait_with_output());
        BOOST_TEST(output.status.success());
        BOOST_CHECK_THROW(static_cast<void>(child.wait()), UsageError);
        BOOST_TEST(!child.id().has_value());
    });
}

BOOST_AUTO_TEST_CASE(try_wait_tells_whether_the_process_has_ended) {
    on_every_runtime([]() -> Task<void> {
        Child child = must(piped_cat().spawn());
        BOOST_TEST(!must(child.try_wait()).has_value());
        BOOST_TEST(exists(child.id().value()));
        static_cast<void>(child.take_stdin());
        std::optional<ExitStatus> status;
        while (!status) {
            status = must(child.try_wait());
            co_await yield_now();
        }
        BOOST_TEST(status->success());
        BOOST_TEST(!child.id().has_value());
        BOOST_TEST((must(child.try_wait()) == status));
        BOOST_TEST((must(co_await child.wait()) == *status));
    });
}

BOOST_AUTO_TEST_CASE(kill_ends_the_process_and_waits_for_it) {
    on_every_runtime([]() -> Task<void> {
        Child child = must(endless().spawn());
        const pid_t pid = child.id().value();
        must(co_await child.kill());
        BOOST_TEST(!exists(pid));
        BOOST_TEST((must(co_await child.wait()).signal() == SIGKILL));
        must(co_await child.kill());  // it has ended, which is what was wanted
        BOOST_TEST((child.start_kill().error() == std::errc::no_such_process));
        BOOST_TEST((child.send_signal(SIGTERM).error() == std::errc::no_such_process));
    });
}

BOOST_AUTO_TEST_CASE(signals_reach_the_child) {
    on_every_runtime([]() -> Task<void> {
        Command command = shell("trap 'exit 5' TERM; echo ready; while :; do sleep 0.01; done");
        Child child = must(command.stdout(Stdio::piped()).spawn());
        auto output = child.take_stdout();
        const std::string ready = co_await read_exactly(*output, 6);
        BOOST_TEST(ready == "ready\n");
        must(child.send_signal(SIGTERM));
        BOOST_TEST((must(co_await child.wait()).code() == 5));
    });
}

BOOST_AUTO_TEST_CASE(a_dropped_child_runs_on_and_is_reaped_when_it_ends) {
    on_every_runtime([]() -> Task<void> {
        std::optional<process::ChildStdin> input;
        pid_t pid = 0;
        {
            Child child = must(piped_cat().spawn());
            pid = child.id().value();
            input = child.take_stdin();
        }
        BOOST_TEST(exists(pid));
        co_await sleep(2ms);
        BOOST_TEST(exists(pid));
        input.reset();
        BOOST_TEST(is_gone_soon(pid));
    });
}

BOOST_AUTO_TEST_CASE(a_child_that_has_ended_before_it_is_dropped_is_no_zombie) {
    on_every_runtime([]() -> Task<void> {
        std::vector<pid_t> pids;
        for (int i = 0; i < 10; ++i) {
            Child child = must(Command("true").spawn());
            pids.push_back(child.id().value());
            if (i % 2 == 0) {
                co_await sleep(2ms);  // it may have ended by then
            }
        }
        for (const pid_t pid : pids) {
            BOOST_TEST(is_gone_soon(pid));
        }
    });
}

BOOST_AUTO_TEST_CASE(kill_on_drop_ends_the_process) {
    on_every_runtime([]() -> Task<void> {
        pid_t pid = 0;
        {
            const Child child = must(endless().kill_on_drop(true).spawn());
            pid = child.id().value();
        }
        BOOST_TEST(is_gone_soon(pid));
        co_return;
    });
}

BOOST_AUTO_TEST_CASE(a_wait_for_output_that_is_cancelled_drops_the_child) {
    on_every_runtime([]() -> Task<void> {
        Command command = endless();
        command.kill_on_drop(true);
        const auto late = co_await timeout(2ms, command.output());
        BOOST_TEST((late.error() == Errc::Elapsed));
    });
    // The leak guard sees that its pipes are closed; that there is no child left, the system says.
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    siginfo_t info{};
    while (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    BOOST_TEST(::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == -1);
    BOOST_TEST(errno == ECHILD);
}

BOOST_AUTO_TEST_CASE(a_child_that_is_assigned_over_is_dropped) {
    on_every_runtime([]() -> Task<void> {
        Child child = must(endless().kill_on_drop(true).spawn());
        const pid_t first = child.id().value();
        child = must(Command("true").spawn());
        BOOST_TEST(is_gone_soon(first));
        BOOST_TEST(must(co_await child.wait()).success());
    });
}

BOOST_AUTO_TEST_CASE(children_of_others_and_the_handler_of_sigchld_are_left_alone) {
    struct sigaction before{};
    BOOST_REQUIRE(::sigaction(SIGCHLD, nullptr, &before) == 0);
    const pid_t other = ::fork();
    if (other == 0) {
        ::_exit(42);
    }
    on_every_runtime([]() -> Task<void> {
        for (int i = 0; i < 5; ++i) {
            BOOST_TEST(must(co_await Command("true").status()).success());
            static_cast<void>(must(Command("true").spawn()));  // dropped
        }
    });
    struct sigaction after{};
    BOOST_REQUIRE(::sigaction(SIGCHLD, nullptr, &after) == 0);
    BOOST_TEST((after.sa_handler == before.sa_handler));
    int status = 0;
    BOOST_TEST(::waitpid(other, &status, 0) == other);
    BOOST_TEST(WEXITSTATUS(status) == 42);
}

BOOST_AUTO_TEST_CASE(a_program_that_ignores_sigchld_gets_an_error_and_no_hang) {
    struct sigaction ignore{};
    ignore.sa_handler = SIG_IGN;
    struct sigaction before{};
    BOOST_REQUIRE(::sigaction(SIGCHLD, &ignore, &before) == 0);
    on_every_runtime([]() -> Task<void> {
        Child child = must(piped_cat().spawn());
        const auto status = co_await child.wait();
        BOOST_TEST((status.error() == std::errc::no_child_process));
    });
    BOOST_REQUIRE(::sigaction(SIGCHLD, &before, nullptr) == 0);
}

BOOST_AUTO_TEST_CASE(two_hundred_children_at_once) {
    on_every_runtime([]() -> Task<void> {
        const auto run = [](int number) -> Task<bool> {
            Child child = must(piped_cat().spawn());
            auto input = child.take_stdin();
            const std::string text = "child " + std::to_string(number);
            must(co_await input->write_all(text));
            input.reset();
            const auto output = must(co_await std::move(child).wait_with_output());
            co_return output.status.success() && output.out == text;
        };
        std::vector<JoinHandle<bool>> running;
        for (int i = 0; i < 200; ++i) {
            running.push_back(spawn(run, i));
        }
        int good = 0;
        for (auto& handle : running) {
            const auto done = co_await handle;
            good += done && *done ? 1 : 0;
        }
        BOOST_TEST(good == 200);
    });
}

BOOST_AUTO_TEST_CASE(a_child_outlives_its_runtime_and_can_be_waited_for_on_another) {
    const LeakGuard guard;
    Child child = must(piped_cat().spawn());  // without a runtime
    auto input = child.take_stdin();
    block_on([](Child* waiting) -> Task<void> {
        const auto early = co_await timeout(2ms, waiting->wait());
        BOOST_TEST((early.error() == Errc::Elapsed));
    }(&child));
    // The first wait has tied it to a runtime that is gone now.
    block_on([](Child* waiting) -> Task<void> {
        const auto gone = co_await waiting->wait();
        BOOST_TEST((gone.error() == Errc::RuntimeShutdown));
    }(&child));
    const pid_t pid = child.id().value();
    input.reset();
    while (!must(child.try_wait())) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    BOOST_TEST(!exists(pid));
}

namespace {

class Waiting : public CancelScenario {
public:
    Waiting() : child_(must(piped_cat().spawn())), input_(child_.take_stdin()) {}
    Task<void> subject() override { status_ = must(co_await child_.wait()); }
    void suspended(std::size_t /*n*/) override { input_.reset(); }
    Task<void> check(bool completed) override {
        input_.reset();
        if (!completed) {
            status_ = must(co_await child_.wait());
        }
        BOOST_TEST(status_->success());
    }

private:
    Child child_;
    std::optional<process::ChildStdin> input_;
    std::optional<ExitStatus> status_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_wait_can_be_cancelled_at_every_suspension_and_repeated) {
    on_every_runtime([]() -> Task<void> {
        const Driven driven = co_await drive<Waiting>();
        BOOST_TEST(driven.suspensions >= 1u);
    });
}

// An event is only a hint, for a process too: here come late ones of another descriptor, whose
// source the child has got.
BOOST_AUTO_TEST_CASE(events_that_say_nothing_of_the_child_do_not_end_a_wait) {
    on_every_runtime([]() -> Task<void> {
        detail::IoSource* recycled = nullptr;
        {
            auto [near, far] = must(net::UnixStream::pair());
            recycled = &near.io_source();
            {
                const auto closed_first = std::move(far);
            }
            const auto closed_last = std::move(near);
        }
        auto child = must(Command("sleep").arg("1000").spawn());
        BOOST_REQUIRE(recycled->descriptor() >= 0);  // the source that was given back last
        const auto disturb = [](detail::IoSource* source) -> Task<void> {
            for (int i = 0; i < 5; ++i) {
                detail::Readiness readable;
                readable.readable = true;
                readable.read_lasting = i % 2 == 0;
                source->deliver(readable);
                co_await sleep(1ms);
            }
        };
        {
            const auto first = co_await select(biased, child.wait(), disturb(recycled));
            BOOST_TEST(first.is<1>());
        }
        BOOST_TEST(!must(child.try_wait()).has_value());
        must(co_await child.kill());
        const auto status = must(co_await child.wait());
        BOOST_TEST((status.signal() == SIGKILL));
    });
}

BOOST_AUTO_TEST_SUITE_END()
