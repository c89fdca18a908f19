// SPDX-License-Identifier: MIT
#include "edo/net/http/client/tunnel.hpp"

#include "edo/net/http/base64.hpp"
#include "edo/net/http/error.hpp"
#include "edo/net/http/h1/encoder.hpp"
#include "edo/net/http/h1/response_parser.hpp"
#include "edo/runtime/io/byte_buffer.hpp"
#include "edo/runtime/propagate.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace edo::http::detail {

namespace {

std::string connect_request(const Uri& url, const Uri& proxy) {
    Request request(Method::Connect, std::string(url.authority()));
    if (!url.has_port()) {
        request.target += ':' + std::to_string(url.port());  // CONNECT always names it
    }
    request.authority = request.target;
    if (proxy.has_credentials()) {
        request.headers.set("Proxy-Authorization",
                            basic_credentials(proxy.user_name(), proxy.password()));
    }
    std::string head;
    h1::append_request_head(head, request);
    return head;
}

}  // namespace

Task<Result<void>> open_tunnel(net::TcpStream& stream, const Uri& url, const Uri& proxy,
                               const h1::Limits& limits) {
    constexpr std::size_t kInput = 4096;
    const std::string head = connect_request(url, proxy);
    co_await propagate(co_await stream.write_all(head));

    edo::detail::ByteBuffer input(kInput);
    h1::ResponseParser parser(limits);
    for (;;) {
        const std::size_t count = co_await propagate(co_await stream.read(input.prepare()));
        if (count == 0) {
            co_return failure(make_error_code(Errc::ConnectionClosed));
        }
        input.commit(count);
        for (;;) {
            const std::string_view text(reinterpret_cast<const char*>(input.data().data()),
                                        input.size());
            const bool is_whole = co_await propagate(parser.parse(text));
            if (!is_whole) {
                break;
            }
            input.consume(parser.size());
            if (!is_informational(parser.status())) {
                // In a tunnel it is the client that speaks first.
                const bool is_open = is_success(parser.status()) && input.empty();
                if (!is_open) {
                    co_return failure(make_error_code(Errc::ProxyRefused));
                }
                co_return Result<void>();
            }
            parser.reset();
        }
    }
}

}  // namespace edo::http::detail
