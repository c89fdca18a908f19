// SPDX-License-Identifier: MIT
// What is peculiar to io_uring: the kernel receives before anybody reads. That it works like the
// other reactors is what all tests of sockets check, which run on it too.

#include "net_test.hpp"
#include <edo/runtime/block_in_place.hpp>
#include <edo/runtime/reactor/reactor.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <memory>
#include <optional>
#include <random>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <thread>

using namespace edo;
using namespace edo::test;
using net::TcpStream;

BOOST_AUTO_TEST_SUITE(io_uring)

namespace {

std::size_t open_rings() {
    std::size_t rings = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code gone;
        const auto target = std::filesystem::read_symlink(entry, gone).string();
        rings += target.find("[io_uring]") != std::string::npos ? 1 : 0;
    }
    return rings;
}

/// Whether this system lets us have one; where not, there is nothing to test but the way out.
bool is_available() {
    return detail::make_uring_reactor() != nullptr;
}

Builder on_this_thread() {
    return Builder::current_thread().reactor(ReactorKind::IoUring);
}

/// The current_thread and the multi_thread kind, where io_uring can be had.
template <class Body>
void with_io_uring(Body body) {
    if (!is_available()) {
        BOOST_TEST_MESSAGE("skipped: this system refuses io_uring");
        return;
    }
    for (Builder builder :
         {on_this_thread(), Builder::multi_thread(1).reactor(ReactorKind::IoUring)}) {
        const LeakGuard guard;
        Runtime runtime = builder.build();
        // Spawned: on the worker, whose ring it is.
        runtime.block_on([&]() -> Task<void> { must(co_await spawn(body())); });
    }
}

/// Leaves a receive with the kernel, and nobody who waits for it.
Task<void> start_receiving(TcpStream& stream) {
    const auto nothing = co_await select(biased, read_text(stream), sleep(2ms));
    if (!nothing.is<1>()) {
        throw std::logic_error("there was something to read");
    }
}

std::string pattern(std::size_t size, unsigned seed) {
    std::string text(size, '\0');
    std::minstd_rand random(seed + 1);
    for (char& c : text) {
        c = static_cast<char>('a' + random() % 26);
    }
    return text;
}

/// Makes the system refuse io_uring to the calling thread and those that it starts.
void forbid_io_uring() {
    std::array<sock_filter, 4> program = {{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    }};
    const sock_fprog filter = {program.size(), program.data()};
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) != 0) {
        throw std::system_error(errno, std::generic_category(), "seccomp");
    }
}

Task<std::string> talk() {
    Pair pair = co_await connected_pair();
    const auto answer = [](TcpStream& stream) -> Task<void> {
        must(co_await stream.write_all(co_await read_text(stream)));
    };
    const auto ask = [](TcpStream& stream) -> Task<std::string> {
        must(co_await stream.write_all("hello"));
        co_return co_await read_text(stream);
    };
    auto [nothing, answered] = co_await join(answer(pair.server), ask(pair.client));
    co_return answered;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_runtime_with_one_worker_has_a_ring) {
    if (!is_available()) {
        return;
    }
    const std::size_t before = open_rings();
    {
        Runtime runtime = on_this_thread().build();
        BOOST_TEST(open_rings() == before + 1);
        BOOST_TEST(runtime.block_on(talk()) == "hello");
        BOOST_TEST(open_rings() == before + 1);
    }
    {
        const Runtime runtime = Builder::multi_thread(2).reactor(ReactorKind::IoUring).build();
        BOOST_TEST(open_rings() == before);
    }
    BOOST_TEST(open_rings() == before);
}

BOOST_AUTO_TEST_CASE(where_io_uring_is_refused_epoll_takes_its_place) {
    for (Builder builder :
         {on_this_thread(), Builder::multi_thread(1).reactor(ReactorKind::IoUring)}) {
        const LeakGuard guard;
        const std::size_t before = open_rings();
        std::string answered;
        std::size_t rings = 1;
        std::thread([&] {
            forbid_io_uring();
            Runtime runtime = builder.build();
            rings = open_rings() - before;
            answered = runtime.block_on(talk());
        }).join();
        BOOST_TEST(answered == "hello");
        BOOST_TEST(rings == 0);
    }
}

