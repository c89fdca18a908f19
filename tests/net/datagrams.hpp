// SPDX-License-Identifier: MIT
// Batches of datagrams as lists of texts.
#pragma once

#include "net_test.hpp"
#include <edo/net/datagram_batch.hpp>
#include <edo/net/udp_socket.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace edo::test {

inline Task<net::UdpSocket> bound(const char* address = "127.0.0.1:0") {
    co_return must(co_await net::UdpSocket::bind(address));
}

using Texts = std::vector<std::string>;

inline void append_texts(const net::DatagramBatch& batch, Texts& all) {
    const std::size_t before = all.size();
    for (const net::Datagram datagram : batch) {
        all.emplace_back(datagram.text());
    }
    BOOST_TEST(all.size() - before == batch.size());
}

inline Texts texts(const net::DatagramBatch& batch) {
    Texts all;
    append_texts(batch, all);
    return all;
}

template <class... Text>
Texts list_of(Text... texts) {
    Texts all;
    (all.emplace_back(texts), ...);
    return all;
}

/// Receives until there are `count` datagrams.
inline Task<void> receive(const net::UdpSocket& socket, net::DatagramBatch& batch,
                          std::size_t count, Texts& all) {
    while (all.size() < count) {
        const auto received = co_await socket.recv_many(batch);
        BOOST_TEST(must(received) == batch.size());
        append_texts(batch, all);
    }
}

}  // namespace edo::test
