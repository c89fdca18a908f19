// SPDX-License-Identifier: MIT
// The examples in the documentation of HTTP messages.
#include <edo/edo.hpp>
#include <edo/net/http/error.hpp>
#include <edo/net/http/request.hpp>
#include <edo/net/http/response.hpp>
#include <edo/net/http/service.hpp>
#include <edo/runtime/stream/sources.hpp>

#include <array>
#include <cstddef>
#include <iostream>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace http = edo::http;

namespace {

void show_headers() {
    //! [headers]
    http::Headers headers;
    headers.append("Content-Type", "text/plain");
    headers.append("Set-Cookie", "a=1");
    headers.append("Set-Cookie", "b=2");
    headers.set("content-type", "text/html");  // replaces it: the case does not matter
    std::cout << *headers.get("Content-Type") << '\n';
    for (const std::string_view cookie : headers.all("Set-Cookie")) {
        std::cout << cookie << '\n';
    }
    for (const http::Header header : headers) {
        std::cout << header.name << ": " << header.value << '\n';
    }
    //! [headers]
}

//! [source]
/// The numbers from 1 on, one a line.
class Numbers final : public http::BodySource {
public:
    explicit Numbers(int last) : last_(last) {}

    edo::Task<edo::Result<std::optional<std::string>>> next() override {
        if (number_ == last_) {
            co_return std::optional<std::string>();
        }
        ++number_;
        co_return std::optional<std::string>(std::to_string(number_) + '\n');
    }

private:
    int number_ = 0;
    int last_;
};
//! [source]

//! [body]
edo::Task<edo::Result<std::string>> show_bodies() {
    http::Body text = "in memory";
    http::Body numbers(std::make_unique<Numbers>(3));
    http::Body pieces =
        http::Body::from_stream(edo::stream::iter(std::vector<std::string>{"one ", "two"}));
    while (auto piece = co_await edo::propagate(co_await numbers.next())) {
        std::cout << *piece;
    }
    std::string all = co_await edo::propagate(co_await text.collect());
    all += co_await edo::propagate(co_await pieces.collect(100));
    co_return all;
}
//! [body]

//! [request]
http::Request make_request() {
    return http::Request(http::Method::Post, "/names?sorted=yes", "Ada")
        .with_header("Content-Type", "text/plain");
}
//! [request]

//! [response]
edo::Task<http::Response> answer(http::Request request) {
    if (request.path() != "/names") {
        co_return http::Response::text("no such page\n").with_status(http::Status::NotFound);
    }
    const auto name = co_await request.body.collect(1000);
    if (!name) {
        co_return http::Response(http::status_of(name.error()));
    }
    co_return http::Response::text("Hello, " + *name + '\n')
        .with_header("Cache-Control", "no-store");
}
//! [response]

//! [service]
std::shared_ptr<http::Service> make_greeter(std::string greeting) {
    return http::make_service([greeting](http::Request) -> edo::Task<http::Response> {
        co_return http::Response::text(greeting);
    });
}
//! [service]

//! [upgrade]
edo::Task<void> echo(http::AnyIo io) {
    std::array<std::byte, 1024> buffer;
    for (;;) {
        const auto count = co_await io.read(buffer);
        if (!count || *count == 0) {
            co_return;
        }
        const auto written = co_await edo::io::write_all(io, std::span(buffer).first(*count));
        if (!written) {
            co_return;
        }
    }
}

edo::Task<http::Response> upgrade_to_echo(http::Request request) {
    if (!request.headers.has_token("Upgrade", "echo")) {
        co_return http::Response(http::Status::UpgradeRequired);
    }
    co_return http::Response::switching_protocols("echo", echo);
}
//! [upgrade]

edo::Task<void> run() {
    show_headers();
    const auto all = co_await show_bodies();
    std::cout << all.value() << '\n';
    http::Response answered = co_await answer(make_request());
    std::cout << answered.body.text();
    http::Response greeted = co_await make_greeter("Hi\n")->call(http::Request());
    std::cout << greeted.body.text();
    http::Request plain;
    const http::Response refused = co_await upgrade_to_echo(std::move(plain));
    std::cout << http::reason(refused.status) << '\n';
}

}  // namespace

int main() {
    edo::Runtime().block_on(run());
}
