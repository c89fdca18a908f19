// SPDX-License-Identifier: MIT
// The example in the documentation of bodies of JSON.
#include <edo/edo.hpp>
#include <edo/net/http/filter/json.hpp>
#include <edo/net/http/filter/method.hpp>
#include <edo/net/http/filter/path.hpp>
#include <edo/net/http/filter/testing.hpp>

#include <boost/describe/class.hpp>

#include <cstdlib>
#include <string>

namespace {

using namespace edo::http::filter;
using edo::http::Method;
using edo::http::Request;
using edo::http::Response;

//! [json]
struct Order {
    std::string article;
    unsigned count;
};
BOOST_DESCRIBE_STRUCT(Order, (), (article, count))

auto double_order() {
    return (path("double" / end()) & post() & body::json<Order>()) | map([](Order order) {
               order.count *= 2;
               return reply::json(order);
           });
}
//! [json]

//! [gunzip]
auto double_compressed_order() {
    return (path("packed" / end()) & post() & body::gunzip() & body::json<Order>()) |
           map([](Order order) {
               order.count *= 2;
               return reply::json(order);
           });
}
//! [gunzip]

edo::Task<void> check() {
    const Response response = co_await testing::reply(
        double_order(), Request(Method::Post, "/double", R"({"article":"tea","count":2})"));
    if (response.body.text() != R"({"article":"tea","count":4})") {
        std::abort();
    }
    // Who does not compress says nothing of it.
    const Response plain =
        co_await testing::reply(double_compressed_order(),
                                Request(Method::Post, "/packed", R"({"article":"tea","count":2})"));
    if (plain.body.text() != response.body.text()) {
        std::abort();
    }
}

}  // namespace

int main() {
    edo::block_on(check());
}
