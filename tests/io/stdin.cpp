// SPDX-License-Identifier: MIT
#include "io/redirect.hpp"
#include "io/scripted.hpp"
#include "support/cancel_driver.hpp"
#include "support/event.hpp"
#include "support/flavors.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/io/buf_reader.hpp>
#include <edo/runtime/io/read.hpp>
#include <edo/runtime/io/stdio.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <sys/mman.h>
#include <termios.h>

using namespace std::chrono_literals;
using edo::test::CancelScenario;
using edo::test::Descriptor;
using edo::test::drive;
using edo::test::Event;
using edo::test::for_each_flavor;
using edo::test::Pipe;
using edo::test::Redirect;
using edo::test::text_of;

namespace {

static_assert(edo::io::AsyncRead<edo::io::StandardInput>);
static_assert(edo::io::AsyncRead<const edo::io::StandardInput>);

edo::Task<std::vector<std::string>> lines_of_input() {
    edo::io::BufReader input(edo::io::stdin());
    std::vector<std::string> lines;
    for (;;) {
        const auto line = co_await input.read_line();
        BOOST_REQUIRE(line.has_value());
        if (!*line) {
            co_return lines;
        }
        lines.push_back(**line);
    }
}

edo::Task<std::string> read_once() {
    std::array<std::byte, 100> buffer;
    const auto count = co_await edo::io::stdin().read(buffer);
    co_return text_of(std::span(buffer).first(count.value()));
}

/// Reads, and says before that it is about to.
edo::Task<void> read_for_ever(Event& started) {
    started.set();
    std::array<std::byte, 100> buffer;
    static_cast<void>(co_await edo::io::stdin().read(buffer));
}

/// A terminal: what is written to the master is typed, as it were.
struct Terminal {
    Terminal() : master(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
        BOOST_REQUIRE(::grantpt(master.number()) == 0);
        BOOST_REQUIRE(::unlockpt(master.number()) == 0);
        std::array<char, 100> name{};
        BOOST_REQUIRE(::ptsname_r(master.number(), name.data(), name.size()) == 0);
        slave = Descriptor(::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC));
    }
    Descriptor master;
    Descriptor slave;
};

/// Cancelled anywhere, no byte is lost. The next piece is there when a read waits for it.
class ReadingInput : public CancelScenario {
public:
    edo::Task<void> subject() override {
        for (;;) {
            std::array<std::byte, 4> four;
            const auto count = co_await edo::io::stdin().read(four);
            if (count.value() == 0) {
                co_return;
            }
            seen_ += text_of(std::span(four).first(*count));
        }
    }
    void suspended(std::size_t /*n*/) override { write_piece(); }
    edo::Task<void> check(bool /*completed*/) override {
        while (written_ <= 3) {
            write_piece();
        }
        auto input = edo::io::stdin();
        const auto rest = co_await edo::io::read_to_string(input);
        BOOST_TEST(seen_ + rest.value() == "01234567890123456789012345");
    }

private:
    void write_piece() {
        if (written_ < 3) {
            pipe_.in.write(
                std::string_view("01234567890123456789012345").substr(written_ * 10, 10));
        } else {
            pipe_.in.close();
        }
        ++written_;
    }
    Pipe pipe_;
    Redirect redirect_{0, pipe_.out};
    std::size_t written_ = 0;
    std::string seen_;
};

BOOST_AUTO_TEST_SUITE(standard_input)

BOOST_AUTO_TEST_CASE(lines_are_read_from_a_pipe) {
    for_each_flavor([](edo::Runtime& runtime) {
        Pipe pipe;
        const Redirect redirect(0, pipe.out);
        pipe.in.write("one\ntwo\r\nthree");
        pipe.in.close();
        const auto lines = runtime.block_on(lines_of_input());
        BOOST_TEST(lines == (std::vector<std::string>{"one", "two", "three"}),
                   boost::test_tools::per_element());
    });
}

