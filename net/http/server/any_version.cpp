// SPDX-License-Identifier: MIT
#include "edo/net/http/h2/serve_connection.hpp"
#include "edo/net/http/server/connection.hpp"
#include "edo/net/http/server/driver.hpp"
#include "edo/net/tcp_stream.hpp"
#include "edo/net/unix_stream.hpp"
#include "edo/runtime/io/duplex.hpp"

#include <optional>
#include <string>
#include <utility>

namespace edo::http {

namespace {

/// A connection on which HTTP/2 is to be spoken, and what was read from it.
template <class S>
struct Begun {
    Begun(S begun_stream, std::string begun_received)
        : stream(std::move(begun_stream)), received(std::move(begun_received)) {}
    S stream;
    std::string received;
};

/// In a frame of its own, which is gone when HTTP/2 begins.
template <class S>
Task<std::optional<Begun<S>>> serve_http1(S stream, Serving serving) {
    detail::Driver<S> driver(std::move(stream), serving);
    driver.expect_preface();
    const bool is_http2 = co_await driver.serve();
    std::optional<Begun<S>> begun;
    if (is_http2) {
        std::string received = driver.take_input();
        begun.emplace(driver.take_stream(), std::move(received));
    }
    co_return begun;
}

}  // namespace

template <class S>
Task<void> serve_any_version(S stream, Serving serving) {
    std::optional<Begun<S>> begun = co_await serve_http1(std::move(stream), serving);
    if (begun) {
        co_await h2::serve_connection(std::move(begun->stream), std::move(serving),
                                      std::move(begun->received));
    }
}

template Task<void> serve_any_version(net::TcpStream stream, Serving serving);
template Task<void> serve_any_version(net::UnixStream stream, Serving serving);
template Task<void> serve_any_version(io::DuplexStream stream, Serving serving);

}  // namespace edo::http
