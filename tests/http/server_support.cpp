// SPDX-License-Identifier: MIT
#include "server_support.hpp"

#include <edo/runtime/stream/sources.hpp>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>
#include <vector>

namespace edo::test {

namespace {

using namespace std::chrono_literals;
using http::Request;
using http::Response;
using http::Status;

Response text_or_error(Result<std::string> text) {
    if (!text) {
        return Response::text("error: " + text.error().message())
            .with_status(http::status_of(text.error()));
    }
    return Response::text(std::move(*text));
}

Task<void> echo_bytes(http::AnyIo io) {
    std::string buffer(1024, '\0');
    for (;;) {
        const auto count = co_await io.read(std::as_writable_bytes(std::span(buffer)));
        if (!count || *count == 0) {
            co_return;
        }
        const auto written = co_await io::write_all(io, std::string_view(buffer).substr(0, *count));
        if (!written) {
            co_return;
        }
    }
}

Response streamed(std::vector<std::string> pieces) {
    Response response;
    response.body = http::Body::from_stream(stream::iter(std::move(pieces)));
    return response;
}

/// Yields a piece, then throws.
class Throwing final : public http::BodySource {
public:
    Task<Result<std::optional<std::string>>> next() override {
        if (std::exchange(has_begun_, true)) {
            throw std::runtime_error("thrown by a body");
        }
        co_return std::optional<std::string>("piece");
    }

private:
    bool has_begun_ = false;
};

Task<Response> answer(Request request) {
    const std::string path(request.path());
    if (path == "/hello") {
        co_return Response::text("hello");
    }
    if (path == "/echo") {
        Response response;
        response.body = std::move(request.body);
        co_return response;
    }
    if (path == "/collect") {
        Result<std::string> text = co_await request.body.collect();
        co_return text_or_error(std::move(text));
    }
    if (path == "/trailer") {
        static_cast<void>(co_await request.body.collect());
        const http::Headers* const trailers = request.body.trailers();
        co_return Response::text(
            std::string(trailers == nullptr ? "none" : trailers->get("X-Sum").value_or("other")));
    }
    if (path == "/ignore") {
        co_return Response::text("hello");
    }
    if (path == "/large") {
        co_return Response::text(std::string(1'000'000, 'x'));
    }
    if (path == "/stream") {
        co_return streamed({"one,", "two,", "three"});
    }
    if (path == "/short") {
        co_return streamed({"abc"}).with_header("Content-Length", "5");
    }
    if (path == "/long") {
        co_return streamed({"abc", "def"}).with_header("Content-Length", "5");
    }
    if (path == "/throw") {
        throw std::runtime_error("thrown by a handler");
    }
    if (path == "/throw-int") {
        throw 7;
    }
    if (path == "/throw-late") {
        Response response;
        response.body = http::Body(std::make_unique<Throwing>());
        co_return response;
    }
    if (path == "/forge") {
        co_return Response::text("x").with_header("X", "a\r\nSet-Cookie: b");
    }
    if (path == "/slow") {
        co_await sleep(1h);
        co_return Response::text("slow");
    }
    if (path == "/nap") {
        co_await sleep(10ms);
        co_return Response::text("hello");
    }
    if (path == "/empty") {
        co_return Response(Status::NoContent);
    }
    if (path == "/upgrade") {
        co_return Response::switching_protocols("echo", echo_bytes);
    }
    if (request.method == http::Method::Connect) {
        Response response;
        response.upgrade = echo_bytes;
        co_return response;
    }
    co_return Response::text("no such page").with_status(Status::NotFound);
}

Task<void> send(io::SimplexWriter writer, std::string bytes, std::size_t piece, bool then_end) {
    std::string_view rest = bytes;
    while (!rest.empty()) {
        const std::string_view part = rest.substr(0, piece);
        const auto written = co_await io::write_all(writer, part);
        if (!written) {
            break;
        }
        rest.remove_prefix(part.size());
        if (piece < bytes.size()) {
            co_await yield_now();
        }
    }
    if (!then_end) {
        co_await sleep(24h);  // until the connection is closed: this task is dropped
    }
}

}  // namespace

std::shared_ptr<http::Service> routes() {
    return http::make_service(answer);
}

http::ServerOptions plain_options() {
    http::ServerOptions options;
    options.date = false;
    return options;
}

Task<std::string> exchange(std::string bytes, http::ServerOptions options, std::size_t piece,
                           bool then_end) {
    auto [client, server] = io::duplex(16 * 1024);
    auto serving =
        spawn(http::serve_connection(std::move(server), http::Serving(routes(), options)));
    auto [reader, writer] = std::move(client).into_split();
    auto sending = spawn(send(std::move(writer), std::move(bytes), piece, then_end));
    std::string all = co_await read_everything(reader);
    sending.abort();
    static_cast<void>(co_await sending);
    co_await serving;
    co_return all;
}

Task<std::string> exchange(std::string bytes) {
    return exchange(std::move(bytes), plain_options());
}

std::string get(std::string_view path, std::string_view headers) {
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n" + std::string(headers) + "\r\n";
}

std::string post(std::string_view path, std::string_view body, std::string_view headers) {
    return "POST " + std::string(path) +
           " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           std::string(headers) + "\r\n" + std::string(body);
}

std::size_t count(std::string_view text, std::string_view needle) {
    std::size_t found = 0;
    for (std::size_t at = text.find(needle); at != std::string_view::npos;
         at = text.find(needle, at + needle.size())) {
        ++found;
    }
    return found;
}

}  // namespace edo::test
