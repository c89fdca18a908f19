// SPDX-License-Identifier: MIT
#include "edo/net/http/client/connect_any.hpp"

#include "edo/runtime/select.hpp"
#include "edo/runtime/sleep.hpp"

#include <algorithm>
#include <cstddef>
#include <span>
#include <system_error>
#include <utility>

namespace edo::http::detail {

namespace {

using Addresses = std::span<const net::SocketAddr>;

Task<Result<net::TcpStream>> connect_from(Addresses addresses);

Task<Result<net::TcpStream>> connect_to(net::SocketAddr address) {
    auto stream = co_await net::TcpStream::connect(address);
    if (!stream) {
        co_return failure(std::error_code(stream.error()));
    }
    co_return std::move(*stream);
}

/// The same after the delay; tells when that is over.
Task<Result<net::TcpStream>> connect_later(Addresses addresses, bool& has_begun) {
    co_await sleep(kConnectionDelay);
    has_begun = true;
    co_return co_await connect_from(addresses);
}

Task<Result<net::TcpStream>> connect_from(Addresses addresses) {
    Task<Result<net::TcpStream>> attempt = connect_to(addresses.front());
    if (addresses.size() == 1) {
        co_return co_await std::move(attempt);
    }
    const Addresses rest = addresses.subspan(1);
    bool has_begun = false;
    Task<Result<net::TcpStream>> later = connect_later(rest, has_begun);
    auto first = co_await select(biased, attempt, later);
    if (first.is<0>()) {
        Result<net::TcpStream> stream = std::move(first).get<0>();
        if (stream) {
            co_return stream;
        }
        if (has_begun) {
            co_return co_await std::move(later);
        }
        later = {};
        co_return co_await connect_from(rest);
    }
    Result<net::TcpStream> stream = std::move(first).get<1>();
    if (stream) {
        co_return stream;
    }
    co_return co_await std::move(attempt);
}

}  // namespace

std::vector<net::SocketAddr> interleaved(const std::vector<net::SocketAddr>& addresses) {
    std::vector<net::SocketAddr> order;
    order.reserve(addresses.size());
    std::vector<net::SocketAddr> others;
    for (const net::SocketAddr& address : addresses) {
        (address.is_v6() == addresses.front().is_v6() ? order : others).push_back(address);
    }
    const std::size_t pairs = std::min(order.size(), others.size());
    for (std::size_t i = 0; i < pairs; ++i) {
        order.insert(order.begin() + std::ptrdiff_t(2 * i + 1), others[i]);
    }
    order.insert(order.end(), others.begin() + std::ptrdiff_t(pairs), others.end());
    return order;
}

Task<Result<net::TcpStream>> connect_any(std::vector<net::SocketAddr> addresses) {
    co_return co_await connect_from(addresses);
}

}  // namespace edo::http::detail