// The ring was opened by another thread, and the one that drives the runtime now gets none.
BOOST_AUTO_TEST_CASE(a_runtime_that_loses_its_ring_goes_on_with_epoll) {
    if (!is_available()) {
        return;
    }
    const LeakGuard guard;
    Runtime runtime = on_this_thread().build();
    std::optional<Pair> pair;
    runtime.block_on([&]() -> Task<void> {
        pair.emplace(co_await connected_pair());
        co_await start_receiving(pair->server);
        must(co_await pair->client.write_all("before "));
        co_await sleep(2ms);
    });
    std::string got;
    std::thread([&] {
        forbid_io_uring();
        got = runtime.block_on([&]() -> Task<std::string> {
            std::string all = co_await read_exactly(pair->server, 7);
            const auto write = [](TcpStream& to) -> Task<void> {
                co_await sleep(2ms);
                must(co_await to.write_all("after"));
            };
            auto [late, nothing] =
                co_await join(read_exactly(pair->server, 5), write(pair->client));
            co_return all + late + co_await talk();
        });
    }).join();
    BOOST_TEST(got == "before afterhello");
    pair.reset();
}

BOOST_AUTO_TEST_CASE(a_runtime_may_be_driven_by_one_thread_after_another) {
    if (!is_available()) {
        return;
    }
    const LeakGuard guard;
    Runtime runtime = on_this_thread().build();
    std::optional<Pair> pair;
    runtime.block_on([&]() -> Task<void> { pair.emplace(co_await connected_pair()); });
    std::string got;
    for (int i = 0; i < 4; ++i) {
        std::thread([&] {
            got += runtime.block_on([&]() -> Task<std::string> {
                // What the previous thread's ring has received, then what is still in the socket.
                std::string old;
                if (i > 0) {
                    old = co_await read_exactly(pair->server, 2);
                }
                co_await start_receiving(pair->server);
                must(co_await pair->client.write_all(std::to_string(i)));
                co_await sleep(2ms);
                must(co_await pair->client.write_all("-"));
                co_return old;
            });
        }).join();
    }
    got += runtime.block_on(read_exactly(pair->server, 2));
    BOOST_TEST(got == "0-1-2-3-");
    pair.reset();
}

BOOST_AUTO_TEST_CASE(a_worker_that_moves_to_another_thread_takes_its_streams_along) {
    with_io_uring([]() -> Task<void> {
        if (Handle::current().flavor() == Flavor::CurrentThread) {
            co_return;  // it has no other thread to move to
        }
        RawPair pair;
        for (int i = 0; i < 3; ++i) {
            co_await start_receiving(pair.stream);
            block_in_place([&] { pair.send("moved"); });
            if (co_await read_exactly(pair.stream, 5) != "moved") {
                throw std::logic_error("lost");
            }
        }
    });
}

BOOST_AUTO_TEST_CASE(what_was_received_while_nobody_read_is_read_in_order) {
    with_io_uring([]() -> Task<void> {
        RawPair pair;
        co_await start_receiving(pair.stream);
        std::string sent;
        for (int i = 0; i < 20; ++i) {
            const std::string part = std::to_string(i) + ",";
            pair.send(part);
            sent += part;
            co_await sleep(1ms);
        }
        std::array<std::byte, 2> peeked{};
        if (must(co_await pair.stream.peek(peeked)) != 2 || text(peeked) != "0,") {
            throw std::logic_error("peek");
        }
        must(co_await pair.stream.readable());
        std::string got;
        while (got.size() < sent.size()) {
            got += co_await read_text(pair.stream, 3);
        }
        if (got != sent) {
            throw std::logic_error("got " + got);
        }
    });
}

