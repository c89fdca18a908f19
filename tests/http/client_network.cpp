// SPDX-License-Identifier: MIT
// Networks without a way out, and resolvers that fail: in a network namespace of the test's own.
#include "client_test.hpp"
#include "support/leak_guard.hpp"
#include "support/temporary_directory.hpp"
#include <edo/net/tcp_listener.hpp>
#include <edo/net/udp_socket.hpp>
#include <edo/runtime/io/write.hpp>
#include <edo/runtime/join_set.hpp>
#include <edo/runtime/process/command.hpp>
#include <edo/runtime/runtime.hpp>
#include <edo/runtime/sleep.hpp>
#include <edo/runtime/spawn.hpp>
#include <edo/runtime/timeout.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <string>

using namespace edo;
using namespace edo::test;
using namespace std::chrono_literals;
using http::Client;

BOOST_AUTO_TEST_SUITE(client_network)

namespace {

/// Whether this process was started by `run_inside`.
bool is_inside() {
    return std::getenv("EDO_TEST_NAMESPACE") != nullptr;
}

/// Runs one case of this suite in a namespace where there is nothing but the loopback, an
/// unreachable network 10.9.0.0/16, and a configuration of the resolver that asks 127.0.0.1.
void run_inside(const std::string& name) {
    const TemporaryDirectory directory;
    std::ofstream(directory.file("resolv.conf"))
        << "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n";
    std::ofstream(directory.file("nsswitch.conf")) << "hosts: files dns\n";
    std::ofstream hosts(directory.file("hosts"));
    hosts << "127.0.0.1 localhost\n";
    for (int i = 1; i <= 100; ++i) {
        hosts << "127.0.2." << i << " many.test\n";
    }
    hosts.close();
    const std::string setup =
        "ip link set lo up && ip route add unreachable 10.9.0.0/16 && "
        "for f in resolv.conf nsswitch.conf hosts; do mount --bind \"$DIR/$f\" /etc/$f || exit 99; "
        "done";
    const std::string exe = "/proc/" + std::to_string(::getpid()) + "/exe";
    Runtime runtime = Builder::current_thread().build();
    const auto run = [&](const std::string& script) {
        process::Command command("unshare");
        command.args({"--net", "--mount", "sh", "-c", script});
        command.env("DIR", directory.path()).env("EDO_TEST_NAMESPACE", "1");
        command.env("EXE", exe);
        return runtime.block_on([](process::Command how) -> Task<int> {
            const auto output = co_await how.output();
            if (!output) {
                co_return -1;  // there is no program `unshare`
            }
            BOOST_TEST_MESSAGE(output->out << output->err);
            co_return output->status.code().value_or(-1);
        }(std::move(command)));
    };
    if (run("{ " + setup + "; } 2>/dev/null") != 0) {
        BOOST_TEST_MESSAGE("skipped: no namespaces here");
        return;
    }
    BOOST_TEST(run(setup + " && exec \"$EXE\" --run_test=client_network/" + name) == 0);
}

/// A server of names: "fail..." is its failure, "none..." has no address, and to others it says
/// nothing.
Task<void> serve_names(net::UdpSocket socket) {
    std::array<std::byte, 512> buffer;
    for (;;) {
        const auto received = co_await socket.recv_from(buffer);
        if (!received || received->size < 13) {
            continue;
        }
        std::string answer(reinterpret_cast<const char*>(buffer.data()), received->size);
        const std::string name = answer.substr(13, 4);
        if (name != "fail" && name != "none") {
            continue;
        }
        answer[2] = char(0x81);                          // a response
        answer[3] = char(name == "fail" ? 0x82 : 0x83);  // SERVFAIL, NXDOMAIN
        static_cast<void>(
            co_await socket.send_to(std::as_bytes(std::span(answer)), received->from));
    }
}

/// Calls `body` with a client, while names are served.
template <class Body>
void with_names(Body body) {
    const LeakGuard guard;
    Runtime runtime = Builder::multi_thread(2).build();
    runtime.block_on([&]() -> Task<void> {
        auto socket = co_await net::UdpSocket::bind("127.0.0.1:53");
        BOOST_REQUIRE(socket.has_value());
        auto names = spawn(serve_names(std::move(*socket)));
        co_await body();
        names.abort();
        static_cast<void>(co_await names);
    });
}

}  // namespace

