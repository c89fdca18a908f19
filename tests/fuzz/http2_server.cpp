// SPDX-License-Identifier: MIT
// The server's side of HTTP/2: the same bytes make the same requests, however they are cut; and a
// whole connection comes to its end, whatever it is told.
#include "fuzz/oracle.hpp"
#include "fuzz/serve.hpp"
#include <edo/net/http/error.hpp>
#include <edo/net/http/h2/serve_connection.hpp>
#include <edo/net/http/h2/server_core.hpp>
#include <edo/net/http/service.hpp>

using namespace edo::fuzz;
namespace http = edo::http;
using http::h2::detail::ServerCore;
using http::h2::detail::StreamPtr;

namespace {

/// By the path: /echo streams the body back, /ignore drops it, the others gather it.
edo::Task<http::Response> answer(http::Request request) {
    const std::string path(request.path());
    http::Response response;
    if (path == "/echo") {
        response.body = std::move(request.body);
        co_return response;
    }
    if (path == "/ignore") {
        co_return http::Response::text("ignored");
    }
    const auto text = co_await request.body.collect(64);
    if (!text) {
        co_return http::Response(http::status_of(text.error()));
    }
    for (const http::Header header : request.headers) {
        response.headers.append("x-" + std::string(header.name), header.value);
    }
    response.body = http::Body(*text);
    co_return response;
}

const http::Serving& serving() {
    static const http::Serving one = [] {
        http::ServerOptions options;
        options.date = false;
        options.body_limit = 512;
        return http::Serving(http::make_service(answer), options);
    }();
    return one;
}

std::string show(const StreamPtr& stream, bool is_over) {
    std::string text =
        std::to_string(stream->id) + " " + std::string(to_string(stream->request.method)) + " " +
        stream->request.target + " " + stream->request.scheme + " " + stream->request.authority;
    for (const http::Header header : stream->request.headers) {
        text.append("|").append(header.name).append("=").append(header.value);
    }
    text += stream->refused ? " refused" : "";
    // Of a body that goes wrong, as much is there as has come in pieces before. With the connection
    // over nobody says any more that it has.
    text += " " + (stream->in_error               ? stream->in_error.message()
                   : is_over && !stream->in_ended ? "cut off"
                                                  : stream->in);
    text += stream->in_ended ? " ended" : "";
    for (const http::Header header : stream->in_trailers) {
        text.append("|").append(header.name).append("=").append(header.value);
    }
    return text;
}

edo::Task<Events> read_requests(std::vector<std::string_view> pieces) {
    const auto core = std::make_shared<ServerCore>(serving());
    bool is_good = true;
    for (std::size_t i = 0; is_good && i < pieces.size(); ++i) {
        is_good = core->receive(std::as_bytes(std::span(pieces[i])));
    }
    const std::vector<StreamPtr> streams = core->take_requests();
    while (!core->send().empty()) {  // only then does a stream end that has broken the rules
    }
    Events events;
    for (const StreamPtr& stream : streams) {
        require(stream->header_count <= http::h2::kMaxHeaders || stream->refused, "few headers");
        events.push_back(show(stream, core->is_over()));
    }
    events.emplace_back(is_good ? "good" : "bad");
    co_return events;
}

/// Whether nghttp2 does the same with these frames in whatever pieces they come. It counts the
/// pieces of what follows a head that is not complete, and gives up after a few; and after the
/// GOAWAY of a client it takes a request in some cuts, and not in others.
bool is_comparable(std::string_view frames) {
    constexpr int kHeaders = 1;
    constexpr int kGoAway = 7;
    constexpr int kContinuation = 9;
    constexpr int kEndHeaders = 4;
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(frames[i]); };
    while (frames.size() >= 9) {
        const int type = at(3);
        if (type == kGoAway || type == kContinuation ||
            (type == kHeaders && (at(4) & kEndHeaders) == 0)) {
            return false;
        }
        const std::size_t size = std::size_t(at(0)) << 16 | std::size_t(at(1)) << 8 | at(2);
        frames.remove_prefix(std::min(9 + size, frames.size()));
    }
    return true;
}

void serve(std::vector<std::string_view> pieces) {
    static_cast<void>(runtime().block_on(converse(
        [](edo::io::DuplexStream stream) {
            return http::h2::serve_connection(std::move(stream), serving());
        },
        std::move(pieces))));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // The preface is not to be found by chance.
    const std::string input = std::string(http::h2::kPreface) + std::string(text_of(data, size));
    const Events expected = runtime().block_on(read_requests({input}));
    const bool compares = is_comparable(text_of(data, size));
    for_each_cut(
        input,
        [&](const std::vector<std::string_view>& pieces) {
            const Events got = runtime().block_on(read_requests(pieces));
            if (compares) {
                require_equal(got, expected, "the same requests, however the bytes are cut");
            }
        },
        8);
    serve({input});
    const std::size_t preface = http::h2::kPreface.size();
    std::vector<std::string_view> pieces{std::string_view(input).substr(0, preface)};
    for (std::size_t at = preface; at < input.size(); at += 9) {
        pieces.push_back(std::string_view(input).substr(at, 9));
    }
    serve(std::move(pieces));
    return 0;
}
