// SPDX-License-Identifier: MIT
#include "net/net_test.hpp"
#include "support/cancel_driver.hpp"
#include "support/temporary_directory.hpp"
#include <edo/net/async_fd.hpp>
#include <edo/runtime/io/owned_fd.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

using namespace edo;
using namespace edo::test;
using io::OwnedFd;
using net::AsyncFd;
using net::Interest;

BOOST_AUTO_TEST_SUITE(async_fd)

namespace {

/// A pair of connected stream sockets, and the usual calls on them.
struct SocketPair {
    SocketPair() {
        int both[2];
        BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, both) ==
                      0);
        near = OwnedFd(both[0]);
        far = OwnedFd(both[1]);
    }
    void send(std::string_view text) const {
        BOOST_REQUIRE(::write(far.descriptor(), text.data(), text.size()) == ssize_t(text.size()));
    }
    OwnedFd near;
    OwnedFd far;
};

Result<std::string> read_once(int descriptor, std::size_t most = 100) {
    std::string buffer(most, '\0');
    const ssize_t n = ::read(descriptor, buffer.data(), most);
    if (n < 0) {
        return failure(std::error_code(errno, std::generic_category()));
    }
    buffer.resize(std::size_t(n));
    return buffer;
}

Result<std::string> read_of(const OwnedFd& descriptor) {
    return read_once(descriptor.descriptor());
}

bool is_open(int descriptor) {
    return ::fcntl(descriptor, F_GETFD) >= 0;
}

/// What a wait for `duration` of a task that is not woken looks like.
template <class Wait>
Task<bool> is_pending(Wait wait) {
    auto first = co_await select(biased, std::move(wait), sleep(5ms));
    co_return first.template is<1>();
}

}  // namespace

BOOST_AUTO_TEST_CASE(it_is_writable_at_once_and_readable_when_bytes_come) {
    on_every_runtime([]() -> Task<void> {
        SocketPair pair;
        const auto fd = must(AsyncFd<OwnedFd>::create(std::move(pair.near)));
        const auto writable = co_await fd.writable();
        BOOST_TEST(must(writable).ready().is_writable());
        const bool pending = co_await is_pending(fd.readable());
        BOOST_TEST(pending);
        pair.send("hello");
        auto guard = must(co_await fd.readable());
        BOOST_TEST(guard.ready().is_readable());
        BOOST_TEST(!guard.ready().is_writable());
        const auto text = guard.try_io([&] { return read_of(fd.inner()); });
        BOOST_TEST(must(text) == "hello");
    });
}

BOOST_AUTO_TEST_CASE(readiness_stays_until_it_is_cleared) {
    on_every_runtime([]() -> Task<void> {
        SocketPair pair;
        const auto fd = must(AsyncFd<OwnedFd>::create(std::move(pair.near)));
        pair.send("x");
        for (int i = 0; i < 3; ++i) {
            static_cast<void>(must(co_await fd.readable()));
        }
        auto guard = must(co_await fd.readable());
        static_cast<void>(must(guard.try_io([&] { return read_of(fd.inner()); })));
        guard.clear_ready();
        const bool pending = co_await is_pending(fd.readable());
        BOOST_TEST(pending);
        pair.send("y");
        static_cast<void>(must(co_await fd.readable()));
    });
}

// Edges are epoll's; Asio asks the kernel anew at each wait.
BOOST_AUTO_TEST_CASE(cleared_readiness_comes_back_with_the_next_edge_only) {
    Builder builder = Builder::current_thread();
    Runtime runtime = builder.reactor(ReactorKind::Epoll).build();
    runtime.block_on([]() -> Task<void> {
        SocketPair pair;
        const auto fd = must(AsyncFd<OwnedFd>::create(std::move(pair.near)));
        // Registered by a wait that does not end: the bytes that come then are an edge.
        const bool empty = co_await is_pending(fd.readable());
        BOOST_TEST(empty);
        pair.send("x");
        auto guard = must(co_await fd.readable());
        guard.clear_ready();  // although "x" was not read
        const bool pending = co_await is_pending(fd.readable());
        BOOST_TEST(pending);
        pair.send("y");
        static_cast<void>(must(co_await fd.readable()));
        BOOST_TEST(must(read_of(fd.inner())) == "xy");
    });
}

