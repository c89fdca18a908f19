// SPDX-License-Identifier: MIT
// The examples in the documentation of filters.
#include <edo/edo.hpp>
#include <edo/net/http/filter/auth.hpp>
#include <edo/net/http/filter/body.hpp>
#include <edo/net/http/filter/boxed.hpp>
#include <edo/net/http/filter/extract.hpp>
#include <edo/net/http/filter/method.hpp>
#include <edo/net/http/filter/path.hpp>
#include <edo/net/http/filter/query.hpp>
#include <edo/net/http/filter/service.hpp>
#include <edo/net/http/filter/testing.hpp>

#include <boost/describe/class.hpp>

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

namespace {

using namespace edo::http::filter;
using edo::Result;
using edo::Task;
using edo::http::Method;
using edo::http::Request;
using edo::http::Response;
using edo::http::Status;

//! [path]
// "/users/7/posts/12", and nothing behind it.
auto post_of_user() {
    return path("users" / param<int>() / "posts" / param<int>() / end());
}

// "/files/a/b.txt": extracts "a/b.txt".
auto any_file() {
    return path("files" / tail());
}
//! [path]

//! [map]
auto sum() {
    return path("sum" / param<int>() / param<int>()) |
           map([](int a, int b) { return std::to_string(a + b); });
}
//! [map]

//! [then]
Task<std::string> wait_for(int milliseconds) {
    co_await edo::sleep(std::chrono::milliseconds(milliseconds));
    co_return "waited";
}

auto wait() {
    return path("wait" / param<int>()) | then(wait_for);
}
//! [then]

//! [and_then]
Result<int, Rejection> positive(int n) {
    if (n <= 0) {
        return edo::failure(Rejection::bad_request("the number must be positive"));
    }
    return n;
}

auto half() {
    return path("half" / param<int>()) | and_then(positive) |
           map([](int n) { return std::to_string(n / 2); });
}
//! [and_then]

//! [rejection]
auto with_clear_errors() {
    return half() | recover([](Rejection rejection) {
               return std::pair(rejection.status(), "sorry: " + std::string(rejection.message()));
           });
}
//! [rejection]

//! [custom_rejection]
struct OutOfStock {
    std::string article;
};

auto buy() {
    return path("buy" / param<std::string>()) |
           and_then([](std::string article) -> Result<std::string, OutOfStock> {
               if (article == "tea") {
                   return edo::failure(OutOfStock{article});
               }
               return "one " + article;
           });
}
//! [custom_rejection]

//! [recover]
auto shop() {
    return buy() | recover([](Rejection rejection) -> Result<Response, Rejection> {
               if (const auto* reason = rejection.find<OutOfStock>()) {
                   return Response::text("no more " + reason->article)
                       .with_status(Status::Conflict);
               }
               return edo::failure(std::move(rejection));  // not for us
           });
}
//! [recover]

//! [own_filter]
/// Lets in one request of `n`.
class OneOf : public FilterBase {
public:
    using Extract = List<unsigned>;  // the number of the request
    static constexpr bool kAsync = false;

    explicit OneOf(unsigned n) : n_(n), count_(std::make_shared<std::atomic<unsigned>>(0)) {}

