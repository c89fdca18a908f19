// SPDX-License-Identifier: MIT
#include "interop/operations.hpp"
#include "support/cancel_driver.hpp"
#include "support/event.hpp"
#include "support/flavors.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/asio_interop.hpp>

#include <boost/asio.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace asio = boost::asio;
using namespace std::chrono_literals;
using asio::ip::tcp;
using boost::system::error_code;
using edo::use_task;
using edo::test::CancelScenario;
using edo::test::CountsDestruction;
using edo::test::drive;
using edo::test::Event;
using edo::test::for_each_flavor;

namespace {

/// Two connected sockets.
struct Connection {
    explicit Connection(asio::io_context& io = edo::asio_context()) : client(io), server(io) {
        tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
        client.connect(acceptor.local_endpoint());
        server = acceptor.accept();
    }
    tcp::socket client;
    tcp::socket server;
};

// ---- each operation, cancelled at each suspension ----------------------------------------------

/// Operations of an `io_context` that is run by the test, one handler a suspension, so that none
/// completes before it has suspended. What is still to run after the cancellation runs last, when
/// all that the operation used is gone.
class OnOwnContext : public CancelScenario {
public:
    void suspended(std::size_t /*n*/) override {
        io.restart();
        io.run_one();
    }
    edo::Task<void> check(bool /*completed*/) override {
        io.restart();
        io.poll();
        co_return;
    }

protected:
    asio::io_context io;
};

class WaitingForTimers : public OnOwnContext {
public:
    edo::Task<void> subject() override {
        asio::steady_timer timer(io, 1ms);
        static_cast<void>(co_await timer.async_wait(use_task));
        timer.expires_after(1ms);
        static_cast<void>(co_await timer.async_wait(use_task));
    }
};

class Connecting : public OnOwnContext {
public:
    edo::Task<void> subject() override {
        tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
        tcp::socket client(io);
        auto connected =
            co_await edo::try_join(acceptor.async_accept(use_task),
                                   client.async_connect(acceptor.local_endpoint(), use_task));
        BOOST_TEST(connected.has_value());
    }
};

/// The sockets and the buffers live in the frame and are destroyed with it.
class Talking : public OnOwnContext {
public:
    edo::Task<void> subject() override {
        Connection connection(io);
        const std::string sent(300'000, 'x');
        std::string received(sent.size(), ' ');
        const auto moved = co_await edo::try_join(
            asio::async_write(connection.client, asio::buffer(sent), use_task),
            asio::async_read(connection.server, asio::buffer(received), use_task));
        BOOST_REQUIRE(moved.has_value());
        BOOST_TEST((received == sent));
    }
};

class ReadingLines : public OnOwnContext {
public:
    edo::Task<void> subject() override {
        Connection connection(io);
        asio::write(connection.client, asio::buffer("one\ntwo\n", 8));
        std::string buffer;
        for (int i = 0; i < 2; ++i) {
            const auto count = co_await asio::async_read_until(
                connection.server, asio::dynamic_buffer(buffer), '\n', use_task);
            BOOST_TEST(count.value() == 4U);
            buffer.erase(0, *count);
        }
    }
};

class Resolving : public OnOwnContext {
public:
    edo::Task<void> subject() override {
        tcp::resolver resolver(io);
        static_cast<void>(co_await resolver.async_resolve("127.0.0.1", "80", use_task));
        static_cast<void>(co_await resolver.async_resolve("localhost", "80", use_task));
    }
};

/// The socket is used again after a cancelled wait for readiness, and all bytes are there.
class WaitingForReadiness : public CancelScenario {
public:
    edo::Task<void> subject() override {
        static_cast<void>(co_await connection_.server.async_wait(tcp::socket::wait_read, use_task));
    }
    edo::Task<void> peer() override {
        static_cast<void>(asio::write(connection_.client, asio::buffer("hello", 5)));
        co_return;
    }
    edo::Task<void> check(bool /*completed*/) override {
        std::string text(5, ' ');
        const auto count =
            co_await asio::async_read(connection_.server, asio::buffer(text), use_task);
        BOOST_TEST(count.value() == 5U);
        BOOST_TEST(text == "hello");
    }

private:
    Connection connection_;
};

/// A cancelled read leaves the socket usable.
class ReadingSome : public CancelScenario {
public:
    edo::Task<void> subject() override {
        std::array<char, 10> buffer;
        static_cast<void>(
            co_await connection_.server.async_read_some(asio::buffer(buffer), use_task));
    }
    edo::Task<void> check(bool /*completed*/) override {
        static_cast<void>(asio::write(connection_.client, asio::buffer("hello", 5)));
        std::array<char, 10> buffer;
        const auto count =
            co_await connection_.server.async_read_some(asio::buffer(buffer), use_task);
        BOOST_TEST(count.value() == 5U);
    }
    void suspended(std::size_t /*n*/) override {
        static_cast<void>(asio::write(connection_.client, asio::buffer("x", 1)));
    }

private:
    Connection connection_;
};

// ---- all ways to cancel ------------------------------------------------------------------------

edo::Task<void> accept_for_ever(Event& started) {
    tcp::acceptor acceptor(edo::asio_context(), {asio::ip::address_v4::loopback(), 0});
    started.set();
    static_cast<void>(co_await acceptor.async_accept(use_task));
}

edo::Task<void> time_out() {
    Connection connection;
    std::array<char, 10> buffer;
    const auto result = co_await edo::timeout(
        2ms, connection.server.async_read_some(asio::buffer(buffer), use_task));
    BOOST_TEST(!result.has_value());
    auto first = co_await edo::select(
        connection.server.async_read_some(asio::buffer(buffer), use_task), edo::sleep(2ms));
    BOOST_TEST(first.index() == 1U);
}

edo::Task<void> abort() {
    Event started;
    auto accepting = edo::spawn(accept_for_ever(started));
    co_await started;
    co_await edo::yield_now();
    accepting.abort();
    const auto ended = co_await accepting;
    BOOST_REQUIRE(!ended);
    BOOST_TEST(ended.error().is_cancelled());
}

// ---- races -------------------------------------------------------------------------------------

/// Completion and cancellation at about the same time, over and over.
edo::Task<void> race_timers() {
    for (int i = 0; i < 300; ++i) {
        asio::steady_timer one(edo::asio_context(), std::chrono::microseconds(i % 60));
        asio::steady_timer two(edo::asio_context(), std::chrono::microseconds(60 - i % 60));
        static_cast<void>(co_await edo::select(one.async_wait(use_task), two.async_wait(use_task)));
    }
}

edo::Task<void> race_reads() {
    for (int i = 0; i < 100; ++i) {
        Connection connection;
        std::array<char, 100> some;
        std::string all(300, ' ');
        const std::string sent(250, 'x');
        asio::steady_timer timer(edo::asio_context(), std::chrono::microseconds(i % 50));
        static_cast<void>(
            co_await edo::select(asio::async_read(connection.server, asio::buffer(all), use_task),
                                 connection.client.async_read_some(asio::buffer(some), use_task),
                                 timer.async_wait(use_task)));
        auto writing = asio::async_write(connection.client, asio::buffer(sent), use_task);
        static_cast<void>(co_await edo::select(
            asio::async_read(connection.server, asio::buffer(all), use_task), std::move(writing)));
    }
}

edo::Task<void> race_aborts() {
    for (int i = 0; i < 200; ++i) {
        auto waiting = edo::spawn([i]() -> edo::Task<void> {
            asio::steady_timer timer(edo::asio_context(), std::chrono::microseconds(i % 40));
            static_cast<void>(co_await timer.async_wait(use_task));
        });
        if (i % 2 == 0) {
            co_await edo::yield_now();
        }
        waiting.abort();
        static_cast<void>(co_await waiting);
    }
}

// ---- operations of other libraries -------------------------------------------------------------

/// Completes when it is cancelled, in the cancellation handler itself.
template <class Token>
auto async_until_cancelled(Token&& token) {
    return asio::async_initiate<Token, void(error_code)>(
        [](auto handler) {
            auto slot = asio::get_associated_cancellation_slot(handler);
            auto state = std::make_shared<decltype(handler)>(std::move(handler));
            slot.assign([state](asio::cancellation_type /*type*/) {
                std::move (*state)(error_code(asio::error::operation_aborted));
            });
        },
        token);
}

/// Knows nothing of cancellation. Completes when the event is set.
struct Deaf {
    template <class Handler>
    void operator()(Handler handler, std::shared_ptr<CountsDestruction> owned) {
        auto executor = asio::get_associated_executor(handler);
        later = [executor, handler = std::make_shared<Handler>(std::move(handler)),
                 owned = std::move(owned)] {
            asio::post(executor, [handler] { std::move (*handler)(error_code()); });
        };
    }
    std::function<void()> later;
};

edo::Task<void> cancel_at_once(std::atomic<int>& cancelled) {
    auto first = co_await edo::select(async_until_cancelled(use_task), edo::yield_now());
    cancelled += first.index() == 1 ? 1 : 0;
}

/// A composed operation that touches what belongs to the task in each step.
edo::Task<void> step_for_ever(int& steps) {
    auto stepping = asio::async_compose<const edo::UseTask, void(error_code)>(
        [&steps](auto& self, error_code = {}) mutable {
            ++steps;
            asio::post(edo::asio_context(), std::move(self));
        },
        use_task, edo::asio_context());
    const auto until_some = [&steps]() -> edo::Task<void> {
        while (steps < 10) {
            co_await edo::yield_now();
        }
    };
    static_cast<void>(co_await edo::select(std::move(stepping), until_some()));
}

BOOST_AUTO_TEST_SUITE(cancelling_asio)

BOOST_AUTO_TEST_CASE(a_timer_can_be_cancelled_at_each_suspension) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(drive<WaitingForTimers>());
        BOOST_TEST(driven.suspensions >= 2U);
    });
}