BOOST_AUTO_TEST_CASE(a_guard_does_not_clear_what_came_after_it) {
    on_every_runtime([]() -> Task<void> {
        SocketPair pair;
        const auto fd = must(AsyncFd<OwnedFd>::create(std::move(pair.near)));
        const bool empty = co_await is_pending(fd.readable());  // registers it
        BOOST_TEST(empty);
        pair.send("x");
        auto old = must(co_await fd.readable());
        static_cast<void>(must(read_of(fd.inner())));
        const bool drained = co_await is_pending([](const auto& f) -> Task<void> {
            auto guard = must(co_await f.readable());
            guard.clear_ready();
            static_cast<void>(must(co_await f.readable()));
        }(fd));
        BOOST_TEST(drained);
        pair.send("y");
        static_cast<void>(must(co_await fd.readable()));  // the event of "y" has been seen
        old.clear_ready();
        static_cast<void>(must(co_await fd.readable()));  // and is not forgotten
    });
}

BOOST_AUTO_TEST_CASE(a_call_that_would_block_clears_the_readiness) {
    on_every_runtime([]() -> Task<void> {
        SocketPair pair;
        const auto fd = must(AsyncFd<OwnedFd>::create(std::move(pair.near)));
        int calls = 0;
        const auto read = [&calls](const OwnedFd& descriptor) {
            ++calls;
            return read_of(descriptor);
        };
        // Nothing is known yet: the call is made, and tells.
        auto nothing = fd.try_io(Interest::Readable, read);
        BOOST_TEST((nothing.error() == std::errc::operation_would_block));
        BOOST_TEST(calls == 1);
        pair.send("a");
        static_cast<void>(must(co_await fd.readable()));
        static_cast<void>(must(fd.try_io(Interest::Readable, read)));
        nothing = fd.try_io(Interest::Readable, read);
        BOOST_TEST((nothing.error() == std::errc::operation_would_block));
        BOOST_TEST(calls == 3);
        nothing = fd.try_io(Interest::Readable, read);
        BOOST_TEST((nothing.error() == std::errc::operation_would_block));
        BOOST_TEST(calls == 3);  // known now
        pair.send("z");
        static_cast<void>(must(co_await fd.readable()));
        const auto some = fd.try_io(Interest::Readable, read);
        BOOST_TEST(must(some) == "z");
    });
}

BOOST_AUTO_TEST_CASE(async_io_waits_and_tries_again) {
    on_every_runtime([]() -> Task<void> {
        SocketPair pair;
        const auto fd = must(AsyncFd<OwnedFd>::create(std::move(pair.near)));
        auto reading = fd.async_io(Interest::Readable, read_of);
        auto [text, sent] = co_await join(std::move(reading), [](SocketPair& p) -> Task<int> {
            for (int i = 0; i < 10; ++i) {
                co_await yield_now();
            }
            p.send("late");
            co_return 0;
        }(pair));
        BOOST_TEST(sent == 0);
        BOOST_TEST(must(text) == "late");
        const auto refused = co_await fd.async_io(Interest::Writable, [](const OwnedFd&) {
            return Result<int>(failure(std::errc::owner_dead));
        });
        BOOST_TEST((refused.error() == std::errc::owner_dead));
    });
}