BOOST_AUTO_TEST_CASE(a_file_is_read_to_its_end) {
    for_each_flavor([](edo::Runtime& runtime) {
        const Descriptor file(::memfd_create("input", MFD_CLOEXEC));
        const std::string text(200'000, 'x');
        file.write(text);
        BOOST_REQUIRE(::lseek(file.number(), 0, SEEK_SET) == 0);
        const Redirect redirect(0, file);
        auto input = edo::io::stdin();
        const auto read = runtime.block_on(edo::io::read_to_string(input));
        BOOST_TEST((read.value() == text));
    });
}

BOOST_AUTO_TEST_CASE(a_terminal_is_read_line_by_line_and_may_go_on_after_its_end) {
    for_each_flavor([](edo::Runtime& runtime) {
        const Terminal terminal;
        const Redirect redirect(0, terminal.slave);
        const int flags = terminal.slave.flags();
        BOOST_TEST(::isatty(0) == 1);

        terminal.master.write("hello\n");
        BOOST_TEST(runtime.block_on(read_once()) == "hello\n");
        terminal.master.write("\x04");
        BOOST_TEST(runtime.block_on(read_once()) == "");
        terminal.master.write("again\n");
        BOOST_TEST(runtime.block_on(read_once()) == "again\n");
        BOOST_TEST(terminal.slave.flags() == flags);
        BOOST_TEST((flags & O_NONBLOCK) == 0);
    });
}

BOOST_AUTO_TEST_CASE(a_closed_descriptor_is_an_error) {
    for_each_flavor([](edo::Runtime& runtime) {
        const Descriptor saved(::fcntl(0, F_DUPFD_CLOEXEC, 3));
        ::close(0);
        const auto result = runtime.block_on([]() -> edo::Task<edo::Result<std::size_t>> {
            std::array<std::byte, 1> one;
            co_return co_await edo::io::stdin().read(one);
        });
        BOOST_REQUIRE(::dup2(saved.number(), 0) == 0);
        BOOST_REQUIRE(!result);
        BOOST_TEST((result.error() == std::errc::bad_file_descriptor));
    });
}

BOOST_AUTO_TEST_CASE(a_non_blocking_descriptor_is_waited_for_and_left_so) {
    for_each_flavor([](edo::Runtime& runtime) {
        Pipe pipe;
        pipe.out.set_non_blocking();
        const int flags = pipe.out.flags();
        const Redirect redirect(0, pipe.out);
        auto reading = runtime.spawn(read_once());
        runtime.block_on([]() -> edo::Task<void> { co_await edo::sleep(5ms); });
        pipe.in.write("late");
        const auto text = runtime.block_on(
            [&]() -> edo::Task<std::string> { co_return (co_await reading).value(); });
        BOOST_TEST(text == "late");
        BOOST_TEST(pipe.out.flags() == flags);
    });
}

BOOST_AUTO_TEST_CASE(an_empty_read_does_not_touch_the_input) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto nothing = runtime.block_on([]() -> edo::Task<edo::Result<std::size_t>> {
            co_return co_await edo::io::stdin().read(std::span<std::byte>());
        });
        BOOST_TEST(nothing.value() == 0U);
    });
}

BOOST_AUTO_TEST_CASE(what_arrives_after_a_cancelled_read_is_there_for_the_next) {
    for_each_flavor([](edo::Runtime& runtime) {
        Pipe pipe;
        const Redirect redirect(0, pipe.out);
        const auto cancelled = runtime.block_on([]() -> edo::Task<bool> {
            const auto result = co_await edo::timeout(5ms, read_once());
            co_return !result.has_value();
        });
        BOOST_TEST(cancelled);
        pipe.in.write("kept");
        BOOST_TEST(runtime.block_on(read_once()) == "kept");
    });
}

BOOST_AUTO_TEST_CASE(no_byte_is_lost_when_reading_is_cancelled) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(drive<ReadingInput>());
        BOOST_TEST(driven.suspensions == 4U);
    });
}

BOOST_AUTO_TEST_CASE(a_task_that_reads_does_not_hold_up_the_end_of_its_runtime) {
    Pipe pipe;
    const Redirect redirect(0, pipe.out);
    for_each_flavor([](edo::Runtime& runtime) {
        Event started;
        auto reading = runtime.spawn(read_for_ever(started));
        runtime.block_on([&]() -> edo::Task<void> {
            co_await started;
            co_await edo::sleep(2ms);
        });
        edo::Runtime(std::move(runtime));  // ends here
        BOOST_TEST(reading.is_finished());
    });
    pipe.in.write("for the next");
    edo::Runtime next;
    BOOST_TEST(next.block_on(read_once()) == "for the next");
}

BOOST_AUTO_TEST_CASE(each_byte_goes_to_one_of_several_readers) {
    for_each_flavor([](edo::Runtime& runtime) {
        Pipe pipe;
        const Redirect redirect(0, pipe.out);
        std::vector<edo::JoinHandle<std::vector<std::string>>> readers;
        for (int i = 0; i < 3; ++i) {
            readers.push_back(runtime.spawn([]() -> edo::Task<std::vector<std::string>> {
                std::vector<std::string> seen;
                for (;;) {
                    std::string text = co_await read_once();
                    if (text.empty()) {
                        co_return seen;
                    }
                    seen.push_back(std::move(text));
                }
            }));
        }
        std::size_t size = 0;
        for (int i = 0; i < 50; ++i) {
            const std::string text = std::to_string(i) + "\n";
            pipe.in.write(text);
            size += text.size();
        }
        pipe.in.close();
        std::size_t seen = 0;
        for (auto& reader : readers) {
            const auto texts = runtime.block_on([&]() -> edo::Task<std::vector<std::string>> {
                co_return (co_await reader).value();
            });
            for (const std::string& text : texts) {
                seen += text.size();
            }
        }
        BOOST_TEST(seen == size);
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
