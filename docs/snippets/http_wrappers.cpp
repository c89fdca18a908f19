// SPDX-License-Identifier: MIT
// The examples in the documentation of gzip, cors, log and server-sent events.
#include <edo/edo.hpp>
#include <edo/net/http/filter/cors.hpp>
#include <edo/net/http/filter/files.hpp>
#include <edo/net/http/filter/gzip.hpp>
#include <edo/net/http/filter/log.hpp>
#include <edo/net/http/filter/method.hpp>
#include <edo/net/http/filter/path.hpp>
#include <edo/net/http/filter/service.hpp>
#include <edo/net/http/filter/sse.hpp>
#include <edo/net/http/filter/testing.hpp>

#include <chrono>
#include <cstdlib>
#include <optional>
#include <string>

namespace {

using namespace edo::http::filter;
using namespace std::chrono_literals;
using edo::http::Method;
using edo::http::Response;

//! [wrappers]
auto site() {
    auto api = ((path("api/time") & get()) | map([] { return "now"; })) |
               with(cors().allow_origin("https://example.org"));
    return (api or fs::dir("/srv/site")) | with(gzip()) | with(log());
}
//! [wrappers]

//! [sse]
/// Counts, once a second.
class Ticks {
public:
    edo::Task<std::optional<sse::Event>> next() {
        co_await interval_.tick();
        const int n = ++count_;
        co_return sse::Event(std::to_string(n)).event("tick");
    }

private:
    edo::Interval interval_ = edo::interval(1s);
    int count_ = 0;
};

auto ticks() {
    return (path("ticks" / end()) & get()) | map([] { return sse::reply(Ticks()); });
}
//! [sse]

edo::Task<void> check() {
    using edo::http::Request;
    const Response time = co_await testing::reply(site(), Request(Method::Get, "/api/time"));
    Response events = co_await testing::reply(ticks(), Request(Method::Get, "/ticks"));
    const auto first = co_await events.body.next();
    if (time.body.text() != "now" || first.value().value() != "data: 1\nevent: tick\n\n") {
        std::abort();
    }
}

}  // namespace

int main() {
    edo::block_on(check());
}