BOOST_AUTO_TEST_CASE(either_direction_ends_a_wait_for_both) {
    on_every_runtime([]() -> Task<void> {
        SocketPair pair;
        const auto fd = must(AsyncFd<OwnedFd>::create(std::move(pair.near)));
        auto guard = must(co_await fd.ready(Interest::Both));
        BOOST_TEST(guard.ready().is_writable());
        const std::string block(64 * 1024, 'b');
        while (::write(fd.descriptor(), block.data(), block.size()) > 0) {
        }
        const auto full = fd.try_io(Interest::Writable, [&](const OwnedFd& f) -> Result<int> {
            BOOST_TEST(::write(f.descriptor(), "b", 1) < 0);
            return failure(std::errc::operation_would_block);
        });
        BOOST_TEST(!full.has_value());
        const bool pending = co_await is_pending(fd.ready(Interest::Both));
        BOOST_TEST(pending);
        pair.send("r");
        const auto readable = must(co_await fd.ready(Interest::Both));
        BOOST_TEST(readable.ready().is_readable());
    });
}

BOOST_AUTO_TEST_CASE(the_end_of_the_far_side_is_readiness_that_stays) {
    on_every_runtime([]() -> Task<void> {
        SocketPair pair;
        const auto fd = must(AsyncFd<OwnedFd>::create(std::move(pair.near)));
        const bool empty = co_await is_pending(fd.readable());
        BOOST_TEST(empty);
        pair.far.reset();
        for (int i = 0; i < 3; ++i) {
            auto guard = must(co_await fd.readable());
            guard.clear_ready();
        }
        BOOST_TEST(must(read_of(fd.inner())).empty());
    });
}

BOOST_AUTO_TEST_CASE(an_owned_descriptor_is_closed_and_a_borrowed_one_is_not) {
    on_every_runtime([]() -> Task<void> {
        SocketPair pair;
        const int owned = pair.near.descriptor();
        const int borrowed = pair.far.descriptor();
        {
            const auto first = must(AsyncFd<OwnedFd>::create(std::move(pair.near)));
            const auto second = must(AsyncFd<int>::create(borrowed));
            static_cast<void>(must(co_await first.writable()));
            static_cast<void>(must(co_await second.writable()));
        }
        BOOST_TEST(!is_open(owned));
        BOOST_TEST(is_open(borrowed));
    });
}

BOOST_AUTO_TEST_CASE(the_object_comes_back_and_can_be_waited_for_again) {
    on_every_runtime([]() -> Task<void> {
        SocketPair pair;
        OwnedFd descriptor = std::move(pair.near);
        for (int i = 0; i < 3; ++i) {
            auto fd = must(AsyncFd<OwnedFd>::create(std::move(descriptor)));
            const bool pending = co_await is_pending(fd.readable());
            BOOST_TEST(pending);
            descriptor = std::move(fd).into_inner();
            BOOST_TEST(descriptor.valid());
            BOOST_CHECK_THROW(static_cast<void>(fd.readable()), UsageError);
        }
    });
}

BOOST_AUTO_TEST_CASE(it_may_be_moved_while_a_task_waits) {
    on_every_runtime([]() -> Task<void> {
        SocketPair pair;
        auto fd = must(AsyncFd<OwnedFd>::create(std::move(pair.near)));
        auto wait = fd.readable();
        const auto moved = std::move(fd);
        auto [guard, sent] = co_await join(std::move(wait), [](SocketPair& p) -> Task<int> {
            co_await yield_now();
            p.send("x");
            co_return 0;
        }(pair));
        BOOST_TEST(sent == 0);
        BOOST_TEST(must(guard).ready().is_readable());
    });
}

BOOST_AUTO_TEST_CASE(several_tasks_may_wait_for_one_descriptor) {
    on_every_runtime([]() -> Task<void> {
        SocketPair pair;
        auto fd = std::make_shared<AsyncFd<OwnedFd>>(
            must(AsyncFd<OwnedFd>::create(std::move(pair.near))));
        const auto wait = [](std::shared_ptr<AsyncFd<OwnedFd>> f) -> Task<bool> {
            co_return must(co_await f->readable()).ready().is_readable();
        };
        std::vector<JoinHandle<bool>> waiting;
        for (int i = 0; i < 5; ++i) {
            waiting.push_back(spawn(wait, fd));
        }
        co_await yield_now();
        pair.send("x");
        for (auto& handle : waiting) {
            const auto readable = co_await handle;
            BOOST_TEST(readable.value());
        }
    });
}