BOOST_AUTO_TEST_CASE(inside_unreachable) {
    if (!is_inside()) {
        return;
    }
    with_names([]() -> Task<void> {
        const Client client;
        const Instant start = now();
        auto refused = co_await client.get("http://10.9.0.1/").send();
        BOOST_TEST(refused.error().is_connect());
        BOOST_TEST((refused.error() == std::errc::host_unreachable), refused.error().message());
        auto nowhere = co_await client.get("http://192.0.2.1/").send();
        BOOST_TEST((nowhere.error() == std::errc::network_unreachable), nowhere.error().message());
        BOOST_TEST((now() - start < 1s));
    });
}

BOOST_AUTO_TEST_CASE(inside_names) {
    if (!is_inside()) {
        return;
    }
    with_names([]() -> Task<void> {
        const Client client = Client::builder().connect_timeout(300ms).build();
        for (const char* url : {"http://fail.test/", "http://none.test/"}) {
            auto failed = co_await client.get(url).send();
            BOOST_REQUIRE(!failed.has_value());
            BOOST_TEST_MESSAGE(failed.error().message());
            BOOST_TEST(failed.error().is_connect());
            BOOST_TEST(!failed.error().is_timeout());
        }
        // The resolver's thread waits for a second; the client does not.
        const Instant start = now();
        auto silent = co_await client.get("http://silent.test/").send();
        BOOST_TEST(silent.error().is_timeout());
        BOOST_TEST((now() - start >= 300ms && now() - start < 800ms));
    });
}

BOOST_AUTO_TEST_CASE(inside_many_addresses) {
    if (!is_inside()) {
        return;
    }
    with_names([]() -> Task<void> {
        auto listener = (co_await net::TcpListener::bind("127.0.2.100:0")).value();
        const auto port = listener.local_addr().value().port();
        auto server = spawn([](net::TcpListener on) -> Task<void> {
            auto accepted = co_await on.accept();
            std::array<std::byte, 4096> buffer;
            static_cast<void>(co_await accepted->first.read(buffer));
            static_cast<void>(co_await io::write_all(
                accepted->first,
                std::string_view("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlast")));
        }(std::move(listener)));
        const Client client;
        const Instant start = now();
        const std::string got =
            co_await outcome(client.get("http://many.test:" + std::to_string(port) + "/"));
        BOOST_TEST(got == "200 last");
        BOOST_TEST((now() - start < 3s));
        static_cast<void>(co_await server);
    });
}

BOOST_AUTO_TEST_CASE(inside_silent_resolver) {
    if (!is_inside()) {
        return;
    }
    const auto start = std::chrono::steady_clock::now();
    with_names([]() -> Task<void> {
        const Client client = Client::builder().connect_timeout(500ms).build();
        JoinSet<std::string> asking;
        for (int i = 0; i < 1000; ++i) {
            asking.spawn(outcome(client.get("http://silent" + std::to_string(i) + ".test/")));
        }
        co_await sleep(50ms);
        // Other blocking jobs have threads of their own, and addresses need no look-up.
        const Instant before = now();
        const auto computed = co_await spawn_blocking([] { return 7; });
        BOOST_TEST(computed.value() == 7);
        auto refused = co_await client.get("http://127.0.0.1:1/").send();
        BOOST_TEST((refused.error() == std::errc::connection_refused), refused.error().message());
        BOOST_TEST((now() - before < 300ms));
        std::size_t late = 0;
        while (auto text = co_await asking.join_next()) {
            late += text->value().starts_with("cannot connect to ") ? 1 : 0;
        }
        BOOST_TEST(late == 1000U);
    });
    // Look-ups that hang hold up neither the requests nor the end of the runtime.
    BOOST_TEST((std::chrono::steady_clock::now() - start < 5s));
}

BOOST_AUTO_TEST_CASE(an_unreachable_host_is_an_error_at_once) {
    run_inside("inside_unreachable");
}

BOOST_AUTO_TEST_CASE(failures_and_silence_of_the_resolver_are_errors_in_time) {
    run_inside("inside_names");
}

BOOST_AUTO_TEST_CASE(the_last_of_a_hundred_addresses_is_found) {
    run_inside("inside_many_addresses");
}

BOOST_AUTO_TEST_CASE(a_thousand_look_ups_that_hang_hold_up_nothing_else) {
    run_inside("inside_silent_resolver");
}

BOOST_AUTO_TEST_SUITE_END()
