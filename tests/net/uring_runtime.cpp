// SPDX-License-Identifier: MIT
// Runtimes with io_uring: when they have a ring, and whose it is.

#include "uring_test.hpp"
#include <edo/runtime/block_in_place.hpp>

#include <boost/test/unit_test.hpp>

#include <optional>
#include <string>
#include <thread>

using namespace edo;
using namespace edo::test;
using net::TcpStream;

BOOST_AUTO_TEST_SUITE(uring_runtime)

namespace {

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

BOOST_AUTO_TEST_CASE(a_runtime_with_one_worker_has_a_ring, *needs_io_uring()) {
    const std::size_t before = open_rings();
    {
        Runtime runtime = uring_on_this_thread().build();
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
    for (Builder builder : {uring_on_this_thread(), uring_on_a_worker()}) {
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
BOOST_AUTO_TEST_CASE(a_runtime_that_loses_its_ring_goes_on_with_epoll, *needs_io_uring()) {
    const LeakGuard guard;
    Runtime runtime = uring_on_this_thread().build();
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

BOOST_AUTO_TEST_CASE(a_runtime_may_be_driven_by_one_thread_after_another, *needs_io_uring()) {
    const LeakGuard guard;
    Runtime runtime = uring_on_this_thread().build();
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

BOOST_AUTO_TEST_CASE(a_worker_that_moves_to_another_thread_takes_its_streams_along,
                     *needs_io_uring()) {
    with_io_uring([]() -> Task<void> {
        if (Handle::current().flavor() == Flavor::CurrentThread) {
            co_return;  // it has no other thread to move to
        }
        RawPair pair;
        for (int i = 0; i < 3; ++i) {
            co_await start_receiving(pair.stream);
            block_in_place([&] { pair.send("moved"); });
            const std::string got = co_await read_exactly(pair.stream, 5);
            expect_same(got, "moved");
        }
    });
}

BOOST_AUTO_TEST_SUITE_END()
