// SPDX-License-Identifier: MIT
#include "net/net_test.hpp"
#include "support/cancel_driver.hpp"
#include "support/temporary_directory.hpp"
#include <edo/net/pipe.hpp>
#include <edo/runtime/io/buf_reader.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <csignal>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace edo;
using namespace edo::test;
using io::OwnedFd;
using net::pipe::OpenOptions;
using net::pipe::Receiver;
using net::pipe::Sender;

BOOST_AUTO_TEST_SUITE(pipes)

namespace {

struct PipeEnds {
    PipeEnds() {
        auto both = must(net::pipe::pipe());
        sender = std::move(both.first);
        receiver = std::move(both.second);
    }
    Sender sender;
    Receiver receiver;
};

std::string make_fifo(const TemporaryDirectory& directory) {
    std::string path = directory.file("fifo");
    BOOST_REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    return path;
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_is_written_is_read_and_the_end_follows) {
    on_every_runtime([]() -> Task<void> {
        PipeEnds ends;
        const std::string large(1024 * 1024, 'p');
        auto [written, got] = co_await join(
            [](Sender sender, const std::string& text) -> Task<Result<void>> {
                const auto done = co_await sender.write_all(text);
                sender = Sender();  // now, and not when both branches are over
                co_return done;
            }(std::move(ends.sender), large),
            read_to_end(ends.receiver));
        BOOST_TEST(written.has_value());
        BOOST_TEST((got == large));
    });
}

BOOST_AUTO_TEST_CASE(a_pipe_without_a_reader_is_broken_and_raises_no_signal) {
    // The default action of SIGPIPE would end the test.
    struct sigaction action{};
    action.sa_handler = SIG_DFL;
    BOOST_REQUIRE(::sigaction(SIGPIPE, &action, nullptr) == 0);
    on_every_runtime([]() -> Task<void> {
        PipeEnds ends;
        ends.receiver = Receiver();
        const auto one = co_await ends.sender.write("x");
        BOOST_TEST((one.error() == std::errc::broken_pipe));
        const auto all = co_await ends.sender.write_all("x");
        BOOST_TEST((all.error() == std::errc::broken_pipe));
        const std::array<std::span<const std::byte>, 2> parts = {bytes("a"), bytes("b")};
        const auto vectored = co_await ends.sender.write_vectored(parts);
        BOOST_TEST((vectored.error() == std::errc::broken_pipe));
        const auto tried = ends.sender.try_write("x");
        BOOST_TEST((tried.error() == std::errc::broken_pipe));
        sigset_t pending;
        sigpending(&pending);
        BOOST_TEST(sigismember(&pending, SIGPIPE) == 0);
    });
}

BOOST_AUTO_TEST_CASE(a_writer_that_waits_learns_that_the_reader_has_gone) {
    on_every_runtime([]() -> Task<void> {
        PipeEnds ends;
        static_cast<void>(fill(ends.sender));
        auto [written, dropped] =
            co_await join(ends.sender.write_all("more"), [](Receiver receiver) -> Task<int> {
                co_await yield_now();
                receiver = Receiver();
                co_return 0;
            }(std::move(ends.receiver)));
        BOOST_TEST(dropped == 0);
        BOOST_TEST((written.error() == std::errc::broken_pipe));
    });
}

BOOST_AUTO_TEST_CASE(all_ways_to_read_and_write_work) {
    on_every_runtime([]() -> Task<void> {
        PipeEnds ends;
        std::string buffer(8, '\0');
        const auto nothing = ends.receiver.try_read(room(buffer));
        BOOST_TEST((nothing.error() == std::errc::operation_would_block));
        const std::array<std::span<const std::byte>, 3> parts = {bytes("ab"), bytes(""),
                                                                 bytes("cde")};
        BOOST_TEST(must(co_await ends.sender.write_vectored(parts)) == 5u);
        must(co_await ends.receiver.readable());
        const std::array<std::span<std::byte>, 2> rooms = {room(buffer).first(1),
                                                           room(buffer).subspan(1)};
        BOOST_TEST(must(co_await ends.receiver.read_vectored(rooms)) == 5u);
        BOOST_TEST(buffer.substr(0, 5) == "abcde");
        BOOST_TEST(must(ends.sender.try_write("xyz")) == 3u);
        const std::string exact = co_await read_exactly(ends.receiver, 3);
        BOOST_TEST(exact == "xyz");
        const std::size_t filled = fill(ends.sender);
        BOOST_TEST(filled == 65536u);
        static_cast<void>(co_await read_exactly(ends.receiver, filled));
        must(co_await ends.sender.writable());
        const auto empty = co_await ends.receiver.read(room(buffer).first(0));
        BOOST_TEST(must(empty) == 0u);
    });
}

BOOST_AUTO_TEST_CASE(lines_can_be_read_from_a_pipe) {
    on_every_runtime([]() -> Task<void> {
        PipeEnds ends;
        must(co_await ends.sender.write_all("one\ntwo"));
        ends.sender = Sender();
        io::BufReader reader(std::move(ends.receiver));
        auto lines = reader.lines();
        const auto one = co_await lines.next_line();
        BOOST_TEST((must(one) == "one"));
        const auto two = co_await lines.next_line();
        BOOST_TEST((must(two) == "two"));
    });
}

BOOST_AUTO_TEST_CASE(descriptors_come_and_go) {
    on_every_runtime([]() -> Task<void> {
        int raw[2];
        BOOST_REQUIRE(::pipe(raw) == 0);
        BOOST_TEST(
            (Sender::from_fd(OwnedFd(::dup(raw[0]))).error() == std::errc::invalid_argument));
        BOOST_TEST(
            (Receiver::from_fd(OwnedFd(::dup(raw[1]))).error() == std::errc::invalid_argument));
        BOOST_TEST((Receiver::from_fd(OwnedFd(::open("/dev/null", O_RDONLY))).error() ==
                    std::errc::invalid_argument));
        auto receiver = must(Receiver::from_fd(OwnedFd(raw[0])));
        auto sender = must(Sender::from_fd(OwnedFd(raw[1])));
        BOOST_TEST((::fcntl(raw[0], F_GETFD) & FD_CLOEXEC) != 0);
        must(co_await sender.write_all("x"));
        const std::string got = co_await read_text(receiver);
        BOOST_TEST(got == "x");
        const OwnedFd blocking = must(std::move(sender).into_blocking_fd());
        BOOST_TEST((::fcntl(blocking.descriptor(), F_GETFL) & O_NONBLOCK) == 0);
        const OwnedFd other = std::move(receiver).into_fd();
        BOOST_TEST((::fcntl(other.descriptor(), F_GETFL) & O_NONBLOCK) != 0);
        BOOST_CHECK_THROW(static_cast<void>(sender.write("x")), UsageError);
        BOOST_CHECK_THROW(static_cast<void>(std::move(receiver).into_fd()), UsageError);
    });
}

BOOST_AUTO_TEST_CASE(a_fifo_connects_two_who_know_its_path) {
    on_every_runtime([]() -> Task<void> {
        const TemporaryDirectory directory;
        const std::string path = make_fifo(directory);
        const auto nobody = OpenOptions().open_sender(path);
        BOOST_REQUIRE(!nobody.has_value());
        BOOST_TEST((nobody.error() == std::errc::no_such_device_or_address));
        BOOST_TEST(nobody.error().message().find(path) != std::string::npos);
        BOOST_TEST(nobody.error().message().find("read_write") != std::string::npos);
        auto receiver = must(OpenOptions().open_receiver(path));
        auto sender = must(OpenOptions().open_sender(path));
        must(co_await sender.write_all("through the file system"));
        sender = Sender();
        const std::string got = co_await read_to_end(receiver);
        BOOST_TEST(got == "through the file system");
    });
}

BOOST_AUTO_TEST_CASE(a_fifo_that_is_open_in_both_directions_does_not_end) {
    on_every_runtime([]() -> Task<void> {
        const TemporaryDirectory directory;
        const std::string path = make_fifo(directory);
        auto sender = must(OpenOptions().read_write(true).open_sender(path));
        must(co_await sender.write_all("early"));  // before there is a reader
        auto receiver = must(OpenOptions().read_write(true).open_receiver(path));
        const std::string got = co_await read_text(receiver);
        BOOST_TEST(got == "early");
        sender = Sender();
        const auto pending = co_await select(biased, read_text(receiver), sleep(5ms));
        BOOST_TEST(pending.is<1>());
    });
}

BOOST_AUTO_TEST_CASE(other_files_are_no_fifos_unless_nobody_looks) {
    on_every_runtime([]() -> Task<void> {
        const TemporaryDirectory directory;
        const auto missing = OpenOptions().open_receiver(directory.file("missing"));
        BOOST_TEST((missing.error() == std::errc::no_such_file_or_directory));
        const auto null = OpenOptions().open_sender("/dev/null");
        BOOST_REQUIRE(!null.has_value());
        BOOST_TEST((null.error() == std::errc::invalid_argument));
        BOOST_TEST(null.error().message().find("not a FIFO") != std::string::npos);
        BOOST_TEST(OpenOptions().unchecked(true).open_sender("/dev/null").has_value());
        co_return;
    });
}

namespace {

class Reading : public CancelScenario {
public:
    Task<void> subject() override { got_ = co_await read_text(ends_.receiver); }
    void suspended(std::size_t /*n*/) override { send(); }
    Task<void> check(bool completed) override {
        send();
        if (!completed) {
            got_ = co_await read_exactly(ends_.receiver, 5);
        }
        BOOST_TEST(got_ == "hello");
    }

private:
    void send() {
        if (!sent_) {
            BOOST_TEST(must(ends_.sender.try_write("hello")) == 5u);
            sent_ = true;
        }
    }
    PipeEnds ends_;
    std::string got_;
    bool sent_ = false;
};

class Writing : public CancelScenario {
public:
    Writing() : filled_(fill(ends_.sender)) {}
    Task<void> subject() override { must(co_await ends_.sender.write("x")); }
    void suspended(std::size_t /*n*/) override { drain(); }
    Task<void> check(bool completed) override {
        drain();
        ends_.sender = Sender();
        const std::string rest = co_await read_to_end(ends_.receiver);
        BOOST_TEST(rest == (completed ? "x" : ""));
    }

private:
    void drain() {
        std::string part(filled_, '\0');
        if (filled_ > 0) {
            BOOST_TEST(must(ends_.receiver.try_read(room(part))) == filled_);
            filled_ = 0;
        }
    }
    PipeEnds ends_;
    std::size_t filled_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(reads_and_writes_can_be_cancelled_at_every_suspension) {
    on_every_runtime([]() -> Task<void> {
        const Driven reading = co_await drive<Reading>();
        BOOST_TEST(reading.suspensions >= 1u);
        const Driven writing = co_await drive<Writing>();
        BOOST_TEST(writing.suspensions >= 1u);
    });
}

BOOST_AUTO_TEST_SUITE_END()
