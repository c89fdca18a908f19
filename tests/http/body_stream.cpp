// SPDX-License-Identifier: MIT
#include "filter_requests.hpp"
#include "server_support.hpp"
#include "support/on_paused_clock.hpp"
#include <edo/net/http/body_stream.hpp>
#include <edo/net/json/json_lines.hpp>
#include <edo/net/json/parser.hpp>
#include <edo/runtime/codec/framed.hpp>
#include <edo/runtime/io/stream_reader.hpp>

#include <boost/describe/class.hpp>
#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>
#include <utility>

using namespace edo::test;
using edo::Result;
using edo::Task;
using edo::http::Body;
using edo::http::BodyStream;
using edo::http::Request;
using edo::http::Response;

namespace {

static_assert(edo::stream::Stream<BodyStream>);

struct Point {
    int x = 0;
};
BOOST_DESCRIBE_STRUCT(Point, (), (x))

/// A body that fails behind its first piece.
class Broken final : public edo::http::BodySource {
public:
    Task<Result<std::optional<std::string>>> next() override {
        if (std::exchange(has_begun_, true)) {
            co_return edo::failure(edo::http::Errc::BadChunk);
        }
        co_return std::optional<std::string>("{\"x\":1}\n{");
    }

private:
    bool has_begun_ = false;
};

/// What stands on the lines: 1,!,3. An error of the body ends it: ?
Task<std::string> lines_of(Body body) {
    edo::io::StreamReader bytes(BodyStream(std::move(body)));
    edo::codec::FramedRead lines(std::move(bytes), edo::json::JsonLines<Point>());
    std::string all;
    while (auto next = co_await lines.next()) {
        if (!*next) {
            all += "? " + next->error().message();
            break;
        }
        const auto& point = **next;
        all += point ? std::to_string(point->x) : "!";
        all += ',';
    }
    co_return all;
}

const std::string kLines = "{\"x\":1}\n{\"y\":2}\n\n{\"x\":3}\r\n{\"x\":4}";

}  // namespace

BOOST_AUTO_TEST_SUITE(body_stream)

BOOST_AUTO_TEST_CASE(a_body_is_a_stream_of_its_pieces) {
    on_paused_clock([]() -> Task<void> {
        BodyStream stream(in_pieces({"one", "two"}));
        auto piece = co_await stream.next();
        BOOST_TEST(piece.value().value() == "one");
        piece = co_await stream.next();
        BOOST_TEST(piece.value().value() == "two");
        for (int i = 0; i < 2; ++i) {
            piece = co_await stream.next();
            BOOST_TEST(!piece.has_value());
        }
        BodyStream text{Body("text")};
        piece = co_await text.next();
        BOOST_TEST(piece.value().value() == "text");
        piece = co_await text.next();
        BOOST_TEST(!piece.has_value());
    });
}

BOOST_AUTO_TEST_CASE(an_error_of_the_body_is_one_of_the_stream_and_its_end) {
    on_paused_clock([]() -> Task<void> {
        BodyStream stream{Body(std::make_unique<Broken>())};
        auto piece = co_await stream.next();
        BOOST_TEST(piece.value().has_value());
        piece = co_await stream.next();
        BOOST_TEST((piece.value().error() == edo::http::Errc::BadChunk));
        piece = co_await stream.next();
        BOOST_TEST(!piece.has_value());
        const std::string lines = co_await lines_of(Body(std::make_unique<Broken>()));
        BOOST_TEST(lines ==
                   "1,? " + edo::http::make_error_code(edo::http::Errc::BadChunk).message());
    });
}

BOOST_AUTO_TEST_CASE(lines_of_json_are_read_from_a_body_wherever_it_is_cut) {
    on_paused_clock([]() -> Task<void> {
        for (std::size_t cut = 0; cut <= kLines.size(); ++cut) {
            std::vector<std::string> pieces{kLines.substr(0, cut), kLines.substr(cut)};
            std::erase(pieces, "");
            const std::string lines = co_await lines_of(in_pieces(std::move(pieces)));
            BOOST_TEST(lines == "1,!,3,4,", cut);
        }
    });
}

BOOST_AUTO_TEST_CASE(a_server_reads_lines_from_the_connection_as_they_come) {
    for_each_flavor([](edo::Runtime& runtime) {
        const std::string answer = runtime.block_on([]() -> Task<std::string> {
            auto service = edo::http::make_service([](Request request) -> Task<Response> {
                co_return Response::text(co_await lines_of(std::move(request.body)));
            });
            auto ends = edo::io::duplex(16 * 1024);
            auto served = edo::spawn(edo::http::serve_connection(
                std::move(ends.second), edo::http::Serving(service, plain_options())));
            std::string request =
                "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                "Transfer-Encoding: chunked\r\n\r\n";
            for (const char byte : kLines) {
                request += std::string("1\r\n") + byte + "\r\n";
            }
            request += "0\r\n\r\n";
            auto both = co_await edo::join(edo::io::write_all(ends.first, request),
                                           read_everything(ends.first));
            co_await served;
            co_return std::get<1>(both);
        });
        BOOST_TEST(answer.ends_with("\r\n\r\n1,!,3,4,"));
    });
}

BOOST_AUTO_TEST_SUITE_END()
