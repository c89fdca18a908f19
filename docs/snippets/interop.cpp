// SPDX-License-Identifier: MIT
#include <edo/edo.hpp>
#include <edo/runtime/asio_interop.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/write.hpp>

#include <chrono>
#include <string>

namespace snippets {

//! [use_task]
edo::Task<edo::Result<void>> send_greeting(std::string host) {
    namespace asio = boost::asio;
    asio::ip::tcp::resolver resolver(edo::asio_context());
    const auto endpoints =
        co_await edo::propagate(co_await resolver.async_resolve(host, "7878", edo::use_task));

    asio::ip::tcp::socket socket(edo::asio_context());
    co_await edo::propagate(co_await socket.async_connect(*endpoints.begin(), edo::use_task));

    // Dropped by the timeout, the write is cancelled before the socket and the text are destroyed.
    const std::string text = "hello\n";
    const auto written = co_await edo::timeout(
        std::chrono::seconds(5), asio::async_write(socket, asio::buffer(text), edo::use_task));
    if (!written) {
        co_return edo::failure(written.error());
    }
    co_await edo::propagate(edo::Result<std::size_t>(*written));
    co_return edo::Result<void>();
}
//! [use_task]

//! [executor]
void count_in_the_background() {
    namespace asio = boost::asio;
    // Handlers run on the workers of this runtime, those of one strand one after the other.
    auto strand = asio::make_strand(edo::AsioExecutor());
    auto timer = std::make_shared<asio::steady_timer>(strand, std::chrono::seconds(1));
    timer->async_wait([timer](const boost::system::error_code& error) {
        if (!error) {
            asio::post(timer->get_executor(), [] { /* ... */ });
        }
    });
}
//! [executor]

}  // namespace snippets
