// SPDX-License-Identifier: MIT
// The examples in the documentation of bodies of JSON that are read as they come.
#include <edo/edo.hpp>
#include <edo/net/http/body_stream.hpp>
#include <edo/net/http/filter.hpp>
#include <edo/net/http/filter/testing.hpp>
#include <edo/net/json/json_lines.hpp>
#include <edo/net/json/parser.hpp>
#include <edo/runtime/codec/framed.hpp>
#include <edo/runtime/io/stream_reader.hpp>

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace edo::http::filter;
using edo::Result;
using edo::Task;
using edo::http::Body;

struct Reading {
    std::string sensor;
    float temperature_c = 0;
};
BOOST_DESCRIBE_STRUCT(Reading, (), (sensor, temperature_c))

//! [lines]
/// A reading on each line, as many as the client likes: none is kept longer than it takes to look
/// at it, and a line that is wrong is counted and spoils no other one.
Task<Result<std::string>> count_warm(Body body) {
    edo::io::StreamReader bytes(edo::http::BodyStream(std::move(body)));
    edo::codec::FramedRead lines(std::move(bytes), edo::json::JsonLines<Reading>());
    int warm = 0;
    int wrong = 0;
    while (auto next = co_await lines.next()) {
        const auto reading = co_await edo::propagate(std::move(*next));  // or the body has failed
        wrong += reading ? 0 : 1;
        warm += reading && reading->temperature_c > 20 ? 1 : 0;
    }
    co_return std::to_string(warm) + " warm, " + std::to_string(wrong) + " wrong";
}

auto warm_readings() {
    return (path("warm" / end()) & post() & body::stream()) | and_then(count_warm);
}
//! [lines]

//! [pieces]
/// One large value, parsed as it comes: what is wrong is found before the rest is read, and the
/// text is never in memory as a whole.
Task<Result<std::string>> count_readings(Body body) {
    edo::json::Parser<std::vector<Reading>> parser;
    while (auto piece = co_await edo::propagate(co_await body.next())) {
        if (const auto fed = parser.feed(*piece); !fed) {
            co_return "no readings: " + fed.error().message();
        }
    }
    const auto readings = parser.finish();
    co_return readings ? std::to_string(readings->size()) + " readings"
                       : "no readings: " + readings.error().message();
}
//! [pieces]

Task<std::string> ask(Body body) {
    using edo::http::Method;
    using edo::http::Request;
    auto answer =
        co_await testing::reply(warm_readings(), Request(Method::Post, "/warm", std::move(body)));
    co_return std::string(answer.body.text());
}

Task<void> check() {
    const std::string lines =
        "{\"sensor\":\"hall\",\"temperature_c\":21.5}\n"
        "{\"sensor\":\"cellar\"}\n"
        "{\"sensor\":\"roof\",\"temperature_c\":31}";
    const std::string answer = co_await ask(lines);
    const auto all = co_await count_readings(R"([{"sensor":"hall","temperature_c":21.5}])");
    if (answer != "2 warm, 1 wrong" || all.value() != "1 readings") {
        std::abort();
    }
}

}  // namespace

int main() {
    edo::block_on(check());
}