BOOST_AUTO_TEST_CASE(a_dropped_read_loses_nothing) {
    with_io_uring([]() -> Task<void> {
        RawPair pair;
        const std::string sent = pattern(3000, 1);
        std::string got;
        std::size_t position = 0;
        unsigned dropped = 0;
        std::minstd_rand random(2);
        while (got.size() < sent.size()) {
            const std::size_t part = std::min<std::size_t>(random() % 4, sent.size() - position);
            pair.send(std::string_view(sent).substr(position, part));
            position += part;
            const auto wait = [](unsigned turns) -> Task<void> {
                for (unsigned i = 0; i < turns; ++i) {
                    co_await yield_now();
                }
            };
            auto first =
                co_await select(wait(random() % 4), read_text(pair.stream, 1 + random() % 5));
            if (first.is<1>()) {
                got += first.get<1>();
            } else {
                ++dropped;
            }
            if (position == sent.size() && dropped % 8 == 0) {
                got += co_await read_text(pair.stream);
            }
        }
        if (got != sent || dropped < 50) {
            throw std::logic_error("dropped " + std::to_string(dropped));
        }
    });
}

BOOST_AUTO_TEST_CASE(a_peer_feels_that_nobody_reads) {
    with_io_uring([]() -> Task<void> {
        Pair pair = co_await connected_pair();
        must(pair.client.set_send_buffer_size(64 * 1024));
        must(pair.server.set_recv_buffer_size(64 * 1024));
        co_await start_receiving(pair.server);
        const std::string sent = pattern(4 << 20, 3);
        std::size_t position = 0;
        for (int idle = 0; idle < 5;) {
            const auto n = pair.client.try_write(std::string_view(sent).substr(position));
            if (n) {
                position += *n;
                idle = 0;
            } else {
                ++idle;
                co_await sleep(2ms);
            }
        }
        if (position >= sent.size()) {
            throw std::logic_error("all was received ahead");
        }
        const auto rest = [&](TcpStream& to) -> Task<void> {
            must(co_await to.write_all(std::string_view(sent).substr(position)));
            must(co_await to.shutdown());
        };
        auto [got, nothing] = co_await join(read_to_end(pair.server), rest(pair.client));
        if (got != sent) {
            throw std::logic_error("changed on the way");
        }
    });
}

