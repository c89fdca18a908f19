// SPDX-License-Identifier: MIT
#include "interop/operations.hpp"
#include "support/event.hpp"
#include "support/flavors.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/asio_interop.hpp>

#include <boost/asio.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <exception>
#include <memory>
#include <stdexcept>
#include <vector>

namespace asio = boost::asio;
using namespace std::chrono_literals;
using asio::ip::tcp;
using boost::system::error_code;
using edo::AsioExecutor;
using edo::use_task;
using edo::test::CountsDestruction;
using edo::test::Event;
using edo::test::for_each_flavor;

namespace {

static_assert(asio::execution::is_executor<AsioExecutor>::value);
static_assert(asio::execution::is_executor<edo::detail::AsioTaskExecutor>::value);
static_assert(std::is_convertible_v<AsioExecutor, asio::any_io_executor>);
static_assert(std::is_convertible_v<edo::detail::AsioTaskExecutor, asio::any_io_executor>);
static_assert(noexcept(AsioExecutor::query(asio::execution::blocking)));
static_assert(AsioExecutor::query(asio::execution::blocking) == asio::execution::blocking.never);

edo::Task<void> post_functions() {
    const AsioExecutor executor;
    Event posted;
    bool in_a_runtime = false;
    asio::post(executor, [&] {
        in_a_runtime = edo::Handle::has_current();
        posted.set();
    });
    co_await posted;
    BOOST_TEST(in_a_runtime);

    Event dispatched;
    asio::dispatch(executor, [&, owned = std::make_unique<int>(1)] { dispatched.set(); });
    co_await dispatched;

    Event deferred;
    asio::any_io_executor erased = executor;
    asio::defer(erased, [&] { deferred.set(); });
    co_await deferred;

    co_await asio::post(executor, use_task);
}

/// Functions on a strand never overlap, although tasks run on several workers.
edo::Task<void> use_a_strand() {
    auto strand = asio::make_strand(AsioExecutor());
    Event all_done;
    std::atomic<int> inside{0};
    std::atomic<int> overlaps{0};
    int count = 0;
    for (int i = 0; i < 500; ++i) {
        asio::post(strand, [&] {
            overlaps += ++inside == 1 ? 0 : 1;
            --inside;
            if (++count == 500) {
                all_done.set();
            }
        });
    }
    co_await all_done;
    BOOST_TEST(count == 500);
    BOOST_TEST(overlaps == 0);
}

/// Plain Asio code with callbacks, whose handlers run as tasks.
class CallbackEcho : public std::enable_shared_from_this<CallbackEcho> {
public:
    explicit CallbackEcho(tcp::socket socket) : socket_(std::move(socket)) {}
    void read() {
        socket_.async_read_some(asio::buffer(buffer_),
                                [self = shared_from_this()](error_code error, std::size_t size) {
                                    if (!error && edo::Handle::has_current()) {
                                        self->write(size);
                                    }
                                });
    }

private:
    void write(std::size_t size) {
        asio::async_write(socket_, asio::buffer(buffer_.data(), size),
                          [self = shared_from_this()](error_code error, std::size_t) {
                              if (!error) {
                                  self->read();
                              }
                          });
    }
    tcp::socket socket_;
    std::array<char, 1000> buffer_;
};

edo::Task<void> mix_callbacks_and_tasks() {
    const AsioExecutor executor;
    tcp::acceptor acceptor(executor, {asio::ip::address_v4::loopback(), 0});
    Event served;
    acceptor.async_accept([&](error_code error, tcp::socket socket) {
        if (!error) {
            std::make_shared<CallbackEcho>(std::move(socket))->read();
            served.set();
        }
    });
    tcp::socket socket(executor);
    const auto connected = co_await socket.async_connect(acceptor.local_endpoint(), use_task);
    BOOST_TEST(connected.has_value());
    co_await served;
    for (const std::string message : {"hello", "again"}) {
        const auto written = co_await asio::async_write(socket, asio::buffer(message), use_task);
        BOOST_TEST(written.has_value());
        std::string answer(message.size(), ' ');
        const auto read = co_await asio::async_read(socket, asio::buffer(answer), use_task);
        BOOST_TEST(read.has_value());
        BOOST_TEST(answer == message);
    }
}

BOOST_AUTO_TEST_SUITE(asio_executor)

BOOST_AUTO_TEST_CASE(functions_run_in_tasks_of_the_runtime) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(post_functions()); });
}

BOOST_AUTO_TEST_CASE(a_strand_works_on_top_of_it) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(use_a_strand()); });
}

BOOST_AUTO_TEST_CASE(handlers_of_plain_asio_code_run_in_tasks) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(mix_callbacks_and_tasks()); });
}

BOOST_AUTO_TEST_CASE(an_exception_goes_to_the_hook_of_the_runtime) {
    Event reported;
    edo::Runtime runtime =
        edo::Builder::multi_thread(1)
            .on_unhandled_exception([&](std::uint64_t, std::exception_ptr error) {
                BOOST_CHECK_THROW(std::rethrow_exception(error), std::runtime_error);
                reported.set();
            })
            .build();
    asio::post(AsioExecutor(runtime.handle()), [] { throw std::runtime_error("lost"); });
    reported.wait();
}

BOOST_AUTO_TEST_CASE(after_the_end_of_the_runtime_functions_are_destroyed_without_a_call) {
    for_each_flavor([](edo::Runtime& runtime) {
        const AsioExecutor executor(runtime.handle());
        edo::Runtime(std::move(runtime));  // ends here
        std::atomic<int> destroyed{0};
        asio::post(executor, [counts = CountsDestruction(destroyed)] {
            BOOST_ERROR("called after the end of the runtime");
        });
        BOOST_TEST(destroyed == 1);
    });
}

BOOST_AUTO_TEST_CASE(executors_of_one_runtime_are_equal) {
    const edo::Runtime one = edo::Builder::current_thread().build();
    const edo::Runtime two = edo::Builder::current_thread().build();
    const AsioExecutor a(one.handle());
    const AsioExecutor b(one.handle());
    const AsioExecutor c(two.handle());
    BOOST_TEST(bool(a == b));
    BOOST_TEST(bool(a != c));
    BOOST_TEST(&asio::query(a, asio::execution::context) == &edo::asio_context());
}

BOOST_AUTO_TEST_CASE(outside_a_runtime_there_is_none) {
    BOOST_CHECK_THROW(AsioExecutor(), edo::NoRuntimeError);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
