// SPDX-License-Identifier: MIT
// The example in the documentation of the router.
#include <edo/edo.hpp>
#include <edo/net/http/filter/router.hpp>
#include <edo/net/http/filter/testing.hpp>

#include <cstdlib>
#include <string>

namespace {

using namespace edo::http::filter;
using edo::Task;
using edo::http::Method;
using edo::http::Request;
using edo::http::Response;
using edo::http::Status;

//! [router]
Task<std::string> show_user(int id) {
    co_await edo::yield_now();  // ask a database
    co_return "user " + std::to_string(id);
}

Task<Status> change_user(int /*id*/, Request request) {
    const auto text = co_await request.body.collect();
    co_return text ? Status::NoContent : Status::BadRequest;
}

Router routes() {
    const Router admin = Router().route("/health", get([] { return "fine"; }));
    return Router()
        .route("/users/{id}", get(show_user).put(change_user))
        .route("/files/{*path}", get([](std::string path) { return "file " + path; }))
        .nest("/admin", admin)
        .fallback([] { return std::pair(Status::NotFound, "nothing here"); });
}
//! [router]

Task<void> check(Request request, int status, std::string text) {
    const Response response = co_await testing::reply(routes(), std::move(request));
    if (int(response.status) != status || response.body.text() != text) {
        std::abort();
    }
}

Task<void> check_all() {
    co_await check(Request(Method::Get, "/users/7"), 200, "user 7");
    co_await check(Request(Method::Put, "/users/7", "x"), 204, "");
    co_await check(Request(Method::Get, "/files/a/b"), 200, "file a/b");
    co_await check(Request(Method::Get, "/admin/health"), 200, "fine");
    co_await check(Request(Method::Get, "/other"), 404, "nothing here");
    co_await check(Request(Method::Delete, "/users/7"), 405, "Method Not Allowed");
}

}  // namespace

int main() {
    edo::block_on(check_all());
}