BOOST_AUTO_TEST_CASE(streams_work_when_buffers_have_run_out) {
    with_io_uring([]() -> Task<void> {
        std::vector<std::unique_ptr<RawPair>> pairs;
        std::vector<std::string> sent;
        for (unsigned i = 0; i < 80; ++i) {
            pairs.push_back(std::make_unique<RawPair>());
            co_await select(biased, read_text(pairs.back()->stream), yield_now());
            sent.push_back(pattern(40'000, i));
        }
        for (std::size_t sender = 0; sender < pairs.size(); ++sender) {
            pairs[sender]->send(sent[sender]);
            co_await yield_now();
        }
        co_await sleep(5ms);
        for (std::size_t i = 0; i < pairs.size(); ++i) {
            if (co_await read_exactly(pairs[i]->stream, sent[i].size()) != sent[i]) {
                throw std::logic_error("changed on the way");
            }
        }
        // The buffers are back.
        for (const auto& pair : pairs) {
            co_await select(biased, read_text(pair->stream), yield_now());
            pair->send("again");
        }
        for (const auto& pair : pairs) {
            if (co_await read_exactly(pair->stream, 5) != "again") {
                throw std::logic_error("lost");
            }
        }
    });
}

BOOST_AUTO_TEST_CASE(a_closed_stream_is_closed_although_the_kernel_was_receiving) {
    with_io_uring([]() -> Task<void> {
        RawPair pair;
        co_await start_receiving(pair.stream);
        pair.stream = TcpStream();
        char byte = 0;
        // At once: the reactor has not been turned meanwhile.
        if (::recv(pair.peer(), &byte, 1, MSG_DONTWAIT) != 0) {
            throw std::logic_error("it is still open");
        }
    });
}

BOOST_AUTO_TEST_CASE(a_stream_may_be_closed_by_another_thread) {
    with_io_uring([]() -> Task<void> {
        RawPair pair;
        co_await start_receiving(pair.stream);
        pair.send("unread");
        co_await sleep(1ms);
        std::thread([&] { pair.stream = TcpStream(); }).join();
        co_await sleep(1ms);
        char byte = 0;
        if (::recv(pair.peer(), &byte, 1, MSG_DONTWAIT) != 0) {
            throw std::logic_error("it is still open");
        }
    });
}

BOOST_AUTO_TEST_CASE(a_descriptor_that_is_given_away_is_received_for_no_more) {
    with_io_uring([]() -> Task<void> {
        RawPair pair;
        co_await start_receiving(pair.stream);
        const int descriptor = std::move(pair.stream).into_fd();
        pair.send("for its new owner");
        co_await sleep(2ms);
        TcpStream again = must(TcpStream::from_fd(descriptor));
        if (co_await read_text(again) != "for its new owner") {
            throw std::logic_error("lost");
        }
    });
}

BOOST_AUTO_TEST_CASE(a_reset_comes_after_the_bytes_before_it_and_once) {
    with_io_uring([]() -> Task<void> {
        RawPair pair;
        co_await start_receiving(pair.stream);
        pair.send("last words");
        co_await sleep(2ms);
        pair.reset();
        co_await sleep(2ms);
        if (co_await read_text(pair.stream) != "last words") {
            throw std::logic_error("lost");
        }
        std::string buffer(10, '\0');
        const auto failed = co_await pair.stream.read(room(buffer));
        if (failed || failed.error() != std::errc::connection_reset) {
            throw std::logic_error("no reset");
        }
        const auto end = co_await pair.stream.read(room(buffer));
        if (!end || *end != 0) {
            throw std::logic_error("no end");
        }
    });
}

BOOST_AUTO_TEST_CASE(sockets_may_be_read_by_block_on_beside_the_worker) {
    if (!is_available()) {
        return;
    }
    const LeakGuard guard;
    Runtime runtime = Builder::multi_thread(1).reactor(ReactorKind::IoUring).build();
    runtime.block_on([]() -> Task<void> {
        Pair pair = co_await connected_pair();
        auto echo = spawn(
            [](TcpStream stream) -> Task<void> {
                for (std::string part; !(part = co_await read_text(stream)).empty();) {
                    must(co_await stream.write_all(part));
                }
            },
            std::move(pair.server));
        for (int i = 0; i < 2000; ++i) {
            const std::string sent = std::to_string(i);
            must(co_await pair.client.write_all(sent));
            const std::string got = co_await read_exactly(pair.client, sent.size());
            BOOST_REQUIRE(got == sent);
        }
        must(co_await pair.client.shutdown());
        must(co_await echo);
    });
}

BOOST_AUTO_TEST_CASE(many_connections_talk_at_once) {
    with_io_uring([]() -> Task<void> {
        Listening listening = co_await listen_on_loopback();
        constexpr unsigned kConnections = 150;
        auto server = spawn(
            [](net::TcpListener listener) -> Task<void> {
                std::vector<JoinHandle<void>> all;
                for (unsigned i = 0; i < kConnections; ++i) {
                    auto [stream, peer] = must(co_await listener.accept());
                    all.push_back(spawn(
                        [](TcpStream connection) -> Task<void> {
                            for (std::string part;
                                 !(part = co_await read_text(connection, 1000)).empty();) {
                                must(co_await connection.write_all(part));
                            }
                        },
                        std::move(stream)));
                }
                for (auto& each : all) {
                    must(co_await each);
                }
            },
            std::move(listening.listener));
        std::vector<JoinHandle<void>> clients;
        for (unsigned i = 0; i < kConnections; ++i) {
            clients.push_back(spawn(
                [](net::SocketAddr address, unsigned seed) -> Task<void> {
                    TcpStream stream = must(co_await TcpStream::connect(address));
                    std::minstd_rand random(seed + 1);
                    for (unsigned round = 0; round < 20; ++round) {
                        const std::string sent = pattern(1 + random() % 6000, round);
                        must(co_await stream.write_all(sent));
                        if (co_await read_exactly(stream, sent.size()) != sent) {
                            throw std::logic_error("changed on the way");
                        }
                    }
                },
                listening.address, i));
        }
        for (auto& each : clients) {
            must(co_await each);
        }
        must(co_await server);
    });
}

BOOST_AUTO_TEST_SUITE_END()
