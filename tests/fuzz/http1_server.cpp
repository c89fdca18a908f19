// SPDX-License-Identifier: MIT
// A whole connection of a server of HTTP/1: the same bytes have the same answers, however they are
// cut.
#include "fuzz/oracle.hpp"
#include "fuzz/serve.hpp"
#include <edo/net/http/error.hpp>
#include <edo/net/http/h1/response_parser.hpp>
#include <edo/net/http/server/connection.hpp>
#include <edo/net/http/service.hpp>
#include <edo/runtime/stream/sources.hpp>

using namespace edo::fuzz;
namespace http = edo::http;

namespace {

edo::Task<http::Response> answer(http::Request request) {
    const std::string path(request.path());
    if (path == "/ignore") {
        co_return http::Response::text("ignored");
    }
    if (path == "/stream") {
        http::Response response;
        response.body = http::Body::from_stream(
            edo::stream::iter(std::vector<std::string>{"one,", "two,", "three"}));
        co_return response;
    }
    const auto text = co_await request.body.collect();
    if (!text) {
        co_return http::Response::text(text.error().message())
            .with_status(http::status_of(text.error()));
    }
    http::Response response = http::Response::text(std::string(to_string(request.method)) + " " +
                                                   request.target + " " + *text);
    if (request.body.trailers() != nullptr) {
        response.headers.append("X-Trailers", std::to_string(request.body.trailers()->size()));
    }
    co_return response;
}

std::string serve(const std::vector<std::string_view>& pieces) {
    static const http::Serving serving = [] {
        http::ServerOptions options;
        options.date = false;
        options.body_limit = 256;
        // As much: else what follows a body that nobody reads would be answered only where the body
        // has come with its head.
        options.drain_limit = options.body_limit;
        options.limits.start_line = 256;
        options.limits.headers = 512;
        options.limits.header_count = 8;
        return http::Serving(http::make_service(answer), options);
    }();
    return runtime().block_on(converse(
        [](edo::io::DuplexStream stream) {
            return http::serve_connection(std::move(stream), serving);
        },
        pieces));
}

/// All of it is answers.
void check_answers(std::string_view bytes) {
    while (!bytes.empty()) {
        http::h1::ResponseParser parser;
        const auto is_whole = parser.parse(bytes);
        require(is_whole && *is_whole, "the server sends answers");
        bytes.remove_prefix(parser.size());
        if (http::is_informational(parser.status())) {
            continue;
        }
        const auto framing = parser.framing(http::Method::Get);
        if (framing.kind() != http::h1::Framing::Kind::Length || framing.length() > bytes.size()) {
            return;  // streamed, or to HEAD: what follows is not looked at
        }
        bytes.remove_prefix(std::size_t(framing.length()));
    }
}

/// Whether there may be a request whose client waits for 100: what it is answered depends on
/// whether its body has come by then.
bool may_expect(std::string_view bytes) {
    for (std::size_t at = 0; at + 6 <= bytes.size(); ++at) {
        if (http::detail::same_name(bytes.substr(at, 6), "expect")) {
            return true;
        }
    }
    return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes = text_of(data, size);
    const std::string expected = serve({bytes});
    if (bytes.find("HEAD") == std::string_view::npos) {
        check_answers(expected);
    }
    const bool is_comparable = !may_expect(bytes);
    const auto compare = [&](const std::vector<std::string_view>& pieces) {
        const std::string got = serve(pieces);
        if (is_comparable) {
            require_equal({got}, {expected}, "the same answers, however the bytes are cut");
        }
    };
    for_each_cut(bytes, compare, 4);
    return 0;
}
