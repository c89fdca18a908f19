// SPDX-License-Identifier: MIT
#include "edo/net/http/client/liveness.hpp"

#include "edo/net/socket/receive.hpp"
#include "edo/net/tcp_stream.hpp"
#include "edo/net/tls/tls_stream.hpp"
#include "edo/runtime/reactor/io_source.hpp"

#include <cerrno>
#include <sys/socket.h>

namespace edo::http::detail {

bool may_be_alive(AnyIo& io) noexcept {
    const net::TcpStream* tcp = io.get_if<net::TcpStream>();
    if (tcp == nullptr) {
        auto* const encrypted = io.get_if<tls::TlsStream<net::TcpStream>>();
        if (encrypted == nullptr) {
            return true;
        }
        tcp = &encrypted->get_ref();
    }
    if (edo::detail::can_read_ahead(tcp->io_source()).value_or(false)) {
        return false;
    }
    char byte = 0;
    const auto got = ::recv(tcp->io_source().descriptor(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

}  // namespace edo::http::detail
