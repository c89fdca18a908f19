// SPDX-License-Identifier: MIT
// The code of docs/http.md.
#include <edo/net/http/filter/testing.hpp>
#include <edo/net/http/ws/handshake.hpp>
#include <edo/net/http/ws/websocket.hpp>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <utility>

// clang-format off
//! [first]
#include <edo/edo.hpp>
#include <edo/net/http/filter.hpp>
#include <edo/net/http/server/server.hpp>

#include <boost/describe/class.hpp>

#include <iostream>
#include <string>
// clang-format on

using namespace edo::http::filter;

auto hello() {
    return path("hello" / param<std::string>() / end()) |
           map([](std::string name) { return "Hello, " + name + "!"; });
}

edo::Task<int> serve_hello() {
    auto server = co_await edo::http::Server::bind("127.0.0.1:8080");
    if (!server) {
        std::cerr << server.error().message() << '\n';
        co_return 1;
    }
    const auto served = co_await server->serve(service(hello()));
    co_return served ? 0 : 1;
}
//! [first]

//! [json]
struct Article {
    std::string name;
    unsigned count;
};
BOOST_DESCRIBE_STRUCT(Article, (), (name, count))

auto add_article() {
    return (path("articles" / end()) & post() & body::content_length_limit(16 * 1024) &
            body::json<Article>()) |
           map([](Article article) {
               ++article.count;
               return std::pair(edo::http::Status::Created, reply::json(article));
           });
}
//! [json]

//! [alternatives]
auto api() {
    return hello() or add_article();
}
//! [alternatives]

//! [waiting]
edo::Task<std::string> ask_database(int id) {
    co_await edo::sleep(std::chrono::milliseconds(5));
    co_return "article " + std::to_string(id);
}

auto show_article() {
    return (path("articles" / param<int>() / end()) & get()) | then(ask_database);
}
//! [waiting]

//! [state]
class Shop {
public:
    unsigned sell() { return ++sold_; }

private:
    std::atomic<unsigned> sold_{0};
};

auto sell(std::shared_ptr<Shop> shop) {
    return (path("sell" / end()) & post() & provide(std::move(shop))) |
           map([](std::shared_ptr<Shop> open) { return std::to_string(open->sell()); });
}
//! [state]

//! [errors]
edo::Result<int, Rejection> check_id(int id) {
    if (id > 1000) {
        return edo::failure(Rejection::bad_request("there are only 1000 articles"));
    }
    return id;
}

auto checked_article() {
    return (path("checked" / param<int>() / end()) | and_then(check_id) | then(ask_database)) |
           recover([](Rejection rejection) {
               return std::pair(rejection.status(), "Sorry: " + std::string(rejection.message()));
           });
}
//! [errors]

//! [router]
edo::Task<std::string> show(int id) {
    return ask_database(id);
}

Router routes() {
    return Router()
        .route("/articles", post([](FromJson<Article> article) { return article.value.name; }))
        .route("/articles/{id}", get(show).del([](int) { return edo::http::Status::NoContent; }))
        .nest("/assets", fs::dir("/srv/assets"))
        .fallback([] { return std::pair(edo::http::Status::NotFound, "no such page"); });
}
//! [router]

//! [around]
auto whole_site() {
    const auto admin =
        auth::basic("administration", "ada", "a long password") | map([] { return "Welcome"; });
    return routes().route("/admin", get(admin)) | with(gzip()) | with(log());
}
//! [around]

//! [websocket]
edo::Task<edo::http::Response> shout(edo::http::Request request) {
    namespace ws = edo::http::ws;
    if (!ws::is_same_origin(request)) {  // a page of somebody else's
        co_return edo::http::Response(edo::http::Status::Forbidden);
    }
    co_return ws::accept(request, [](ws::WebSocket<> socket) -> edo::Task<void> {
        for (;;) {
            auto message = co_await socket.recv();
            if (!message || !*message) {  // failed, or closed
                co_return;
            }
            if ((*message)->is_text()) {
                static_cast<void>(co_await socket.send_text((*message)->data() + "!"));
            }
        }
    });
}

auto shouting() {
    return (path("shout" / end()) & request()) | then(shout);
}
//! [websocket]

//! [test]
edo::Task<bool> greets() {
    using edo::http::Method;
    using edo::http::Request;
    const auto response = co_await testing::reply(hello(), Request(Method::Get, "/hello/Ada"));
    co_return response.body.text() == "Hello, Ada!";
}
//! [test]

edo::Task<void> check(std::shared_ptr<edo::http::Service> all, edo::http::Request request,
                      std::string text) {
    const std::string target = request.target;
    const edo::http::Response response = co_await all->call(std::move(request));
    if (response.body.text() != text) {
        std::cerr << target << ": " << response.body.text() << '\n';
        std::abort();
    }
}

edo::Task<void> check_all() {
    using edo::http::Method;
    using edo::http::Request;
    const bool greeted = co_await greets();
    if (!greeted) {
        std::abort();
    }
    const auto all =
        service(api() or show_article() or sell(std::make_shared<Shop>()) or checked_article());
    co_await check(all, Request(Method::Post, "/articles", R"({"name":"tea","count":1})"),
                   R"({"name":"tea","count":2})");
    co_await check(all, Request(Method::Get, "/articles/7"), "article 7");
    co_await check(all, Request(Method::Post, "/sell"), "1");
    co_await check(all, Request(Method::Get, "/checked/7"), "article 7");
    const auto sorry = service(checked_article());
    co_await check(sorry, Request(Method::Get, "/checked/1001"),
                   "Sorry: there are only 1000 articles");
    const edo::http::Response refused =
        co_await service(shouting())->call(Request(Method::Get, "/shout"));
    if (refused.status != edo::http::Status::UpgradeRequired) {
        std::abort();
    }
    const auto site = service(whole_site());
    co_await check(site, Request(Method::Get, "/admin"), "Unauthorized");
    co_await check(site, Request(Method::Get, "/articles/3"), "article 3");
    co_await check(site, Request(Method::Get, "/nothing"), "no such page");
}

int main() {
    edo::block_on(check_all());
}
