// SPDX-License-Identifier: MIT
// What the tests of io_uring share.
//
// They are about what is peculiar to it: the kernel receives before anybody reads. That it works
// like the other reactors is what all tests of sockets check, which run on it too.
#pragma once

#include "net_test.hpp"

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <string>

namespace edo::test {

/// Rings that this process has open.
[[nodiscard]] std::size_t open_rings();

/// For a test case: it is skipped, by name, where the system refuses io_uring or edo is without it.
[[nodiscard]] boost::unit_test::precondition needs_io_uring();

[[nodiscard]] Builder uring_on_this_thread();
[[nodiscard]] Builder uring_on_a_worker();

/// Spawns the coroutine that `body` makes, so that it runs on the worker whose ring it is, on a
/// current_thread and on a multi_thread runtime. It throws where it finds a mistake.
template <class Body>
void with_io_uring(Body body) {
    for (Builder builder : {uring_on_this_thread(), uring_on_a_worker()}) {
        const LeakGuard guard;
        Runtime runtime = builder.build();
        runtime.block_on([&]() -> Task<void> { must(co_await spawn(body())); });
    }
}

/// Leaves a receive with the kernel, and nobody who waits for it.
[[nodiscard]] Task<void> start_receiving(net::TcpStream& stream);

/// The same, and waits until what `pair` sends then has been received.
[[nodiscard]] Task<void> receive_ahead(RawPair& pair, std::string text);

/// Throws unless the two are equal.
void expect_same(const std::string& got, const std::string& expected);

/// Letters at random.
[[nodiscard]] std::string letters(std::size_t size, unsigned seed);

/// Makes the system refuse io_uring to the calling thread and those that it starts.
void forbid_io_uring();

}  // namespace edo::test
