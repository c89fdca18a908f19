// SPDX-License-Identifier: MIT
#include "io/redirect.hpp"
#include "io/scripted.hpp"
#include "support/cancel_driver.hpp"
#include "support/flavors.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/io/stdio.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <optional>
#include <sstream>
#include <vector>

using edo::test::bytes_of;
using edo::test::CancelScenario;
using edo::test::Collector;
using edo::test::Descriptor;
using edo::test::drive;
using edo::test::for_each_flavor;
using edo::test::Pipe;
using edo::test::Redirect;

namespace {

static_assert(edo::io::AsyncWrite<edo::io::StandardOutput>);
static_assert(edo::io::AsyncWrite<const edo::io::StandardOutput>);
static_assert(edo::detail::HasFlush<edo::io::StandardOutput>);

/// Runs the task with standard output (or another) redirected to a pipe; yields what was written.
std::string captured(edo::Runtime& runtime, edo::Task<void> task, int number = 1) {
    Pipe pipe;
    Collector collector(std::move(pipe.out));
    {
        const Redirect redirect(number, pipe.in);
        pipe.in.close();
        runtime.block_on(std::move(task));
    }
    return collector.text();
}

edo::Task<void> print(edo::io::StandardOutput output, std::string text) {
    const auto written = co_await output.write_all(text);
    BOOST_TEST(written.has_value());
    const auto flushed = co_await output.flush();
    BOOST_TEST(flushed.has_value());
}

edo::Task<void> count_to(int end) {
    const auto output = edo::io::stdout();
    for (int i = 0; i < end; ++i) {
        const auto written = co_await output.write_all(std::to_string(i) + "\n");
        BOOST_TEST(written.has_value());
    }
    static_cast<void>(co_await output.flush());
}

edo::Task<void> print_lines(char letter) {
    const std::string line = std::string(9999, letter) + "\n";
    for (int i = 0; i < 30; ++i) {
        static_cast<void>(co_await edo::io::stdout().write_all(line));
    }
}

edo::Task<void> print_lines_together() {
    auto a = edo::spawn(print_lines('a'));
    auto b = edo::spawn(print_lines('b'));
    auto c = edo::spawn(print_lines('c'));
    static_cast<void>(co_await edo::join(a, b, c));
    static_cast<void>(co_await edo::io::stdout().flush());
}

/// The error of a write or of the flush after it.
edo::Task<std::error_code> error_of_printing() {
    const auto written = co_await edo::io::stdout().write_all("lost\n");
    if (!written) {
        co_return written.error();
    }
    const auto flushed = co_await edo::io::stdout().flush();
    co_return flushed ? std::error_code() : flushed.error();
}

/// Cancelled anywhere, exactly what was accepted is written. Nobody reads before the first
/// suspension.
class Printing : public CancelScenario {
public:
    Printing() { pipe_.in.close(); }

