// SPDX-License-Identifier: MIT
#include "net/net_test.hpp"
#include "support/cancel_driver.hpp"
#include "support/temporary_directory.hpp"
#include <edo/net/unix_listener.hpp>
#include <edo/net/unix_stream.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <cstddef>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

using namespace edo;
using namespace edo::test;
using net::UnixAddr;
using net::UnixListener;
using net::UnixStream;

BOOST_AUTO_TEST_SUITE(unix_stream)

namespace {

struct UnixPair {
    UnixPair() {
        auto both = must(UnixStream::pair());
        near = std::move(both.first);
        far = std::move(both.second);
    }
    UnixStream near;
    UnixStream far;
};

/// A name that nobody else uses.
UnixAddr abstract_name() {
    static int counter = 0;
    return must(UnixAddr::from_abstract_name("edo-test-" + std::to_string(::getpid()) + '-' +
                                             std::to_string(++counter)));
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_client_and_a_server_talk_over_a_path) {
    on_every_runtime([]() -> Task<void> {
        const TemporaryDirectory directory;
        const std::string path = directory.file("socket");
        auto listener = must(UnixListener::bind(path));
        BOOST_TEST((must(listener.local_addr()).path() == path));
        auto [connected, accepted] = co_await join(UnixStream::connect(path), listener.accept());
        UnixStream client = must(std::move(connected));
        auto [server, from] = must(std::move(accepted));
        BOOST_TEST(from.is_unnamed());
        BOOST_TEST((must(client.peer_addr()).path() == path));
        BOOST_TEST((must(server.local_addr()).path() == path));
        BOOST_TEST(must(client.local_addr()).is_unnamed());
        must(co_await client.write_all("hello"));
        const std::string got = co_await read_exactly(server, 5);
        BOOST_TEST(got == "hello");
        must(co_await server.write_all("world"));
        must(co_await server.shutdown());
        const std::string answer = co_await read_to_end(client);
        BOOST_TEST(answer == "world");
    });
}

BOOST_AUTO_TEST_CASE(abstract_names_need_no_file_and_are_free_again_after_use) {
    on_every_runtime([]() -> Task<void> {
        const UnixAddr name = abstract_name();
        for (int i = 0; i < 2; ++i) {
            auto listener = must(UnixListener::bind(name));
            BOOST_TEST((must(listener.local_addr()) == name));
            auto [connected, accepted] =
                co_await join(UnixStream::connect(name), listener.accept());
            BOOST_TEST((must(must(std::move(connected)).peer_addr()) == name));
            BOOST_TEST(accepted.has_value());
        }
        const auto nobody = co_await UnixStream::connect(name);
        BOOST_REQUIRE(!nobody.has_value());
        BOOST_TEST((nobody.error() == std::errc::connection_refused));
        BOOST_TEST(nobody.error().message().find("cannot connect to @edo-test-") == 0u);
    });
}

BOOST_AUTO_TEST_CASE(errors_name_the_path_and_say_what_to_do) {
    on_every_runtime([]() -> Task<void> {
        const TemporaryDirectory directory;
        const std::string path = directory.file("socket");

        const auto missing = co_await UnixStream::connect(path);
        BOOST_REQUIRE(!missing.has_value());
        BOOST_TEST((missing.error() == std::errc::no_such_file_or_directory));
        BOOST_TEST(missing.error().message() ==
                   "cannot connect to " + path + ": No such file or directory");
        BOOST_TEST(missing.error().address() == path);

        const auto no_directory = UnixListener::bind(directory.file("no/socket"));
        BOOST_REQUIRE(!no_directory.has_value());
        BOOST_TEST((no_directory.error() == std::errc::no_such_file_or_directory));
        BOOST_TEST(no_directory.error().message().find("its directory does not exist") !=
                   std::string::npos);
        {
            const auto listener = must(UnixListener::bind(path));
        }
        const auto in_use = UnixListener::bind(path);
        BOOST_REQUIRE(!in_use.has_value());
        BOOST_TEST((in_use.error() == std::errc::address_in_use));
        BOOST_TEST(in_use.error().message().find("cannot listen on " + path) == 0u);
        BOOST_TEST(in_use.error().message().find("remove it") != std::string::npos);

        const auto left_behind = co_await UnixStream::connect(path);
        BOOST_REQUIRE(!left_behind.has_value());
        BOOST_TEST((left_behind.error() == std::errc::connection_refused));
        BOOST_TEST(left_behind.error().message().find("nobody listens") != std::string::npos);

        const std::string long_path = directory.file(std::string(100, 'x'));
        const auto too_long = UnixListener::bind(long_path);
        BOOST_REQUIRE(!too_long.has_value());
        BOOST_TEST((too_long.error() == std::errc::filename_too_long));
        BOOST_TEST(too_long.error().message().find("107 at most") != std::string::npos);
        const auto connect_too_long = co_await UnixStream::connect(long_path);
        BOOST_REQUIRE(!connect_too_long.has_value());
        BOOST_TEST((connect_too_long.error() == std::errc::filename_too_long));
    });
}

BOOST_AUTO_TEST_CASE(paths_of_the_greatest_length_work) {
    on_every_runtime([]() -> Task<void> {
        const TemporaryDirectory directory;
        const std::string path =
            directory.file(std::string(UnixAddr::kLongest - directory.path().size() - 1, 'x'));
        BOOST_TEST(path.size() == 107u);
        auto listener = must(UnixListener::bind(path));
        BOOST_TEST((must(listener.local_addr()).path() == path));
        auto [connected, accepted] = co_await join(UnixStream::connect(path), listener.accept());
        BOOST_TEST(connected.has_value());
        BOOST_TEST(accepted.has_value());
        BOOST_TEST((must(connected->peer_addr()).path() == path));
    });
}

BOOST_AUTO_TEST_CASE(addresses_are_checked_and_printed) {
    BOOST_TEST(UnixAddr().is_unnamed());
    BOOST_TEST(UnixAddr().to_string() == "(unnamed)");
    const UnixAddr path = must(UnixAddr::from_path("/tmp/a"));
    BOOST_TEST((path.path() == "/tmp/a"));
    BOOST_TEST(!path.abstract_name().has_value());
    BOOST_TEST(path.to_string() == "/tmp/a");
    const UnixAddr name = must(UnixAddr::from_abstract_name(std::string_view("a\0b", 3)));
    BOOST_TEST((name.abstract_name() == std::string_view("a\0b", 3)));
    BOOST_TEST(!name.path().has_value());
    BOOST_TEST(name.to_string() == "@a?b");
    BOOST_TEST((name != path));
    const auto empty = UnixAddr::from_path("");
    BOOST_TEST((empty.error() == std::errc::invalid_argument));
    const auto zero = UnixAddr::from_path(std::string_view("a\0b", 3));
    BOOST_TEST((zero.error() == std::errc::invalid_argument));
}

BOOST_AUTO_TEST_CASE(each_end_knows_the_process_of_the_other) {
    on_every_runtime([]() -> Task<void> {
        const UnixPair pair;
        const net::UCred peer = must(pair.near.peer_cred());
        BOOST_TEST((peer.pid == ::getpid()));
        BOOST_TEST(peer.uid == ::geteuid());
        BOOST_TEST(peer.gid == ::getegid());
        co_return;
    });
}

BOOST_AUTO_TEST_CASE(large_transfers_arrive_whole_in_both_directions) {
    on_every_runtime([]() -> Task<void> {
        UnixPair pair;
        auto [reader, writer] = pair.near.split();
        const std::string large(1024 * 1024, 'v');
        auto [sent, received, written, echoed] =
            co_await join(pair.far.write_all(large), read_exactly(reader, large.size()),
                          writer.write_all(large), read_exactly(pair.far, large.size()));
        BOOST_TEST(sent.has_value());
        BOOST_TEST(written.has_value());
        BOOST_TEST((received == large));
        BOOST_TEST((echoed == large));
    });
}

BOOST_AUTO_TEST_CASE(owned_halves_end_the_stream_and_can_be_reunited) {
    on_every_runtime([]() -> Task<void> {
        UnixPair pair;
        auto [reader, writer] = std::move(pair.near).into_split();
        BOOST_CHECK_THROW(static_cast<void>(pair.near.local_addr()), UsageError);
        {
            const net::UnixOwnedWriteHalf dropped = std::move(writer);
        }
        const std::string end = co_await read_text(pair.far);
        BOOST_TEST(end.empty());
        must(co_await pair.far.write_all("still heard"));
        const std::string got = co_await read_text(reader);
        BOOST_TEST(got == "still heard");

        UnixPair other;
        auto halves = std::move(other.near).into_split();
        UnixStream whole = std::move(halves.first).reunite(std::move(halves.second));
        must(co_await whole.write_all("whole"));
        const std::string text = co_await read_text(other.far);
        BOOST_TEST(text == "whole");
    });
}

BOOST_AUTO_TEST_CASE(vectored_and_try_operations_work_as_on_tcp) {
    on_every_runtime([]() -> Task<void> {
        UnixPair pair;
        std::string buffer(8, '\0');
        const auto nothing = pair.near.try_read(room(buffer));
        BOOST_TEST((nothing.error() == std::errc::operation_would_block));
        const std::array<std::span<const std::byte>, 3> parts = {bytes("ab"), bytes(""),
                                                                 bytes("cde")};
        const auto written = co_await pair.far.write_vectored(parts);
        BOOST_TEST(must(written) == 5u);
        must(co_await pair.near.readable());
        std::string peeked(2, '\0');
        static_cast<void>(must(co_await pair.near.peek(room(peeked))));
        BOOST_TEST(peeked == "ab");
        const std::array<std::span<std::byte>, 2> rooms = {room(buffer).first(1),
                                                           room(buffer).subspan(1)};
        const auto got = co_await pair.near.read_vectored(rooms);
        BOOST_TEST(must(got) == 5u);
        BOOST_TEST(buffer.substr(0, 5) == "abcde");
        BOOST_TEST(must(pair.far.try_write_vectored(parts)) == 5u);
        must(co_await pair.near.readable());
        BOOST_TEST(must(pair.near.try_read_vectored(rooms)) == 5u);
        const std::size_t filled = fill(pair.far);
        BOOST_TEST(filled > 0u);
    });
}

BOOST_AUTO_TEST_CASE(writing_to_a_peer_that_has_gone_fails_without_a_signal) {
    on_every_runtime([]() -> Task<void> {
        UnixPair pair;
        pair.far = UnixStream();
        const auto written = co_await pair.near.write("x");
        BOOST_TEST((written.error() == std::errc::broken_pipe));
        const std::array<int, 1> fds = {0};
        const auto sent = co_await pair.near.send_with_fds(bytes("x"), fds);
        BOOST_TEST((sent.error() == std::errc::broken_pipe));
    });
}

BOOST_AUTO_TEST_CASE(descriptors_are_checked_when_taken_over) {
    on_every_runtime([]() -> Task<void> {
        int pair[2];
        BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) == 0);
        BOOST_TEST((UnixStream::from_fd(pair[0]).error() == std::errc::invalid_argument));
        BOOST_TEST((UnixListener::from_fd(pair[1]).error() == std::errc::invalid_argument));
        const int tcp = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        BOOST_TEST((UnixStream::from_fd(tcp).error() == std::errc::invalid_argument));
        BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
        auto near = must(UnixStream::from_fd(pair[0]));
        auto far = must(UnixStream::from_fd(pair[1]));
        BOOST_TEST((::fcntl(pair[0], F_GETFD) & FD_CLOEXEC) != 0);
        must(co_await near.write_all("x"));
        const std::string got = co_await read_text(far);
        BOOST_TEST(got == "x");
        const int given = std::move(near).into_fd();
        BOOST_TEST(given == pair[0]);
        ::close(given);
    });
}