BOOST_AUTO_TEST_CASE(regular_files_and_directories_are_refused_with_advice) {
    TemporaryDirectory directory;
    const auto refused = [](int descriptor) {
        const auto fd = AsyncFd<OwnedFd>::create(OwnedFd(descriptor));
        BOOST_REQUIRE(!fd.has_value());
        return fd.error();
    };
    const LeakGuard guard;
    const auto file =
        refused(::open(directory.file("f").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    BOOST_TEST((file == std::errc::operation_not_permitted));
    BOOST_TEST(file.message().find("edo::fs::File") != std::string::npos);
    BOOST_TEST(file.message().find("cannot wait for descriptor") == 0u);
    const auto folder = refused(::open(directory.path().c_str(), O_RDONLY | O_CLOEXEC));
    BOOST_TEST((folder == std::errc::operation_not_permitted));
    const auto closed = AsyncFd<int>::create(9999);
    BOOST_REQUIRE(!closed.has_value());
    BOOST_TEST((closed.error() == std::errc::bad_file_descriptor));
}

BOOST_AUTO_TEST_CASE(timers_of_the_kernel_can_be_awaited) {
    on_every_runtime([]() -> Task<void> {
        OwnedFd timer(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
        itimerspec soon{};
        soon.it_value.tv_nsec = 1'000'000;
        BOOST_REQUIRE(::timerfd_settime(timer.descriptor(), 0, &soon, nullptr) == 0);
        const auto fd = must(AsyncFd<OwnedFd>::create(std::move(timer)));
        const auto expirations =
            co_await fd.async_io(Interest::Readable, [](const OwnedFd& f) -> Result<std::uint64_t> {
                std::uint64_t count = 0;
                if (::read(f.descriptor(), &count, sizeof count) != sizeof count) {
                    return failure(std::error_code(errno, std::generic_category()));
                }
                return count;
            });
        BOOST_TEST(must(expirations) >= 1u);
    });
}

BOOST_AUTO_TEST_CASE(a_wait_fails_when_its_runtime_is_shut_down) {
    SocketPair pair;
    auto fd =
        std::make_shared<AsyncFd<OwnedFd>>(must(AsyncFd<OwnedFd>::create(std::move(pair.near))));
    {
        Builder builder = Builder::current_thread();
        Runtime runtime = builder.build();
        runtime.block_on([fd]() -> Task<void> {
            const bool pending = co_await is_pending(fd->readable());
            BOOST_TEST(pending);
        });
    }
    block_on([](auto f) -> Task<void> {
        const auto after = co_await f->readable();
        BOOST_TEST((after.error() == Errc::RuntimeShutdown));
    }(fd));
}

// A loop of ready operations must not keep others from running.
BOOST_AUTO_TEST_CASE(ready_operations_use_up_the_budget) {
    Builder builder = Builder::current_thread();
    Runtime runtime = builder.build();
    runtime.block_on([]() -> Task<void> {
        SocketPair pair;
        const auto fd = must(AsyncFd<OwnedFd>::create(std::move(pair.near)));
        bool other_ran = false;
        auto other = spawn(
            [](bool* ran) -> Task<void> {
                *ran = true;
                co_return;
            },
            &other_ran);
        int rounds = 0;
        while (!other_ran && rounds < 100000) {
            ++rounds;
            const auto written = co_await fd.async_io(
                Interest::Writable, [](const OwnedFd&) { return Result<int>(0); });
            BOOST_REQUIRE(written.has_value());
        }
        BOOST_TEST(other_ran);
        BOOST_TEST(rounds < 1000);
        static_cast<void>(co_await other);
    });
}

namespace {

class WaitingReadable : public CancelScenario {
public:
    WaitingReadable() : fd_(must(AsyncFd<OwnedFd>::create(std::move(pair_.near)))) {}
    Task<void> subject() override {
        got_ = must(co_await fd_.async_io(Interest::Readable, read_of));
    }
    void suspended(std::size_t /*n*/) override { send(); }
    Task<void> check(bool completed) override {
        send();
        if (!completed) {
            got_ = must(co_await fd_.async_io(Interest::Readable, read_of));
        }
        BOOST_TEST(got_ == "hello");
    }

private:
    void send() {
        if (!sent_) {
            pair_.send("hello");
            sent_ = true;
        }
    }
    SocketPair pair_;
    AsyncFd<OwnedFd> fd_;
    std::string got_;
    bool sent_ = false;
};

class WaitingBoth : public CancelScenario {
public:
    WaitingBoth() : fd_(must(AsyncFd<OwnedFd>::create(std::move(pair_.near)))) {
        const std::string block(64 * 1024, 'b');
        while (::write(fd_.descriptor(), block.data(), block.size()) > 0) {
        }
    }
    Task<void> subject() override {
        const auto guard = must(co_await fd_.ready(Interest::Both));
        BOOST_TEST(guard.ready().is_readable());
    }
    void suspended(std::size_t n) override {
        if (n == 1) {
            pair_.send("x");
        }
    }

private:
    SocketPair pair_;
    AsyncFd<OwnedFd> fd_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_wait_can_be_cancelled_at_every_suspension) {
    on_every_runtime([]() -> Task<void> {
        const Driven one = co_await drive<WaitingReadable>();
        BOOST_TEST(one.suspensions >= 1u);
        const Driven both = co_await drive<WaitingBoth>();
        BOOST_TEST(both.suspensions >= 1u);
    });
}

BOOST_AUTO_TEST_CASE(interests_are_put_together_and_taken_apart) {
    constexpr Interest both = Interest::Readable | Interest::Writable;
    static_assert(both == Interest::Both);
    static_assert(both.is_readable() && both.is_writable());
    static_assert(!both.is_priority() && !both.is_error());
    static_assert(Interest::Priority.add(Interest::Error).is_error());
    static_assert(both.remove(Interest::Readable) == Interest::Writable);
    static_assert(!Interest::Error.remove(Interest::Error).has_value());
    constexpr net::Ready some = net::Ready::Readable | net::Ready::WriteClosed;
    static_assert(some.is_readable() && some.is_writable() && some.is_write_closed());
    static_assert(!some.is_read_closed() && !some.is_empty());
    static_assert((some - net::Ready::Readable) == net::Ready::WriteClosed);
    static_assert((some & net::Ready::Priority).is_empty());
    static_assert(net::Ready() == net::Ready::Empty);
    BOOST_TEST(net::Ready::All.is_priority());
}

BOOST_AUTO_TEST_CASE(all_that_was_asked_for_is_told_at_once) {
    on_every_runtime([]() -> Task<void> {
        SocketPair pair;
        const auto fd = must(AsyncFd<OwnedFd>::create(std::move(pair.near)));
        pair.send("x");
        const auto guard = must(co_await fd.ready(Interest::Both));
        BOOST_TEST((guard.ready() == (net::Ready::Readable | net::Ready::Writable)));
        const auto reading = must(co_await fd.ready(Interest::Readable));
        BOOST_TEST((reading.ready() == net::Ready::Readable));
    });
}

BOOST_AUTO_TEST_CASE(a_part_of_the_readiness_can_be_cleared) {
    on_every_runtime([]() -> Task<void> {
        SocketPair pair;
        const auto fd = must(AsyncFd<OwnedFd>::create(std::move(pair.near)));
        const bool pending = co_await is_pending(fd.readable());
        BOOST_TEST(pending);
        pair.send("x");
        must(co_await fd.readable()).retain_ready();
        static_cast<void>(must(read_of(fd.inner())));
        // Another thread may hear of the byte once more, and then nothing is cleared.
        bool tried = true;
        for (int round = 0; round < 1000 && tried; ++round) {
            co_await edo::yield_now();
            tried = false;
            auto guard = must(co_await fd.ready(Interest::Both));
            BOOST_TEST(guard.ready().is_writable());
            guard.clear_ready_matching(net::Ready::Readable);
            const auto result = fd.try_io(Interest::Readable, [&](const OwnedFd&) -> Result<int> {
                tried = true;
                return 0;
            });
            BOOST_TEST(result.has_value() == tried);
        }
        BOOST_TEST(!tried);
        int calls = 0;
        const auto writing = fd.try_io(Interest::Writable, [&](const OwnedFd&) -> Result<int> {
            ++calls;
            return 0;
        });
        BOOST_TEST(must(writing) == 0);
        auto kept = must(co_await fd.writable());
        kept.retain_ready();
        kept.clear_ready_matching(net::Ready::Readable);  // of which there is nothing in it
        static_cast<void>(must(co_await fd.writable()));
        BOOST_TEST(calls == 1);
    });
}

BOOST_AUTO_TEST_CASE(the_end_of_either_direction_is_told) {
    on_every_runtime([]() -> Task<void> {
        SocketPair pair;
        const auto fd = must(AsyncFd<OwnedFd>::create(std::move(pair.near)));
        const bool empty = co_await is_pending(fd.readable());
        BOOST_TEST(empty);
        BOOST_REQUIRE(::shutdown(pair.far.descriptor(), SHUT_WR) == 0);
        const auto half = must(co_await fd.ready(Interest::Both));
        BOOST_TEST(half.ready().is_read_closed());
        BOOST_TEST(!half.ready().is_write_closed());
        pair.far.reset();
        const auto closed = must(co_await fd.ready(Interest::Both));
        BOOST_TEST(closed.ready().is_read_closed());
        BOOST_TEST(closed.ready().is_write_closed());
    });
}

BOOST_AUTO_TEST_CASE(an_error_can_be_waited_for_alone) {
    on_every_runtime([]() -> Task<void> {
        // The writing end of a pipe has an error once nobody can read from it any more.
        int ends[2];
        BOOST_REQUIRE(::pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0);
        OwnedFd reading(ends[0]);
        const auto fd = must(AsyncFd<OwnedFd>::create(OwnedFd(ends[1])));
        const auto failed = [](const AsyncFd<OwnedFd>& f) -> Task<bool> {
            co_return must(co_await f.ready(Interest::Error)).ready().is_error();
        };
        const bool none = co_await is_pending(fd.ready(Interest::Error));
        BOOST_TEST(none);
        auto [error, closed] = co_await join(failed(fd), [](OwnedFd& end) -> Task<int> {
            co_await yield_now();
            end.reset();
            co_return 0;
        }(reading));
        BOOST_TEST(error);
        BOOST_TEST(closed == 0);
    });
}

BOOST_AUTO_TEST_CASE(a_registration_that_fails_leaves_nothing_behind) {
    for (const ReactorKind kind : {ReactorKind::Epoll, ReactorKind::Asio}) {
        const LeakGuard guard;
        Runtime runtime = Builder::current_thread().reactor(kind).build();
        runtime.block_on([]() -> Task<void> {
            SocketPair pair;
            const int descriptor = pair.near.descriptor();
            auto first = must(AsyncFd<int>::create(descriptor));
            const bool empty = co_await is_pending(first.readable());
            BOOST_TEST(empty);
            {
                const auto second = must(AsyncFd<int>::create(descriptor));
                for (int i = 0; i < 2; ++i) {  // each attempt fails anew
                    const auto refused = co_await second.readable();
                    BOOST_REQUIRE(!refused.has_value());
                    BOOST_TEST((refused.error() == std::errc::file_exists));
                }
            }
            // The first one has not noticed.
            pair.send("x");
            static_cast<void>(must(co_await first.readable()));
            static_cast<void>(std::move(first).into_inner());
            const auto third = must(AsyncFd<int>::create(descriptor));
            static_cast<void>(must(co_await third.readable()));
        });
    }
}

BOOST_AUTO_TEST_SUITE_END()