    edo::Task<void> subject() override {
        const std::string text(40'000, 'x');
        for (int i = 0; i < 8; ++i) {
            const auto count = co_await edo::io::stdout().write(bytes_of(text));
            accepted_ += count.value();
        }
        static_cast<void>(co_await edo::io::stdout().flush());
    }
    void suspended(std::size_t /*n*/) override { start_reading(); }
    edo::Task<void> check(bool completed) override {
        start_reading();
        static_cast<void>(co_await edo::io::stdout().flush());
        redirect_.reset();
        BOOST_TEST(collector_->text().size() == accepted_);
        BOOST_TEST((!completed || accepted_ == 320'000));
    }

private:
    void start_reading() {
        if (!collector_) {
            collector_.emplace(std::move(pipe_.out));
        }
    }
    Pipe pipe_;
    std::optional<Redirect> redirect_{std::in_place, 1, pipe_.in};
    std::optional<Collector> collector_;
    std::size_t accepted_ = 0;
};

BOOST_AUTO_TEST_SUITE(standard_output)

BOOST_AUTO_TEST_CASE(what_was_handed_over_is_written_when_flush_returns) {
    for_each_flavor([](edo::Runtime& runtime) {
        const Descriptor file(::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
        {
            const Redirect redirect(1, file);
            runtime.block_on(print(edo::io::stdout(), "hello"));
        }
        std::array<char, 10> written{};
        BOOST_TEST(::pread(file.number(), written.data(), written.size(), 0) == 5);
        BOOST_TEST(std::string(written.data()) == "hello");
    });
}

BOOST_AUTO_TEST_CASE(writes_keep_their_order) {
    for_each_flavor([](edo::Runtime& runtime) {
        std::istringstream text(captured(runtime, count_to(5000)));
        int expected = 0;
        for (int number = 0; text >> number; ++expected) {
            BOOST_REQUIRE(number == expected);
        }
        BOOST_TEST(expected == 5000);
    });
}

BOOST_AUTO_TEST_CASE(standard_error_is_written_to_its_own_descriptor) {
    for_each_flavor([](edo::Runtime& runtime) {
        const std::string text = captured(runtime, print(edo::io::stderr(), "trouble\n"), 2);
        BOOST_TEST(text == "trouble\n");
    });
}

BOOST_AUTO_TEST_CASE(a_text_larger_than_all_buffers_is_written) {
    for_each_flavor([](edo::Runtime& runtime) {
        const std::string text(1'000'000, 'x');
        BOOST_TEST((captured(runtime, print(edo::io::stdout(), text)) == text));
    });
}

BOOST_AUTO_TEST_CASE(lines_of_several_tasks_are_not_torn_apart) {
    for_each_flavor([](edo::Runtime& runtime) {
        std::istringstream text(captured(runtime, print_lines_together()));
        std::size_t lines = 0;
        for (std::string line; std::getline(text, line); ++lines) {
            BOOST_REQUIRE(line.size() == 9999U);
            BOOST_REQUIRE(line == std::string(9999, line[0]));
        }
        BOOST_TEST(lines == 90U);
    });
}

BOOST_AUTO_TEST_CASE(a_non_blocking_descriptor_is_waited_for_and_left_so) {
    for_each_flavor([](edo::Runtime& runtime) {
        const std::string text(300'000, 'x');
        Pipe pipe;
        pipe.in.set_non_blocking();
        const int flags = pipe.in.flags();
        Collector collector(std::move(pipe.out));
        {
            const Redirect redirect(1, pipe.in);
            runtime.block_on(print(edo::io::stdout(), text));
        }
        BOOST_TEST(pipe.in.flags() == flags);
        pipe.in.close();
        BOOST_TEST((collector.text() == text));
    });
}

BOOST_AUTO_TEST_CASE(a_closed_pipe_is_an_error_and_does_not_end_the_process) {
    for_each_flavor([](edo::Runtime& runtime) {
        Pipe pipe;
        pipe.out.close();
        std::error_code error;
        {
            const Redirect redirect(1, pipe.in);
            error = runtime.block_on(error_of_printing());
        }
        BOOST_TEST((error == std::errc::broken_pipe));
        BOOST_TEST(captured(runtime, print(edo::io::stdout(), "well again")) == "well again");
    });
}

BOOST_AUTO_TEST_CASE(a_full_device_is_an_error) {
    for_each_flavor([](edo::Runtime& runtime) {
        const Descriptor full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
        std::error_code error;
        {
            const Redirect redirect(1, full);
            error = runtime.block_on(error_of_printing());
        }
        BOOST_TEST((error == std::errc::no_space_on_device));
    });
}

BOOST_AUTO_TEST_CASE(flushing_nothing_is_done_at_once) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            const auto flushed = co_await edo::io::stdout().flush();
            BOOST_TEST(flushed.has_value());
            const auto nothing = co_await edo::io::stdout().write(std::span<const std::byte>());
            BOOST_TEST(nothing.value() == 0U);
        });
    });
}

BOOST_AUTO_TEST_CASE(exactly_what_was_accepted_is_written_when_writing_is_cancelled) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(drive<Printing>());
        BOOST_TEST(driven.suspensions >= 1U);
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