BOOST_AUTO_TEST_CASE(a_connection_can_be_cancelled_at_each_suspension) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(drive<Connecting>());
        BOOST_TEST(driven.suspensions >= 2U);
    });
}

BOOST_AUTO_TEST_CASE(a_transfer_and_its_buffers_can_be_destroyed_at_each_suspension) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(drive<Talking>());
        BOOST_TEST(driven.suspensions >= 3U);
    });
}

BOOST_AUTO_TEST_CASE(a_composed_read_can_be_cancelled_at_each_suspension) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(drive<ReadingLines>());
        BOOST_TEST(driven.suspensions >= 1U);
    });
}

BOOST_AUTO_TEST_CASE(a_name_look_up_can_be_cancelled_at_each_suspension) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(drive<Resolving>());
        BOOST_TEST(driven.suspensions >= 2U);
    });
}

BOOST_AUTO_TEST_CASE(a_cancelled_wait_for_readiness_loses_no_byte) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(drive<WaitingForReadiness>()); });
}

BOOST_AUTO_TEST_CASE(a_socket_is_usable_after_a_cancelled_read) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(drive<ReadingSome>()); });
}

BOOST_AUTO_TEST_CASE(timeout_and_select_cancel_an_operation) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(time_out()); });
}

BOOST_AUTO_TEST_CASE(abort_cancels_an_operation) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(abort()); });
}