// The queue of the listener is full: a Unix socket says so instead of waiting.
BOOST_AUTO_TEST_CASE(a_connect_waits_for_room_in_the_queue_of_the_server) {
    on_every_runtime([]() -> Task<void> {
        const UnixAddr name = abstract_name();
        const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_un raw{};
        raw.sun_family = AF_UNIX;
        const std::string text(*name.abstract_name());
        text.copy(raw.sun_path + 1, text.size());
        const auto size = socklen_t(offsetof(sockaddr_un, sun_path) + 1 + text.size());
        BOOST_REQUIRE(::bind(descriptor, reinterpret_cast<sockaddr*>(&raw), size) == 0);
        BOOST_REQUIRE(::listen(descriptor, 0) == 0);
        auto listener = must(UnixListener::from_fd(descriptor));
        const auto first = must(co_await UnixStream::connect(name));
        auto second = UnixStream::connect(name);
        const auto early = co_await select(biased, second, sleep(20ms));
        BOOST_TEST(early.is<1>());
        static_cast<void>(must(co_await listener.accept()));
        const auto late = co_await std::move(second);
        BOOST_TEST(late.has_value());
    });
}

namespace {

class ReadingUnix : public CancelScenario {
public:
    Task<void> subject() override { got_ = co_await read_text(pair_.near); }
    void suspended(std::size_t /*n*/) override { send(); }
    Task<void> check(bool completed) override {
        send();
        if (!completed) {
            got_ = co_await read_exactly(pair_.near, 5);
        }
        BOOST_TEST(got_ == "hello");
    }

protected:
    void send() {
        if (!sent_) {
            BOOST_TEST(must(pair_.far.try_write("hello")) == 5u);
            sent_ = true;
        }
    }
    UnixPair pair_;
    std::string got_;
    bool sent_ = false;
};

class AcceptingUnix : public CancelScenario {
public:
    AcceptingUnix() : name_(abstract_name()), listener_(must(UnixListener::bind(name_))) {}
    Task<void> subject() override { static_cast<void>(must(co_await listener_.accept())); }
    Task<void> peer() override {
        auto client = must(co_await UnixStream::connect(name_));
        static_cast<void>(co_await read_to_end(client));
    }
    Task<void> check(bool completed) override {
        if (!completed) {
            static_cast<void>(must(co_await listener_.accept()));
        }
    }

private:
    UnixAddr name_;
    UnixListener listener_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(reads_can_be_cancelled_at_every_suspension) {
    on_every_runtime([]() -> Task<void> {
        const Driven driven = co_await drive<ReadingUnix>();
        BOOST_TEST(driven.suspensions >= 1u);
    });
}

BOOST_AUTO_TEST_CASE(an_accept_can_be_cancelled_at_every_suspension) {
    on_every_runtime([]() -> Task<void> { static_cast<void>(co_await drive<AcceptingUnix>()); });
}

BOOST_AUTO_TEST_SUITE_END()
