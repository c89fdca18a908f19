// SPDX-License-Identifier: MIT
#include "interop/operations.hpp"
#include "support/flavors.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/asio_interop.hpp>

#include <boost/asio.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>

namespace asio = boost::asio;
using namespace std::chrono_literals;
using asio::ip::tcp;
using boost::system::error_code;
using edo::use_task;
using edo::test::async_complete;
using edo::test::async_on_thread;
using edo::test::for_each_flavor;

namespace {

// ---- what the co_await yields ------------------------------------------------------------------

template <class Signature, class... Values>
using Yield = edo::detail::AwaitResult<decltype(async_complete<Signature>(
    std::declval<edo::UseTask>(), std::declval<Values>()...))>;

static_assert(std::is_same_v<Yield<void()>, void>);
static_assert(std::is_same_v<Yield<void(int), int>, int>);
static_assert(std::is_same_v<Yield<void(const int&, char), int, char>, std::tuple<int, char>>);
static_assert(std::is_same_v<Yield<void(error_code), error_code>, edo::Result<void>>);
static_assert(std::is_same_v<Yield<void(error_code, int), error_code, int>, edo::Result<int>>);
static_assert(std::is_same_v<Yield<void(error_code, int, char), error_code, int, char>,
                             edo::Result<std::tuple<int, char>>>);
static_assert(std::is_same_v<Yield<void(std::exception_ptr), std::exception_ptr>, void>);
static_assert(std::is_same_v<Yield<void(std::exception_ptr, int), std::exception_ptr, int>, int>);

edo::Task<void> take_values() {
    co_await async_complete<void()>(use_task);
    const int one = co_await async_complete<void(int)>(use_task, 1);
    BOOST_TEST(one == 1);
    const auto [number, text] =
        co_await async_complete<void(int, std::string)>(use_task, 2, std::string("two"));
    BOOST_TEST(number == 2);
    BOOST_TEST(text == "two");
    auto pointer =
        co_await async_complete<void(std::unique_ptr<int>)>(use_task, std::make_unique<int>(3));
    BOOST_TEST(*pointer == 3);
}

edo::Task<void> take_results() {
    const error_code fine;
    const error_code refused = asio::error::connection_refused;
    const auto nothing = co_await async_complete<void(error_code)>(use_task, fine);
    BOOST_TEST(nothing.has_value());
    const auto error = co_await async_complete<void(error_code)>(use_task, refused);
    BOOST_TEST((error.error() == std::errc::connection_refused));

    const auto number = co_await async_complete<void(error_code, int)>(use_task, fine, 7);
    BOOST_TEST(number.value() == 7);
    const auto no_number = co_await async_complete<void(error_code, int)>(use_task, refused, 7);
    BOOST_TEST((no_number.error() == std::errc::connection_refused));

    const auto pair = co_await async_complete<void(error_code, int, char)>(use_task, fine, 7, 'x');
    BOOST_TEST((pair.value() == std::tuple(7, 'x')));

    const auto all =
        co_await async_complete<void(error_code, int)>(asio::as_tuple(use_task), refused, 7);
    BOOST_TEST((std::get<0>(all) == asio::error::connection_refused));
    BOOST_TEST(std::get<1>(all) == 7);
}

edo::Task<void> take_exceptions() {
    const int five =
        co_await async_complete<void(std::exception_ptr, int)>(use_task, std::exception_ptr(), 5);
    BOOST_TEST(five == 5);
    const auto error = std::make_exception_ptr(std::out_of_range("too far"));
    BOOST_CHECK_THROW(co_await async_complete<void(std::exception_ptr)>(use_task, error),
                      std::out_of_range);
}

// ---- operations that do not go by the book -----------------------------------------------------

edo::Task<void> complete_on_another_thread() {
    for (int i = 0; i < 100; ++i) {
        const auto number = co_await async_on_thread(use_task, i);
        BOOST_TEST(number.value() == i);
    }
}

edo::Task<void> throw_at_the_start() {
    auto operation = asio::async_initiate<const edo::UseTask, void(error_code)>(
        [](auto&& /*handler*/) { throw std::runtime_error("cannot start"); }, use_task);
    BOOST_CHECK_THROW(co_await std::move(operation), std::runtime_error);
}

edo::Task<void> throw_in_a_step() {
    auto operation = asio::async_compose<const edo::UseTask, void(error_code)>(
        [started = false](auto& self, error_code = {}) mutable {
            if (std::exchange(started, true)) {
                throw std::runtime_error("step");
            }
            asio::post(edo::asio_context(), std::move(self));
        },
        use_task, edo::asio_context());
    BOOST_CHECK_THROW(co_await std::move(operation), std::runtime_error);
}

edo::Task<void> never_complete() {
    auto io = std::make_unique<asio::io_context>();
    const auto drop_io = [&io]() -> edo::Task<void> {
        io.reset();
        co_return;
    };
    auto both = edo::join(asio::post(*io, use_task), drop_io());
    BOOST_CHECK_THROW(co_await std::move(both), std::system_error);

    io = std::make_unique<asio::io_context>();
    auto timer = std::make_unique<asio::steady_timer>(*io, 1h);
    const auto drop_timer = [&]() -> edo::Task<void> {
        timer.reset();
        io.reset();
        co_return;
    };
    auto [result, unit] = co_await edo::join(timer->async_wait(use_task), drop_timer());
    BOOST_TEST((result.error() == std::errc::operation_canceled));
}

edo::Task<void> run_many_steps() {
    int steps = 0;
    auto operation = asio::async_compose<const edo::UseTask, void(error_code)>(
        [&steps](auto& self, error_code = {}) mutable {
            if (++steps > 1000) {  // many times the budget of a turn
                self.complete(error_code());
                return;
            }
            const auto executor = self.get_executor();
            asio::post(executor, std::move(self));
        },
        use_task, edo::asio_context());
    bool others_run = false;
    auto other = edo::spawn([&others_run]() -> edo::Task<void> {
        others_run = true;
        co_return;
    });
    const auto result = co_await std::move(operation);
    BOOST_TEST(result.has_value());
    BOOST_TEST(steps == 1001);
    static_cast<void>(co_await other);
    BOOST_TEST(others_run);
}

edo::Task<void> complete_many_at_once() {
    for (int i = 0; i < 1000; ++i) {
        co_await async_complete<void()>(use_task);
    }
}

// ---- operations of Asio ------------------------------------------------------------------------

edo::Task<void> wait_for_a_timer() {
    asio::steady_timer timer(edo::asio_context(), 5ms);
    const auto start = std::chrono::steady_clock::now();
    const auto fired = co_await timer.async_wait(use_task);
    BOOST_TEST(fired.has_value());
    BOOST_TEST((std::chrono::steady_clock::now() - start >= 5ms));

    timer.expires_after(1h);
    const auto cancel = [&timer]() -> edo::Task<void> {
        co_await edo::yield_now();
        timer.cancel();
    };
    auto [cancelled, unit] = co_await edo::join(timer.async_wait(use_task), cancel());
    BOOST_TEST((cancelled.error() == std::errc::operation_canceled));
}

edo::Task<void> resolve() {
    tcp::resolver resolver(edo::asio_context());
    const auto found = co_await resolver.async_resolve("127.0.0.1", "80", use_task);
    BOOST_REQUIRE(found.has_value());
    BOOST_TEST((found->begin()->endpoint() == tcp::endpoint(asio::ip::address_v4::loopback(), 80)));
    const auto numeric_only = co_await resolver.async_resolve(
        "not a number", "80", tcp::resolver::numeric_host, use_task);
    BOOST_REQUIRE(!numeric_only);
    BOOST_TEST((numeric_only.error() == std::error_code(error_code(asio::error::host_not_found))));
}

// Several of these run at once, and Boost.Test is not made for that: they throw instead.

void require(bool condition) {
    if (!condition) {
        throw std::runtime_error("a requirement was not met");
    }
}

edo::Task<void> echo(tcp::socket socket) {
    std::array<char, 1024> buffer;
    for (;;) {
        const auto count = co_await socket.async_read_some(asio::buffer(buffer), use_task);
        if (!count && count.error() == std::error_code(error_code(asio::error::eof))) {
            co_return;
        }
        const auto written = co_await asio::async_write(
            socket, asio::buffer(buffer.data(), count.value()), use_task);
        require(written.has_value());
    }
}

edo::Task<void> serve(tcp::acceptor& acceptor, int connections) {
    std::vector<edo::JoinHandle<void>> echoes;
    for (int i = 0; i < connections; ++i) {
        auto socket = co_await acceptor.async_accept(use_task);
        echoes.push_back(edo::spawn(echo(std::move(socket.value()))));
    }
    for (auto& each : echoes) {
        const auto ended = co_await each;
        require(ended.has_value());
    }
}

edo::Task<void> talk(tcp::endpoint server) {
    tcp::socket socket(edo::asio_context());
    const auto connected = co_await socket.async_connect(server, use_task);
    require(connected.has_value());
    for (int i = 0; i < 20; ++i) {
        const std::string message(std::size_t(i * 37 + 1), char('a' + i));
        std::string answer(message.size(), ' ');
        // Both directions of one socket at once, without locks: the branches share the task.
        const auto both =
            co_await edo::try_join(asio::async_write(socket, asio::buffer(message), use_task),
                                   asio::async_read(socket, asio::buffer(answer), use_task));
        require(both.has_value() && answer == message);
    }
}

edo::Task<void> echo_over_tcp() {
    tcp::acceptor acceptor(edo::asio_context(), {asio::ip::address_v4::loopback(), 0});
    const tcp::endpoint server = acceptor.local_endpoint();
    std::vector<edo::JoinHandle<void>> tasks;
    tasks.push_back(edo::spawn([&acceptor]() { return serve(acceptor, 4); }));
    for (int i = 0; i < 4; ++i) {
        tasks.push_back(edo::spawn(talk(server)));
    }
    for (auto& task : tasks) {
        const auto ended = co_await task;
        BOOST_TEST(ended.has_value(), (ended ? "" : ended.error().message()));
    }
}

edo::Task<void> read_until_a_newline() {
    tcp::acceptor acceptor(edo::asio_context(), {asio::ip::address_v4::loopback(), 0});
    tcp::socket client(edo::asio_context());
    auto connection = co_await edo::try_join(
        acceptor.async_accept(use_task), client.async_connect(acceptor.local_endpoint(), use_task));
    tcp::socket& server = std::get<0>(connection.value());
    const std::string text = "first\nsecond";
    static_cast<void>(co_await asio::async_write(client, asio::buffer(text), use_task));
    std::string buffer;
    const auto count =
        co_await asio::async_read_until(server, asio::dynamic_buffer(buffer), '\n', use_task);
    BOOST_TEST(count.value() == 6U);
    BOOST_TEST(buffer.substr(0, *count) == "first\n");
}

/// An `io_context` of the program's own, run by its own threads.
edo::Task<void> use_another_context(asio::io_context& io) {
    for (int i = 0; i < 20; ++i) {
        asio::steady_timer timer(io, 100us);
        const auto fired = co_await timer.async_wait(use_task);
        BOOST_TEST(fired.has_value());
        co_await asio::post(io, use_task);
    }
}

edo::Task<void> keep_a_paused_clock_still() {
    const auto start = edo::now();
    auto sleeping = edo::spawn([]() -> edo::Task<void> { co_await edo::sleep(1h); });
    asio::steady_timer timer(edo::asio_context(), 10ms);
    static_cast<void>(co_await timer.async_wait(use_task));
    BOOST_TEST((edo::now() == start));
    BOOST_TEST(!sleeping.is_finished());
    static_cast<void>(co_await sleeping);
    BOOST_TEST((edo::now() >= start + 1h));
}

BOOST_AUTO_TEST_SUITE(awaiting_asio)

BOOST_AUTO_TEST_CASE(values_are_yielded_as_they_are) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(take_values()); });
}