BOOST_AUTO_TEST_CASE(the_end_of_the_runtime_cancels_an_operation) {
    for_each_flavor([](edo::Runtime& runtime) {
        Event started;
        auto accepting = runtime.spawn(accept_for_ever(started));
        runtime.block_on([&]() -> edo::Task<void> {
            co_await started;
            co_await edo::yield_now();
        });
        edo::Runtime(std::move(runtime));  // ends here
        BOOST_TEST(accepting.is_finished());
    });
}

BOOST_AUTO_TEST_CASE(completion_and_cancellation_may_race) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on(race_timers());
        runtime.block_on(race_reads());
        runtime.block_on(race_aborts());
    });
}

BOOST_AUTO_TEST_CASE(an_operation_may_complete_inside_its_cancellation) {
    for_each_flavor([](edo::Runtime& runtime) {
        std::atomic<int> cancelled{0};
        runtime.block_on(cancel_at_once(cancelled));
        BOOST_TEST(cancelled == 1);
    });
}

BOOST_AUTO_TEST_CASE(an_operation_that_cannot_be_cancelled_goes_on_unseen) {
    for_each_flavor([](edo::Runtime& runtime) {
        std::atomic<int> destroyed{0};
        Deaf deaf;
        runtime.block_on([&]() -> edo::Task<void> {
            auto operation = asio::async_initiate<const edo::UseTask, void(error_code)>(
                std::ref(deaf), use_task, std::make_shared<CountsDestruction>(destroyed));
            auto first = co_await edo::select(std::move(operation), edo::yield_now());
            BOOST_TEST(first.index() == 1U);
        });
        BOOST_TEST(destroyed == 0);
        deaf.later();  // its completion finds nobody
        deaf.later = nullptr;
        BOOST_TEST(destroyed == 1);
    });
}

BOOST_AUTO_TEST_CASE(no_step_runs_after_a_composed_operation_was_dropped) {
    for_each_flavor([](edo::Runtime& runtime) {
        auto steps = std::make_unique<int>(0);
        runtime.block_on(step_for_ever(*steps));
        BOOST_TEST(*steps >= 10);
        steps.reset();  // the address sanitizer would see a step that still runs
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
