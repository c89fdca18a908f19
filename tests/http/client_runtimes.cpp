// SPDX-License-Identifier: MIT
// A client that is used in several runtimes: each has connections of its own, which it moves
// itself.
#include "client_test.hpp"
#include "server_support.hpp"
#include "support/leak_guard.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <utility>

using namespace edo;
using namespace edo::test;
using namespace std::chrono_literals;
using http::Client;

namespace {

/// A server on a runtime of its own, which goes on while those of the clients come and go.
class Elsewhere {
public:
    Elsewhere() {
        runtime_.block_on([](Elsewhere& self) -> Task<void> {
            auto bound = co_await http::Server::bind("127.0.0.1:0", plain_options());
            http::Server server = std::move(bound).value();
            self.url_ =
                "http://127.0.0.1:" + std::to_string(server.local_addr().value().port()) + "/hello";
            self.handle_.emplace(server.handle());
            self.task_ = spawn([](http::Server serving) -> Task<void> {
                static_cast<void>(co_await serving.serve(routes()));
            }(std::move(server)));
        }(*this));
    }
    Elsewhere(const Elsewhere&) = delete;
    Elsewhere& operator=(const Elsewhere&) = delete;
    ~Elsewhere() {
        handle_->shutdown(0s);
        runtime_.block_on([](JoinHandle<void> task) -> Task<void> {
            static_cast<void>(co_await task);
        }(std::move(*task_)));
    }
    [[nodiscard]] const std::string& url() const noexcept { return url_; }

private:
    Runtime runtime_ = Builder::multi_thread(1).build();
    std::string url_;
    std::optional<http::ServerHandle> handle_;
    std::optional<JoinHandle<void>> task_;
};

Client make_client(bool is_http2) {
    http::ClientBuilder builder = Client::builder();
    builder.read_timeout(5s);
    if (is_http2) {
        builder.http2_prior_knowledge();
    }
    return builder.build();
}

void ask(Runtime& runtime, const Client& client, const std::string& url) {
    const std::string got = runtime.block_on(outcome(client.get(url)));
    BOOST_TEST(got == "200 hello");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(client_runtimes)

BOOST_AUTO_TEST_CASE(connections_of_a_runtime_that_is_gone_are_not_used_again) {
    for (const bool is_http2 : {false, true}) {
        BOOST_TEST_CONTEXT("HTTP/2: " << is_http2) {
            const LeakGuard guard;
            const Elsewhere server;
            const Client client = make_client(is_http2);
            for (int i = 0; i < 3; ++i) {
                Runtime runtime = Builder::current_thread().build();
                ask(runtime, client, server.url());
                ask(runtime, client, server.url());
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(connections_of_a_runtime_that_does_not_run_are_not_used_elsewhere) {
    for (const bool is_http2 : {false, true}) {
        BOOST_TEST_CONTEXT("HTTP/2: " << is_http2) {
            const LeakGuard guard;
            const Elsewhere server;
            const Client client = make_client(is_http2);
            Runtime first = Builder::current_thread().build();
            Runtime second = Builder::current_thread().build();
            ask(first, client, server.url());
            ask(second, client, server.url());
            BOOST_TEST(client.idle_connections() == 2U);
            ask(first, client, server.url());
            ask(second, client, server.url());
            BOOST_TEST(client.idle_connections() == 2U);
        }
    }
}

BOOST_AUTO_TEST_CASE(each_runtime_closes_what_is_idle_for_too_long) {
    const LeakGuard guard;
    const Elsewhere server;
    const Client client = Client::builder().idle_timeout(50ms).build();
    Runtime first = Builder::current_thread().build();
    Runtime second = Builder::current_thread().build();
    ask(first, client, server.url());  // and does not run any more
    second.block_on([](Client asking, std::string url) -> Task<void> {
        const std::string got = co_await outcome(asking.get(url));
        BOOST_TEST(got == "200 hello");
        while (asking.idle_connections() > 0) {
            co_await sleep(1ms);
        }
    }(client, server.url()));
}

BOOST_AUTO_TEST_SUITE_END()
