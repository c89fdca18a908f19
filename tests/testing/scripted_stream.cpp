// SPDX-License-Identifier: MIT
#include "support/leak_guard.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/io/split.hpp>
#include <edo/runtime/testing/cancel_everywhere.hpp>
#include <edo/runtime/testing/manual_task.hpp>
#include <edo/runtime/testing/run_paused.hpp>
#include <edo/runtime/testing/scripted_stream.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

using edo::Result;
using edo::Task;
using edo::test::LeakGuard;
using edo::testing::ManualTask;
using edo::testing::run_paused;
using edo::testing::ScriptedStream;
using edo::testing::ScriptError;
using namespace std::chrono_literals;

namespace {

static_assert(edo::io::AsyncReadWrite<ScriptedStream>);
static_assert(edo::detail::HasFlush<ScriptedStream>);
static_assert(edo::detail::HasShutdown<ScriptedStream>);

Task<Result<std::string>> read_some(ScriptedStream& stream, std::size_t most = 64) {
    std::string text(most, '\0');
    const Result<std::size_t> count = co_await stream.read(std::as_writable_bytes(std::span(text)));
    if (!count) {
        co_return edo::failure(count.error());
    }
    text.resize(*count);
    co_return text;
}

/// Answers each line with itself, until the stream ends.
template <class Stream>
Task<Result<void>> echo_lines(Stream& stream) {
    edo::io::BufReader reader(stream);
    for (;;) {
        const auto line = co_await edo::propagate(co_await reader.read_line());
        if (!line) {
            break;
        }
        co_await edo::propagate(co_await edo::io::write_all(stream, *line + "\n"));
    }
    co_return Result<void>();
}

/// What the exception says that `task` ends with.
template <class T>
std::string failure_of(ManualTask<T>& task) {
    task.run();
    try {
        static_cast<void>(task.take());
    } catch (const ScriptError& error) {
        return error.what();
    }
    return "none";
}
template <class T>
std::string failure_of(Task<T> task) {
    ManualTask<T> running(std::move(task));
    return failure_of(running);
}

BOOST_AUTO_TEST_SUITE(scripted_stream)

BOOST_AUTO_TEST_CASE(code_that_keeps_to_the_script_passes) {
    const LeakGuard guard;
    ScriptedStream stream = ScriptedStream::Builder()
                                .read("one\n")
                                .write("one\n")
                                .read("tw")
                                .read("o\n")
                                .write("two\n")
                                .build();
    const Result<void> result = run_paused(echo_lines(stream));
    BOOST_TEST(result.has_value());
    BOOST_TEST(stream.is_finished());
    stream.verify();
}

BOOST_AUTO_TEST_CASE(a_read_takes_no_more_than_one_step_and_than_fits) {
    const LeakGuard guard;
    ScriptedStream stream = ScriptedStream::Builder().read("abc").read("de").build();
    run_paused([&]() -> Task<void> {
        std::vector<std::string> pieces;
        for (const std::size_t most : {2U, 64U, 64U, 64U, 64U}) {
            const Result<std::string> piece = co_await read_some(stream, most);
            pieces.push_back(piece.value());
        }
        const std::vector<std::string> expected{"ab", "c", "de", "", ""};
        BOOST_TEST(pieces == expected, boost::test_tools::per_element());
    });
}

BOOST_AUTO_TEST_CASE(a_write_takes_no_more_than_one_step) {
    const LeakGuard guard;
    ScriptedStream stream = ScriptedStream::Builder().write("abc").write("de").build();
    run_paused([&]() -> Task<void> {
        const Result<std::size_t> first = co_await stream.write("ab");
        const Result<std::size_t> second = co_await stream.write("cde");
        const Result<std::size_t> third = co_await stream.write("de");
        BOOST_TEST(first.value() == 2U);
        BOOST_TEST(second.value() == 1U);
        BOOST_TEST(third.value() == 2U);
    });
    BOOST_TEST(stream.is_finished());
}

BOOST_AUTO_TEST_CASE(what_is_written_must_be_what_the_script_expects) {
    const LeakGuard guard;
    std::vector<std::string> reported;
    ScriptedStream stream =
        ScriptedStream::Builder()
            .read("x")
            .write("PONG\r\n")
            .on_failure([&](const std::string& text) { reported.push_back(text); })
            .build();
    static_cast<void>(run_paused(read_some(stream)));
    const std::string text = failure_of(stream.write("POING\r\n"));
    BOOST_TEST(text ==
               "edo: \"POING\\r\\n\" was written, but the script expects \"PONG\\r\\n\"; byte 2, "
               "counted from 0, differs (at step 2 of 2, a write of \"PONG\\r\\n\")");
    BOOST_TEST(reported.size() == 1U);
    BOOST_TEST(reported.at(0) == text);
}

BOOST_AUTO_TEST_CASE(the_rest_of_a_step_is_compared_too) {
    const LeakGuard guard;
    ScriptedStream stream = ScriptedStream::Builder().write("abcd").build();
    static_cast<void>(run_paused(stream.write("ab")));
    const std::string text = failure_of(stream.write("cX"));
    BOOST_TEST(text ==
               "edo: \"cX\" was written, but the script expects \"cd\"; byte 1, counted from 0, "
               "differs (at step 1 of 1, a write of \"abcd\", of which 2 bytes are done)");
}

BOOST_AUTO_TEST_CASE(a_write_that_the_script_does_not_have_fails_at_once) {
    const LeakGuard guard;
    ScriptedStream ended = ScriptedStream::Builder().build();
    BOOST_TEST(failure_of(ended.write("a\x01")) ==
               "edo: \"a\\x01\" was written, but the script expects no more writes (at the end of "
               "the script)");
    ScriptedStream reads = ScriptedStream::Builder().read("abc").build();
    BOOST_TEST(failure_of(reads.write("x")).starts_with("edo: \"x\" was written, but"));
}

BOOST_AUTO_TEST_CASE(nothing_may_be_written_after_a_shutdown) {
    const LeakGuard guard;
    ScriptedStream stream = ScriptedStream::Builder().write("abc").build();
    run_paused([&]() -> Task<void> {
        static_cast<void>(co_await stream.write("abc"));
        BOOST_TEST(!stream.is_shut_down());
        static_cast<void>(co_await stream.flush());
        static_cast<void>(co_await stream.shutdown());
        BOOST_TEST(stream.is_shut_down());
    });
    BOOST_TEST(failure_of(stream.write("x")) == "edo: \"x\" was written after shutdown()");
}

BOOST_AUTO_TEST_CASE(errors_come_once_and_in_their_place) {
    const LeakGuard guard;
    ScriptedStream stream = ScriptedStream::Builder()
                                .read("a")
                                .read_error(std::errc::connection_reset)
                                .write_error(std::errc::broken_pipe)
                                .read("b")
                                .build();
    run_paused([&]() -> Task<void> {
        const Result<std::string> a = co_await read_some(stream);
        const Result<std::string> reset = co_await read_some(stream);
        const Result<std::size_t> broken = co_await stream.write("x");
        const Result<std::string> b = co_await read_some(stream);
        BOOST_TEST(a.value() == "a");
        BOOST_TEST((reset.error() == std::errc::connection_reset));
        BOOST_TEST((broken.error() == std::errc::broken_pipe));
        BOOST_TEST(b.value() == "b");
    });
    BOOST_TEST(stream.is_finished());
}

BOOST_AUTO_TEST_CASE(the_peer_may_end_its_stream_and_still_expect_an_answer) {
    const LeakGuard guard;
    ScriptedStream stream = ScriptedStream::Builder().read("q").eof().write("a").build();
    run_paused([&]() -> Task<void> {
        const Result<std::string> text = co_await edo::io::read_to_string(stream);
        BOOST_TEST(text.value() == "q");
        const Result<std::string> again = co_await read_some(stream);
        BOOST_TEST(again.value() == "");
        static_cast<void>(co_await stream.write("a"));
    });
    BOOST_TEST(stream.is_finished());
}

BOOST_AUTO_TEST_CASE(a_wait_passes_on_the_paused_clock) {
    const LeakGuard guard;
    ScriptedStream stream = ScriptedStream::Builder().read("a").wait(5s).read("b").wait(1h).build();
    run_paused([&]() -> Task<void> {
        static_cast<void>(co_await read_some(stream));
        const edo::Instant start = edo::now();
        const auto early = co_await edo::timeout(2s, read_some(stream));
        BOOST_TEST(!early);
        const Result<std::string> b = co_await read_some(stream);
        BOOST_TEST(b.value() == "b");
        BOOST_TEST((edo::now() - start == 5s));  // the cancelled read counts
    });
    BOOST_TEST(stream.is_finished());  // a wait at the end needs nobody
}

BOOST_AUTO_TEST_CASE(a_read_waits_until_the_expected_write_has_come) {
    const LeakGuard guard;
    ScriptedStream stream = ScriptedStream::Builder().write("ask").read("answer").build();
    ManualTask reading(read_some(stream));
    BOOST_TEST(!reading.poll());
    BOOST_TEST(!reading.is_woken());
    ManualTask half(stream.write("as"));
    BOOST_TEST(half.poll());
    BOOST_TEST(!reading.is_woken());
    ManualTask rest(stream.write("k"));
    BOOST_TEST(rest.poll());
    BOOST_TEST(reading.is_woken());
    BOOST_TEST(reading.poll());
    const Result<std::string> answer = reading.take();
    BOOST_TEST(answer.value() == "answer");
}

BOOST_AUTO_TEST_CASE(two_branches_may_use_the_two_directions) {
    const LeakGuard guard;
    auto [reader, writer] =
        edo::io::split(ScriptedStream::Builder().read("a").write("b").read("c").write("d").build());
    run_paused([&source = reader, &sink = writer]() -> Task<void> {
        co_await edo::join(
            [](auto& from) -> Task<void> {
                const Result<std::string> text = co_await edo::io::read_to_string(from);
                BOOST_TEST(text.value() == "ac");
            }(source),
            [](auto& to) -> Task<void> {
                const Result<void> written = co_await edo::io::write_all(to, "bd");
                BOOST_TEST(written.has_value());
            }(sink));
    });
}

BOOST_AUTO_TEST_CASE(a_write_that_comes_too_early_and_blocks_everything_fails) {
    const LeakGuard guard;
    ScriptedStream stream = ScriptedStream::Builder().read("question").write("answer").build();
    try {
        static_cast<void>(run_paused(stream.write("answer")));
        BOOST_ERROR("nothing thrown");
    } catch (const ScriptError& error) {
        BOOST_TEST(std::string(error.what()) ==
                   "edo: a write of \"answer\" waits, and nobody does what the script has next (at "
                   "step 1 of 2, a read of \"question\")");
    }
}

BOOST_AUTO_TEST_CASE(a_stream_that_is_destroyed_unfinished_is_reported) {
    const LeakGuard guard;
    std::vector<std::string> reported;
    ScriptedStream::Builder script;
    script.read("abc").write("d").on_failure(
        [&](const std::string& text) { reported.push_back(text); });
    {
        ScriptedStream stream = script.build();
        static_cast<void>(run_paused(read_some(stream, 2)));
    }
    BOOST_TEST(reported.size() == 1U);
    BOOST_TEST(reported.at(0) ==
               "edo: a scripted stream has ended before its script (at step 1 of 2, a read of "
               "\"abc\", of which 2 bytes are done)");
    {
        const ScriptedStream untouched = script.build();
    }
    BOOST_TEST(reported.size() == 2U);
    {
        ScriptedStream replaced = script.build();
        replaced = ScriptedStream::Builder().build();
        BOOST_TEST(reported.size() == 3U);
    }
    BOOST_TEST(reported.size() == 3U);
}

BOOST_AUTO_TEST_CASE(what_is_no_news_is_not_reported) {
    const LeakGuard guard;
    std::vector<std::string> reported;
    ScriptedStream::Builder script;
    script.read("abc").on_failure([&](const std::string& text) { reported.push_back(text); });
    {
        ScriptedStream abandoned = script.build();
        abandoned.abandon();
    }
    BOOST_CHECK_THROW(
        {
            const ScriptedStream unwound = script.build();
            throw std::runtime_error("something else");
        },
        std::runtime_error);
    BOOST_TEST(reported.empty());
    {
        const ScriptedStream verified = script.build();
        BOOST_CHECK_THROW(verified.verify(), ScriptError);
    }
    BOOST_TEST(reported.size() == 1U);
    {
        ScriptedStream first = script.build();
        first.abandon();
        const ScriptedStream second = std::move(first);
    }
    BOOST_TEST(reported.size() == 1U);
}

BOOST_AUTO_TEST_CASE(without_a_callback_an_unfinished_stream_ends_the_process) {
    std::array<int, 2> ends{};
    BOOST_REQUIRE(::pipe(ends.data()) == 0);
    const pid_t child = ::fork();
    BOOST_REQUIRE(child >= 0);
    if (child == 0) {
        std::signal(SIGABRT, SIG_DFL);
        ::dup2(ends[1], STDERR_FILENO);
        {
            const ScriptedStream stream = ScriptedStream::Builder().read("abc").build();
        }
        ::_exit(0);
    }
    ::close(ends[1]);
    std::string text(1024, '\0');
    const ssize_t count = ::read(ends[0], text.data(), text.size());
    ::close(ends[0]);
    text.resize(std::size_t(std::max(count, ssize_t{0})));
    int status = 0;
    BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
    BOOST_TEST(WIFSIGNALED(status));
    BOOST_TEST(WTERMSIG(status) == SIGABRT);
    BOOST_TEST(
        text.starts_with("edo: a scripted stream has ended before its script (at step 1 of"));
}

BOOST_AUTO_TEST_CASE(steps_that_no_operation_could_take_are_refused) {
    ScriptedStream::Builder script;
    BOOST_CHECK_THROW(script.read(""), edo::UsageError);
    BOOST_CHECK_THROW(script.write(""), edo::UsageError);
    script.eof();
    BOOST_CHECK_THROW(script.read("x"), edo::UsageError);
    BOOST_CHECK_THROW(script.read_error(std::errc::io_error), edo::UsageError);
    BOOST_CHECK_THROW(script.eof(), edo::UsageError);
    script.write("x");
}

BOOST_AUTO_TEST_CASE(a_stream_that_was_moved_from_is_refused) {
    const LeakGuard guard;
    ScriptedStream first = ScriptedStream::Builder().build();
    const ScriptedStream second = std::move(first);
    BOOST_TEST(second.is_finished());
    BOOST_CHECK_THROW(static_cast<void>(first.write("x")), edo::UsageError);  // NOLINT
    BOOST_CHECK_THROW(static_cast<void>(first.is_finished()), edo::UsageError);
    first.abandon();
}

BOOST_AUTO_TEST_CASE(every_operation_of_a_suspending_stream_can_be_cancelled) {
    const LeakGuard guard;
    ScriptedStream::Builder script;
    script.read("a\n").write("a\n").wait(1s).eof().suspending();
    std::optional<ScriptedStream> stream;
    const auto report = run_paused(edo::testing::cancel_everywhere([&]() {
        if (stream) {
            stream->abandon();
        }
        stream.emplace(script.build());
        return echo_lines(*stream);
    }));
    BOOST_TEST(report.is_clean(), report.message());
    BOOST_TEST(report.suspensions == 4U);  // three operations and a wait
    BOOST_TEST(stream->is_finished());
}

BOOST_AUTO_TEST_CASE(a_cancelled_operation_has_taken_nothing) {
    const LeakGuard guard;
    ScriptedStream stream = ScriptedStream::Builder().read("abc").suspending().build();
    {
        ManualTask reading(read_some(stream));
        reading.turn();
        BOOST_TEST(!reading.is_done());
    }
    const Result<std::string> text = run_paused(read_some(stream));
    BOOST_TEST(text.value() == "abc");
}

BOOST_AUTO_TEST_CASE(an_operation_on_no_bytes_takes_no_step) {
    const LeakGuard guard;
    ScriptedStream stream = ScriptedStream::Builder().read("abc").write("d").build();
    run_paused([&]() -> Task<void> {
        const Result<std::size_t> nothing = co_await stream.read(std::span<std::byte>());
        const Result<std::size_t> none = co_await stream.write("");
        BOOST_TEST(nothing.value() == 0U);
        BOOST_TEST(none.value() == 0U);
    });
    BOOST_TEST(!stream.is_finished());
    stream.abandon();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
