// SPDX-License-Identifier: MIT
// Headers, bodies, requests, answers.
#include "support/flavors.hpp"
#include <edo/edo.hpp>
#include <edo/net/http/error.hpp>
#include <edo/net/http/request.hpp>
#include <edo/net/http/response.hpp>
#include <edo/net/http/service.hpp>
#include <edo/runtime/io/duplex.hpp>
#include <edo/runtime/io/write.hpp>
#include <edo/runtime/stream/sources.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <cstddef>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace edo::http;

namespace {

std::string joined(const Headers& headers) {
    std::string all;
    for (const Header header : headers) {
        all.append(header.name).append("=").append(header.value).append(";");
    }
    return all;
}

std::string bytes_to_string(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Yields the pieces, then an error if there is one.
class Pieces final : public BodySource {
public:
    Pieces(std::vector<std::string> pieces, std::error_code error)
        : pieces_(std::move(pieces)), error_(error) {}

    edo::Task<edo::Result<std::optional<std::string>>> next() override {
        co_await edo::yield_now();
        if (at_ < pieces_.size()) {
            co_return std::optional<std::string>(pieces_[at_++]);
        }
        if (error_) {
            co_return edo::failure(error_);
        }
        co_return std::optional<std::string>();
    }

private:
    std::vector<std::string> pieces_;
    std::error_code error_;
    std::size_t at_ = 0;
};

Body body_of(std::vector<std::string> pieces, std::error_code error = {}) {
    return Body(std::make_unique<Pieces>(std::move(pieces), error));
}

template <class Make>
void on_each_flavor(Make make) {
    edo::test::for_each_flavor([&](edo::Runtime& runtime) { runtime.block_on(make()); });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(message)

BOOST_AUTO_TEST_CASE(headers_keep_their_order_and_their_spelling) {
    Headers headers;
    headers.append("Host", "a");
    headers.append("X-B", "1");
    headers.append("x-b", " 2\t");
    BOOST_TEST(joined(headers) == "Host=a;X-B=1;x-b=2;");
    BOOST_TEST(headers.size() == 3U);
    BOOST_TEST(*headers.get("HOST") == "a");
    BOOST_TEST(*headers.get("X-b") == "1");
    BOOST_TEST(!headers.get("X").has_value());
    BOOST_TEST(headers.contains("x-B"));
    std::vector<std::string> values;
    for (const std::string_view value : headers.all("x-b")) {
        values.emplace_back(value);
    }
    BOOST_TEST(values == (std::vector<std::string>{"1", "2"}), boost::test_tools::per_element());
    BOOST_TEST(headers.all("none").empty());
}

BOOST_AUTO_TEST_CASE(set_replaces_all_values_and_keeps_the_place) {
    Headers headers;
    headers.append("A", "1");
    headers.append("B", "2");
    headers.append("a", "3");
    headers.append("C", "4");
    headers.set("a", "5");
    BOOST_TEST(joined(headers) == "a=5;B=2;C=4;");
    headers.set("D", "6");
    BOOST_TEST(joined(headers) == "a=5;B=2;C=4;D=6;");
}

BOOST_AUTO_TEST_CASE(remove_takes_all_values_of_a_name) {
    Headers headers;
    headers.append("A", "1");
    headers.append("B", "2");
    headers.append("a", "3");
    BOOST_TEST(headers.remove("A") == 2U);
    BOOST_TEST(headers.remove("A") == 0U);
    BOOST_TEST(joined(headers) == "B=2;");
    headers.clear();
    BOOST_TEST(headers.empty());
}

BOOST_AUTO_TEST_CASE(a_header_may_be_made_of_another_one) {
    Headers headers;
    headers.append("Name", "a value that is too long for the small buffer of a string");
    for (int i = 0; i < 100; ++i) {
        headers.append(headers[0].name, *headers.get("Name"));
    }
    BOOST_TEST(headers[100].value == "a value that is too long for the small buffer of a string");
    BOOST_TEST(headers[100].name == "Name");
    headers.set(headers[50].name, headers[99].value);
    BOOST_TEST(joined(headers) ==
               "Name=a value that is too long for the small buffer of a string;");
}

BOOST_AUTO_TEST_CASE(what_would_forge_headers_is_refused) {
    Headers headers;
    for (const char* const name : {"", "a b", "a:", "a\r\n", "\xc3\xa4", "a(", "a\x7f"}) {
        BOOST_TEST_CONTEXT("name: " << name) {
            BOOST_CHECK_THROW(headers.append(name, "x"), edo::UsageError);
            BOOST_CHECK_THROW(headers.set(name, "x"), edo::UsageError);
        }
    }
    using namespace std::string_view_literals;
    for (const std::string_view value :
         {"a\r\nb: c"sv, "a\nb"sv, "a\rb"sv, "a\0b"sv, "\x1b"sv, "\x7f"sv, "\r\n"sv}) {
        BOOST_CHECK_THROW(headers.append("a", value), edo::UsageError);
        BOOST_CHECK_THROW(headers.set("a", value), edo::UsageError);
        BOOST_CHECK_THROW(Response().with_header("a", value), edo::UsageError);
    }
    BOOST_TEST(headers.empty());
    headers.append("a", "tab\tand \xc3\xa4 and nothing else");
    headers.append("b", "");
    BOOST_TEST(headers.size() == 2U);
}

BOOST_AUTO_TEST_CASE(tokens_are_found_in_lists) {
    Headers headers;
    headers.append("Connection", "keep-alive, Upgrade");
    headers.append("connection", " ,close ,");
    BOOST_TEST(headers.has_token("Connection", "upgrade"));
    BOOST_TEST(headers.has_token("Connection", "CLOSE"));
    BOOST_TEST(!headers.has_token("Connection", "keep"));
    BOOST_TEST(!headers.has_token("Upgrade", "close"));
}

BOOST_AUTO_TEST_CASE(every_method_has_one_name) {
    for (int i = 0; i <= int(Method::Patch); ++i) {
        BOOST_TEST((parse_method(to_string(Method(i))) == Method(i)));
    }
    for (const char* const name : {"", "get", "GET ", "GETX", "PROPFIND"}) {
        BOOST_TEST(!parse_method(name).has_value());
    }
    BOOST_TEST(is_idempotent(Method::Put));
    BOOST_TEST(!is_idempotent(Method::Post));
    BOOST_TEST(!is_safe(Method::Delete));
}

BOOST_AUTO_TEST_CASE(errors_have_texts_and_statuses) {
    BOOST_TEST(std::error_code(Errc::BodyTooLarge).message() ==
               "the body is larger than the limit");
    BOOST_TEST((std::error_code(Errc::HeaderTimeout) == std::errc::timed_out));
    BOOST_TEST((status_of(Errc::TargetTooLong) == Status::UriTooLong));
    BOOST_TEST((status_of(Errc::BadChunk) == Status::BadRequest));
    BOOST_TEST(
        (status_of(std::make_error_code(std::errc::broken_pipe)) == Status::InternalServerError));
    BOOST_TEST(reason(Status(299)).empty());
}

BOOST_AUTO_TEST_CASE(targets_are_taken_apart) {
    struct Case {
        Method method;
        std::string target, path, query, host;
    };
    const std::vector<Case> cases = {
        {Method::Get, "/", "/", "", "h"},
        {Method::Get, "/a%20b?c=d?e", "/a%20b", "c=d?e", "h"},
        {Method::Get, "/?", "/", "", "h"},
        {Method::Get, "/a?u=http://x/y", "/a", "u=http://x/y", "h"},
        {Method::Get, "http://o:80/p?q", "/p", "q", "o:80"},
        {Method::Get, "http://o", "/", "", "o"},
        {Method::Get, "http://o?q", "/", "q", "o"},
        {Method::Options, "*", "*", "", "h"},
        {Method::Connect, "o:443", "", "", "o:443"},
    };
    for (const Case& c : cases) {
        BOOST_TEST_CONTEXT("target: " << c.target) {
            Request request(c.method, c.target);
            request.headers.append("Host", "h");
            BOOST_TEST(request.path() == c.path);
            BOOST_TEST(request.query() == c.query);
            BOOST_TEST(request.host() == c.host);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_text_is_one_piece) {
    on_each_flavor([]() -> edo::Task<void> {
        Body body = "hello";
        BOOST_TEST(*body.size() == 5U);
        BOOST_TEST(body.text() == "hello");
        auto piece = co_await body.next();
        BOOST_TEST(**piece == "hello");
        BOOST_TEST(*body.size() == 0U);
        piece = co_await body.next();
        BOOST_TEST(!piece->has_value());
        Body none;
        piece = co_await none.next();
        BOOST_TEST(!piece->has_value());
    });
}

BOOST_AUTO_TEST_CASE(collect_puts_the_pieces_together) {
    on_each_flavor([]() -> edo::Task<void> {
        Body body = body_of({"a", "bc", "def"});
        const auto all = co_await body.collect();
        BOOST_TEST(*all == "abcdef");
        const auto again = co_await body.next();
        BOOST_TEST(!again->has_value());
    });
}

BOOST_AUTO_TEST_CASE(collect_stops_at_its_limit) {
    on_each_flavor([]() -> edo::Task<void> {
        Body exact = body_of({"abc", "def"});
        const auto all = co_await exact.collect(6);
        BOOST_TEST(all.value() == "abcdef");
        Body beyond = body_of({"abc", "def"});
        const auto refused = co_await beyond.collect(5);
        BOOST_TEST((refused.error() == Errc::BodyTooLarge));
        Body text = "abcdef";
        const auto refused_text = co_await text.collect(5);
        BOOST_TEST((refused_text.error() == Errc::BodyTooLarge));
        Body unlimited = body_of({"abc"});
        const auto most = co_await unlimited.collect(std::numeric_limits<std::size_t>::max());
        BOOST_TEST(most.value() == "abc");
    });
}

BOOST_AUTO_TEST_CASE(an_error_ends_a_body) {
    on_each_flavor([]() -> edo::Task<void> {
        Body body = body_of({"abc"}, Errc::Truncated);
        const auto all = co_await body.collect();
        BOOST_TEST((all.error() == Errc::Truncated));
        const auto after = co_await body.next();
        BOOST_TEST(!after.value().has_value());
    });
}

BOOST_AUTO_TEST_CASE(a_stream_becomes_a_body_without_empty_pieces) {
    on_each_flavor([]() -> edo::Task<void> {
        Body body =
            Body::from_stream(edo::stream::iter(std::vector<std::string>{"", "a", "", "b"}));
        BOOST_TEST(!body.size().has_value());
        auto piece = co_await body.next();
        BOOST_TEST(**piece == "a");
        const auto rest = co_await body.collect();
        BOOST_TEST(rest.value() == "b");

        using Piece = edo::Result<std::string>;
        std::vector<Piece> pieces;
        pieces.emplace_back("x");
        pieces.emplace_back(edo::failure(Errc::BadContentEncoding));
        Body failing = Body::from_stream(edo::stream::iter(std::move(pieces)));
        const auto all = co_await failing.collect();
        BOOST_TEST((all.error() == Errc::BadContentEncoding));
    });
}

BOOST_AUTO_TEST_CASE(any_io_yields_first_what_was_read_before) {
    on_each_flavor([]() -> edo::Task<void> {
        auto [near, far] = edo::io::duplex(64);
        AnyIo io(std::move(near), "before");
        const auto sent = co_await far.write("after");
        BOOST_TEST(sent.value() == 5U);
        std::array<std::byte, 4> buffer;
        std::string all;
        while (all.size() < 11) {
            const auto count = co_await io.read(buffer);
            all += bytes_to_string(std::span(buffer).first(count.value()));
        }
        BOOST_TEST(all == "beforeafter");
        BOOST_TEST(io.get_if<edo::io::DuplexStream>() != nullptr);
        BOOST_TEST(io.get_if<edo::net::TcpStream>() == nullptr);

        const auto written = co_await edo::io::write_all(io, "back");
        BOOST_TEST(written.has_value());
        const auto flushed = co_await io.flush();
        BOOST_TEST(flushed.has_value());
        const auto ended = co_await io.shutdown();
        BOOST_TEST(ended.has_value());
        const auto count = co_await far.read(buffer);
        BOOST_TEST(bytes_to_string(std::span(buffer).first(count.value())) == "back");
        const auto end = co_await far.read(buffer);
        BOOST_TEST(end.value() == 0U);
    });
}

BOOST_AUTO_TEST_CASE(an_empty_connection_and_an_empty_upgrade_are_misuse) {
    on_each_flavor([]() -> edo::Task<void> {
        AnyIo io;
        BOOST_TEST(!io);
        std::array<std::byte, 4> buffer;
        bool thrown = false;
        try {
            static_cast<void>(co_await io.read(buffer));
        } catch (const edo::UsageError&) {
            thrown = true;
        }
        BOOST_TEST(thrown);
        Upgrade none;
        BOOST_TEST(!none);
        BOOST_CHECK_THROW(static_cast<void>(none(AnyIo())), edo::UsageError);
    });
}

BOOST_AUTO_TEST_CASE(a_function_is_a_service) {
    on_each_flavor([]() -> edo::Task<void> {
        const std::shared_ptr<Service> service =
            make_service([text = std::string("Hello, ")](Request request) -> edo::Task<Response> {
                co_await edo::yield_now();
                co_return Response::text(text + std::string(request.path()))
                    .with_status(Status::Created)
                    .with_header("X", "1");
            });
        Response response = co_await service->call(Request(Method::Get, "/a"));
        BOOST_TEST(response.body.text() == "Hello, /a");
        BOOST_TEST((response.status == Status::Created));
        BOOST_TEST(*response.headers.get("Content-Type") == "text/plain; charset=utf-8");
        BOOST_TEST(*response.headers.get("X") == "1");
    });
}

BOOST_AUTO_TEST_SUITE_END()