    Outcome<Extract> check(Input& /*input*/) const {
        const unsigned number = count_->fetch_add(1, std::memory_order_relaxed);
        if (number % n_ != 0) {
            return edo::failure(Rejection(Status::TooManyRequests));
        }
        return std::tuple(number);
    }

private:
    unsigned n_;
    std::shared_ptr<std::atomic<unsigned>> count_;
};
//! [own_filter]

//! [boxed]
// In a source file of its own, which alone has to be compiled again when a route changes.
BoxedFilter<Response> shop_routes() {
    return boxed((sum() or half() or shop()) | responding());
}
//! [boxed]

//! [provide]
struct Visits {
    std::atomic<int> count{0};
};

auto count_visits(std::shared_ptr<Visits> visits) {
    return (path("visits") & provide(std::move(visits))) |
           map([](std::shared_ptr<Visits> all) { return std::to_string(++all->count); });
}
//! [provide]

//! [header]
auto agent() {
    return (path("agent") & header("user-agent") & header<std::optional<int>>("x-depth")) |
           map([](std::string name, std::optional<int> depth) {
               return name + " at " + std::to_string(depth.value_or(0));
           });
}
//! [header]

//! [query]
struct Listing {
    int page;
    std::optional<std::string> sort;
};
BOOST_DESCRIBE_STRUCT(Listing, (), (page, sort))

auto list() {
    return (path("list") & query<Listing>()) | map([](Listing listing) {
               return "page " + std::to_string(listing.page) + " by " +
                      listing.sort.value_or("name");
           });
}
//! [query]

//! [basic]
std::optional<std::string> find_user(auth::Credentials sent) {
    if (sent.user == "ada" && auth::equal(sent.password, "lovelace")) {
        return "Ada";
    }
    return std::nullopt;
}

auto members() {
    return (path("members") & auth::basic("for members", find_user)) |
           map([](std::string name) { return "Hello, " + name + "!"; });
}
//! [basic]

//! [service]
std::shared_ptr<edo::http::Service> everything() {
    return service(sum() or wait() or half() or shop() or agent() or list() or members());
}
//! [service]

//! [testing]
Task<void> check_sum() {
    Response response = co_await testing::reply(sum(), Request(Method::Get, "/sum/1/2"));
    if (response.status != Status::Ok || response.body.text() != "3") {
        std::abort();
    }
}
//! [testing]

Task<void> check(std::shared_ptr<edo::http::Service> all, Request request, int status,
                 std::string text) {
    const std::string target = request.target;
    const Response response = co_await all->call(std::move(request));
    if (int(response.status) != status || response.body.text() != text) {
        std::cerr << target << ": " << int(response.status) << ' ' << response.body.text() << '\n';
        std::abort();
    }
}

Task<void> check_all() {
    co_await check_sum();
    const auto all = everything();
    co_await check(all, Request(Method::Get, "/wait/1"), 200, "waited");
    co_await check(all, Request(Method::Get, "/half/8"), 200, "4");
    co_await check(all, Request(Method::Get, "/half/-8"), 400, "the number must be positive");
    co_await check(all, Request(Method::Get, "/buy/milk"), 200, "one milk");
    co_await check(all, Request(Method::Get, "/buy/tea"), 409, "no more tea");
    co_await check(all, Request(Method::Get, "/agent").with_header("User-Agent", "x"), 200,
                   "x at 0");
    co_await check(all, Request(Method::Get, "/list?page=2"), 200, "page 2 by name");
    co_await check(all, Request(Method::Get, "/members"), 401, "Unauthorized");
    const auto more =
        service(shop_routes() or count_visits(std::make_shared<Visits>()) or
                (post_of_user() | map([](int user, int post) {
                     return std::to_string(user) + "/" + std::to_string(post);
                 })) or
                (any_file() | map([](std::string file) { return file; })) or
                ((path("rare") & OneOf(2)) | map([](unsigned n) { return std::to_string(n); })));
    co_await check(more, Request(Method::Get, "/visits"), 200, "1");
    co_await check(more, Request(Method::Get, "/users/7/posts/12"), 200, "7/12");
    co_await check(more, Request(Method::Get, "/files/a/b.txt"), 200, "a/b.txt");
    co_await check(more, Request(Method::Get, "/rare"), 200, "0");
    co_await check(more, Request(Method::Get, "/rare"), 429, "Too Many Requests");
    co_await check(service(with_clear_errors()), Request(Method::Get, "/half/0"), 400,
                   "sorry: the number must be positive");
}

}  // namespace

int main() {
    edo::block_on(check_all());
}