BOOST_AUTO_TEST_CASE(an_error_code_makes_a_result) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(take_results()); });
}

BOOST_AUTO_TEST_CASE(an_exception_pointer_is_thrown) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(take_exceptions()); });
}

BOOST_AUTO_TEST_CASE(an_operation_may_complete_on_any_thread) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(complete_on_another_thread()); });
}

BOOST_AUTO_TEST_CASE(an_exception_at_the_start_is_thrown) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(throw_at_the_start()); });
}

BOOST_AUTO_TEST_CASE(an_exception_in_a_step_of_a_composed_operation_is_thrown) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(throw_in_a_step()); });
}

BOOST_AUTO_TEST_CASE(an_operation_whose_io_context_is_destroyed_is_cancelled) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(never_complete()); });
}

BOOST_AUTO_TEST_CASE(a_composed_operation_gives_other_tasks_their_turn) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(run_many_steps()); });
}

BOOST_AUTO_TEST_CASE(a_thousand_operations_complete_one_after_the_other) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(complete_many_at_once()); });
}

BOOST_AUTO_TEST_CASE(a_timer_fires_or_is_cancelled) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(wait_for_a_timer()); });
}

BOOST_AUTO_TEST_CASE(a_name_is_resolved) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(resolve()); });
}

BOOST_AUTO_TEST_CASE(sockets_echo) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(echo_over_tcp()); });
}

BOOST_AUTO_TEST_CASE(a_composed_operation_reads_into_a_local_buffer) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(read_until_a_newline()); });
}

BOOST_AUTO_TEST_CASE(an_io_context_may_be_run_by_several_threads_of_the_program) {
    for_each_flavor([](edo::Runtime& runtime) {
        asio::io_context io;
        auto work = asio::make_work_guard(io);
        std::vector<std::thread> threads;
        for (int i = 0; i < 3; ++i) {
            threads.emplace_back([&io] { io.run(); });
        }
        runtime.block_on([&io]() -> edo::Task<void> {
            co_await edo::join(use_another_context(io), use_another_context(io));
        });
        work.reset();
        for (std::thread& thread : threads) {
            thread.join();
        }
    });
}

BOOST_AUTO_TEST_CASE(a_paused_clock_does_not_jump_while_an_operation_is_in_flight) {
    edo::Runtime runtime = edo::Builder::current_thread().start_paused().build();
    runtime.block_on(keep_a_paused_clock_still());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
