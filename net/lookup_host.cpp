// SPDX-License-Identifier: MIT
#include "edo/net/lookup_host.hpp"

#include "edo/net/socket/host_and_port.hpp"
#include "edo/net/socket/raw_addr.hpp"
#include "edo/runtime/blocking/detached_pool.hpp"
#include "edo/runtime/scheduler/spawn_core.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

namespace edo::net {

namespace {

namespace asio = boost::asio;

using Addresses = std::vector<SocketAddr>;

SocketAddr from_asio(const asio::ip::tcp::endpoint& endpoint) {
    detail::RawAddr raw;
    raw.size = static_cast<socklen_t>(endpoint.size());
    std::memcpy(&raw.storage, endpoint.data(), endpoint.size());
    return detail::to_socket_addr(raw);
}

/// Blocks. Owns all that it uses: whoever asked may be gone meanwhile.
Result<Addresses> ask_resolver(const std::string& host, std::uint16_t port) {
    asio::io_context unused;  // only asynchronous look-ups would need it
    asio::ip::tcp::resolver resolver(unused);
    boost::system::error_code error;
    const auto found = resolver.resolve(host, std::to_string(port),
                                        asio::ip::resolver_base::numeric_service, error);
    if (error) {
        return failure(std::error_code(error));
    }
    Addresses addresses;
    for (const auto& entry : found) {
        const SocketAddr address = from_asio(entry.endpoint());
        if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) {
            addresses.push_back(address);
        }
    }
    return addresses;
}

/// Starts the look-up on a thread that nobody waits for.
Result<JoinHandle<Result<Addresses>>> start_look_up(std::string host, std::uint16_t port) {
    try {
        return detail::spawn_detached(
            [host = std::move(host), port] { return ask_resolver(host, port); });
    } catch (const std::system_error& error) {
        return failure(error.code());  // there is no thread, and none can be started
    }
}

/// A look-up that has not started when its task loses interest never starts.
class AbortAtExit {
public:
    explicit AbortAtExit(const JoinHandle<Result<Addresses>>& job) noexcept : job_(job) {}
    ~AbortAtExit() { job_.abort(); }
    AbortAtExit(const AbortAtExit&) = delete;
    AbortAtExit& operator=(const AbortAtExit&) = delete;

private:
    const JoinHandle<Result<Addresses>>& job_;
};

Task<Result<Addresses>> resolve(std::string host, std::uint16_t port) {
    const detail::ExternalWork in_flight;
    auto started = start_look_up(std::move(host), port);
    if (!started) {
        co_return failure(started.error());
    }
    const AbortAtExit abort_at_exit(*started);
    auto answer = co_await *started;
    if (!answer) {
        answer.error().rethrow();
    }
    co_return std::move(*answer);
}

Task<AddressResult<Addresses>> look_up(std::string host, std::uint16_t port) {
    const auto ip = IpAddr::parse(host);
    if (ip) {
        co_return Addresses(1, SocketAddr(*ip, port));
    }
    auto found = co_await resolve(host, port);
    if (!found) {
        co_return failure(
            AddressError(found.error(), "cannot look up", host + ':' + std::to_string(port)));
    }
    co_return std::move(*found);
}

Task<AddressResult<Addresses>> look_up(std::string address) {
    const auto parts = detail::split_host_and_port(address);
    if (!parts) {
        co_return failure(AddressError(parts.error(), "cannot look up", std::move(address)));
    }
    co_return co_await look_up(std::string(parts->host), parts->port);
}

}  // namespace

Task<AddressResult<std::vector<SocketAddr>>> lookup_host(std::string_view address) {
    return look_up(std::string(address));
}

Task<AddressResult<std::vector<SocketAddr>>> lookup_host(std::string_view host,
                                                         std::uint16_t port) {
    return look_up(std::string(host), port);
}

}  // namespace edo::net
