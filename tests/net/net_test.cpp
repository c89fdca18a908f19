// SPDX-License-Identifier: MIT
#include "net_test.hpp"

#include <algorithm>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace edo::test {

Task<Listening> listen_on_loopback() {
    auto listener = must(co_await net::TcpListener::bind("127.0.0.1:0"));
    const auto address = must(listener.local_addr());
    co_return Listening(std::move(listener), address);
}

Task<Pair> connected_pair() {
    auto listening = co_await listen_on_loopback();
    auto [connected, accepted] =
        co_await join(net::TcpStream::connect(listening.address), listening.listener.accept());
    co_return Pair(must(std::move(connected)), must(std::move(accepted)).first);
}

namespace {

void check_call(bool worked, const char* what) {
    if (!worked) {
        throw std::system_error(errno, std::generic_category(), what);
    }
}

}  // namespace

RawPair::Descriptors RawPair::connect() {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const raw = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    check_call(::bind(listener, raw, size) == 0, "bind");
    check_call(::listen(listener, 1) == 0, "listen");
    check_call(::getsockname(listener, raw, &size) == 0, "getsockname");
    const int connected = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check_call(::connect(connected, raw, size) == 0, "connect");
    const int accepted = ::accept(listener, nullptr, nullptr);
    check_call(accepted >= 0, "accept");
    ::close(listener);
    return {accepted, connected};
}

RawPair::RawPair() : RawPair(connect()) {}

RawPair::RawPair(Descriptors both)
    : stream(must(net::TcpStream::from_fd(both.accepted))), peer_(both.connected) {}

RawPair::~RawPair() {
    if (peer_ >= 0) {
        ::close(peer_);
    }
}

void RawPair::send(std::string_view text) const {
    check_call(::send(peer_, text.data(), text.size(), MSG_NOSIGNAL) == ssize_t(text.size()),
               "send");
}

std::string RawPair::receive(std::size_t size) const {
    std::string text(size, '\0');
    check_call(::recv(peer_, text.data(), size, MSG_WAITALL) == ssize_t(size), "recv");
    return text;
}

void RawPair::drain(std::size_t size) const {
    std::string part(64 * 1024, '\0');
    while (size > 0) {
        const ssize_t n = ::recv(peer_, part.data(), std::min(part.size(), size), 0);
        check_call(n > 0, "recv");
        size -= std::size_t(n);
    }
}

void RawPair::finish() const {
    check_call(::shutdown(peer_, SHUT_WR) == 0, "shutdown");
}

void RawPair::reset() {
    linger at_once{};
    at_once.l_onoff = 1;
    check_call(::setsockopt(peer_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) == 0,
               "setsockopt");
    ::close(std::exchange(peer_, -1));
}

}  // namespace edo::test
