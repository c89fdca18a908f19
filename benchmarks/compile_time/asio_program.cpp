// SPDX-License-Identifier: MIT
// Two tasks that sleep twice, joined: with Boost.Asio.

#include <boost/asio.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;

asio::awaitable<void> sleep_twice() {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    for (int i = 0; i < 2; ++i) {
        timer.expires_after(std::chrono::seconds(1));
        co_await timer.async_wait(asio::use_awaitable);
    }
}

asio::awaitable<void> async_main() {
    co_await (sleep_twice() && sleep_twice());
}

int main() {
    asio::io_context context(1);
    asio::co_spawn(context, async_main(), asio::detached);
    context.run();
}
