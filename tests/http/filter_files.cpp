// SPDX-License-Identifier: MIT
#include "filter_requests.hpp"
#include "support/temporary_directory.hpp"
#include <edo/net/http/filter/conditional.hpp>
#include <edo/net/http/filter/content_type.hpp>
#include <edo/net/http/filter/files.hpp>
#include <edo/net/http/filter/http_date.hpp>
#include <edo/net/http/filter/path.hpp>
#include <edo/net/http/filter/steps.hpp>

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <sys/stat.h>

namespace {

using namespace edo::http::filter;
using edo::http::Method;
using edo::http::Request;
using edo::test::Answer;
using edo::test::ask;
using edo::test::get_of;
using edo::test::status_of;
using edo::test::TemporaryDirectory;

void write_file(const std::string& path, std::string_view text) {
    std::ofstream(path, std::ios::binary) << text;
}

struct Site {
    Site() {
        std::filesystem::create_directories(directory.file("www/sub"));
        std::filesystem::create_directories(directory.file("www/.well-known"));
        write_file(directory.file("secret.txt"), "secret");
        write_file(directory.file("www/index.html"), "<p>home");
        write_file(directory.file("www/a.txt"), "0123456789");
        write_file(directory.file("www/empty"), "");
        write_file(directory.file("www/.hidden"), "hidden");
        write_file(directory.file("www/.well-known/x"), "known");
        write_file(directory.file("www/sub/index.html"), "<p>sub");
        write_file(directory.file("www/sub/b c.css"), "p {}");
        large.resize(300'000);
        for (std::size_t i = 0; i < large.size(); ++i) {
            large[i] = char('a' + i % 23);
        }
        write_file(directory.file("www/large.bin"), large);
    }
    [[nodiscard]] auto filter() const { return fs::dir(directory.file("www")); }
    TemporaryDirectory directory;
    std::string large;
};

Answer part(const Site& site, std::string_view range, std::string target = "/a.txt") {
    return ask(site.filter(), get_of(std::move(target)).with_header("Range", range));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(filter_files)

BOOST_AUTO_TEST_CASE(files_are_found_below_the_directory) {
    const Site site;
    const auto f = site.filter();
    BOOST_TEST(ask(f, get_of("/a.txt")).text == "0123456789");
    BOOST_TEST(ask(f, get_of("/a.txt")).header("Content-Type") == "text/plain; charset=utf-8");
    BOOST_TEST(ask(f, get_of("/sub/b%20c.css?v=1")).text == "p {}");
    BOOST_TEST(ask(f, get_of("/empty")).text == "");
    BOOST_TEST(ask(f, get_of("/large.bin")).text == site.large);
    BOOST_TEST(ask(f, get_of("/")).text == "<p>home");
    BOOST_TEST(ask(f, get_of("/sub/")).text == "<p>sub");
    BOOST_TEST(status_of(f, get_of("/none")) == 404);
    BOOST_TEST(status_of(f, get_of("/a.txt/b")) == 404);
    BOOST_TEST(status_of(f, Request(Method::Head, "/a.txt")) == 200);
    BOOST_TEST(ask(f, edo::test::post_of("/a.txt")).header("Allow") == "GET, HEAD");
    const auto below = path("static") & f;
    BOOST_TEST(ask(below, get_of("/static/a.txt")).text == "0123456789");
}

BOOST_AUTO_TEST_CASE(a_directory_without_a_slash_redirects) {
    const Site site;
    const auto answer = ask(path("static") & site.filter(), get_of("/static/sub?x=1"));
    BOOST_TEST(int(answer.status) == 301);
    BOOST_TEST(answer.header("Location") == "/static/sub/?x=1");
    BOOST_TEST(status_of(site.filter(), get_of("//example.org")) == 404);
    BOOST_TEST(status_of(site.filter(), get_of("//sub")) == 404);
    const auto no_index = fs::dir(site.directory.file("www"), fs::Options().index(""));
    BOOST_TEST(status_of(no_index, get_of("/sub/")) == 404);
}

BOOST_AUTO_TEST_CASE(nothing_outside_can_be_named) {
    const Site site;
    for (const char* target : {"/../secret.txt",
                               "/%2e%2e/secret.txt",
                               "/sub/../../secret.txt",
                               "/..%2fsecret.txt",
                               "/sub/..%2f..%2fsecret.txt",
                               "/%2e%2e%2fsecret.txt",
                               "/..\\secret.txt",
                               "/..%5csecret.txt",
                               "/a.txt%00",
                               "/a.txt%00.html",
                               "/./a.txt",
                               "/sub//index.html",
                               "//a.txt",
                               "/%2fetc/passwd",
                               "/.hidden",
                               "/%2ehidden",
                               "/%zz",
                               "/..",
                               "/../",
                               "/sub/..",
                               "/a.txt/",
                               "/sub/index.html/",
                               "/a.txt/."}) {
        BOOST_TEST_CONTEXT(target) {
            BOOST_TEST(status_of(site.filter(), get_of(target)) == 404);
        }
    }
    BOOST_TEST(ask(site.filter(), get_of("/.well-known/x")).text == "known");
    const auto hidden = fs::dir(site.directory.file("www"), fs::Options().hidden(true));
    BOOST_TEST(ask(hidden, get_of("/.hidden")).text == "hidden");
}

BOOST_AUTO_TEST_CASE(links_are_followed_also_to_the_outside) {
    const Site site;
    std::filesystem::create_symlink(site.directory.file("secret.txt"),
                                    site.directory.file("www/link.txt"));
    std::filesystem::create_directory_symlink(site.directory.file("www/sub"),
                                              site.directory.file("www/other"));
    BOOST_TEST(ask(site.filter(), get_of("/link.txt")).text == "secret");
    BOOST_TEST(ask(site.filter(), get_of("/other/")).text == "<p>sub");
    BOOST_TEST(status_of(site.filter(), get_of("/link.txt/")) == 404);
}

BOOST_AUTO_TEST_CASE(what_is_no_file_is_not_served) {
    const Site site;
    BOOST_REQUIRE(::mkfifo(site.directory.file("www/pipe").c_str(), 0600) == 0);
    BOOST_TEST(status_of(site.filter(), get_of("/pipe")) == 404);
    BOOST_TEST(status_of(fs::file(site.directory.file("www")), get_of("/")) == 404);
    BOOST_TEST(ask(fs::file(site.directory.file("secret.txt")), get_of("/any/path")).text ==
               "secret");
    BOOST_TEST(status_of(fs::file(site.directory.file("none")), get_of("/")) == 404);
}

BOOST_AUTO_TEST_CASE(a_range_is_a_part) {
    const Site site;
    const auto answer = part(site, "bytes=2-4");
    BOOST_TEST(int(answer.status) == 206);
    BOOST_TEST(answer.text == "234");
    BOOST_TEST(answer.header("Content-Range") == "bytes 2-4/10");
    BOOST_TEST(part(site, "bytes=7-").text == "789");
    BOOST_TEST(part(site, "bytes=-3").text == "789");
    BOOST_TEST(part(site, "bytes=-30").text == "0123456789");
    BOOST_TEST(part(site, "bytes=9-100").header("Content-Range") == "bytes 9-9/10");
    Request head(Method::Head, "/a.txt");
    head.with_header("Range", "bytes=2-4");
    BOOST_TEST(status_of(site.filter(), std::move(head)) == 200);
    const auto large = part(site, "bytes=100000-199999", "/large.bin");
    BOOST_TEST(large.text == site.large.substr(100'000, 100'000));
}

BOOST_AUTO_TEST_CASE(several_ranges_are_parts_of_a_message) {
    const Site site;
    const auto answer = part(site, "bytes=2-4, ,-1,100-200,0-0");
    BOOST_TEST(int(answer.status) == 206);
    BOOST_TEST(answer.header("Content-Range") == "(none)");
    const std::string type = answer.header("Content-Type");
    const std::string start = "multipart/byteranges; boundary=";
    BOOST_REQUIRE(type.starts_with(start));
    const std::string line = "--" + type.substr(start.size());
    const auto head = [&](std::string_view range) {
        return line + "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes " +
               std::string(range) + "/10\r\n\r\n";
    };
    BOOST_TEST(answer.text == head("2-4") + "234\r\n" + head("9-9") + "9\r\n" + head("0-0") +
                                  "0\r\n" + line + "--\r\n");
    // Nobody who makes a file may know what stands between its parts.
    BOOST_TEST(part(site, "bytes=0-1,3-4").header("Content-Type") != type);
    // One that is left is sent as one.
    BOOST_TEST(part(site, "bytes=2-4,10-").header("Content-Range") == "bytes 2-4/10");
    BOOST_TEST(part(site, "bytes=,2-4").text == "234");
    BOOST_TEST(int(part(site, "bytes=10-,11-12").status) == 416);
}

BOOST_AUTO_TEST_CASE(parts_of_a_large_file_are_read_as_they_are_asked_for) {
    const Site site;
    const edo::test::LeakGuard guard;
    edo::Runtime runtime = edo::Builder::current_thread().build();
    runtime.block_on([&]() -> edo::Task<void> {
        auto request = get_of("/large.bin").with_header("Range", "bytes=1000-150999,160000-");
        auto response = co_await testing::reply(site.filter(), std::move(request));
        BOOST_REQUIRE(!response.body.is_text());
        const auto size = response.body.size();
        std::string all;
        for (;;) {
            auto piece = co_await response.body.next();
            BOOST_REQUIRE(piece.has_value());
            if (!*piece) {
                break;
            }
            BOOST_TEST((*piece)->size() <= 65'536U);
            all += **piece;
            BOOST_TEST(response.body.size().value() == *size - all.size());
        }
        BOOST_TEST(all.size() == size.value());
        BOOST_TEST((all.find(site.large.substr(1000, 150'000) + "\r\n--") != all.npos));
        BOOST_TEST((all.find(site.large.substr(160'000) + "\r\n--") != all.npos));
    });
}

BOOST_AUTO_TEST_CASE(ranges_that_would_multiply_the_work_are_all) {
    const Site site;
    std::string many = "bytes=0-0";
    for (int i = 1; i < 10; ++i) {
        many += "," + std::to_string(i) + "-" + std::to_string(i);
    }
    BOOST_TEST(int(part(site, many).status) == 206);
    std::string too_many = "bytes=0-0";
    for (int i = 0; i < 16; ++i) {
        too_many += ",100-";
    }
    for (const std::string& range :
         {many + ",0-0", too_many, std::string("bytes=0-,0-,0-,0-"), std::string("bytes=-6,0-5")}) {
        BOOST_TEST_CONTEXT(range) {
            const auto answer = part(site, range);
            BOOST_TEST(int(answer.status) == 200);
            BOOST_TEST(answer.text == "0123456789");
        }
    }
}

BOOST_AUTO_TEST_CASE(a_range_that_cannot_be_is_416) {
    const Site site;
    const auto answer = part(site, "bytes=10-");
    BOOST_TEST(int(answer.status) == 416);
    BOOST_TEST(answer.header("Content-Range") == "bytes */10");
    BOOST_TEST(int(part(site, "bytes=-0").status) == 416);
    BOOST_TEST(int(part(site, "bytes=0-", "/empty").status) == 416);
}

BOOST_AUTO_TEST_CASE(a_range_that_is_not_understood_is_all) {
    const Site site;
    for (const char* range :
         {"bytes=1-2,x", "bytes=1-2,5-4", "bytes=,", "bytes=", "bytes=-", "bytes=5-4", "bytes=x-",
          "bytes=1-x", "lines=1-2", "bytes=99999999999999999999-", "bytes= 1 - 2"}) {
        BOOST_TEST_CONTEXT(range) {
            BOOST_TEST(int(part(site, range).status) == 200);
            BOOST_TEST(part(site, range).text == "0123456789");
        }
    }
}

BOOST_AUTO_TEST_CASE(conditions_are_kept) {
    const Site site;
    const auto f = site.filter();
    const auto first = ask(f, get_of("/a.txt"));
    const std::string etag = first.header("ETag");
    const std::string modified = first.header("Last-Modified");
    const auto with = [&](std::string_view name, std::string_view value) {
        return ask(f, get_of("/a.txt").with_header(name, value));
    };
    BOOST_TEST(int(with("If-None-Match", etag).status) == 304);
    BOOST_TEST(with("If-None-Match", etag).text == "");
    BOOST_TEST(with("If-None-Match", etag).header("ETag") == etag);
    BOOST_TEST(int(with("If-None-Match", "\"x\", W/" + etag).status) == 304);
    BOOST_TEST(int(with("If-None-Match", "*").status) == 304);
    BOOST_TEST(int(with("If-None-Match", "\"x\"").status) == 200);
    BOOST_TEST(int(with("If-Modified-Since", modified).status) == 304);
    BOOST_TEST(int(with("If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT").status) == 200);
    BOOST_TEST(int(with("If-Modified-Since", "yesterday").status) == 200);
    BOOST_TEST(int(with("If-Match", etag).status) == 200);
    BOOST_TEST(int(with("If-Match", "W/" + etag).status) == 412);
    BOOST_TEST(int(with("If-Match", "\"x\"").status) == 412);
    BOOST_TEST(int(with("If-Unmodified-Since", modified).status) == 200);
    BOOST_TEST(int(with("If-Unmodified-Since", "Sun, 06 Nov 1994 08:49:37 GMT").status) == 412);
    // A tag that does not match goes before a date that does.
    BOOST_TEST(int(ask(f, get_of("/a.txt")
                              .with_header("If-None-Match", "\"x\"")
                              .with_header("If-Modified-Since", modified))
                       .status) == 200);
    const auto ranged = [&](std::string_view condition) {
        return ask(
            f,
            get_of("/a.txt").with_header("Range", "bytes=1-1").with_header("If-Range", condition));
    };
    BOOST_TEST(int(ranged(etag).status) == 206);
    BOOST_TEST(int(ranged("\"x\"").status) == 200);
    BOOST_TEST(int(ranged("W/" + etag).status) == 200);
    BOOST_TEST(int(ranged(modified).status) == 206);
    BOOST_TEST(int(ranged("Sun, 06 Nov 1994 08:49:37 GMT").status) == 200);
    write_file(site.directory.file("www/a.txt"), "changed!");
    BOOST_TEST(int(with("If-None-Match", etag).status) == 200);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_cut_meanwhile_is_an_error) {
    const Site site;
    const edo::test::LeakGuard guard;
    edo::Runtime runtime = edo::Builder::current_thread().build();
    runtime.block_on([&]() -> edo::Task<void> {
        auto response = co_await testing::reply(site.filter(), get_of("/large.bin"));
        auto piece = co_await response.body.next();
        BOOST_TEST(piece.value().has_value());
        std::filesystem::resize_file(site.directory.file("www/large.bin"), 10);
        auto rest = co_await response.body.collect(1 << 20);
        BOOST_TEST(!rest.has_value());
    });
}

BOOST_AUTO_TEST_CASE(dates_have_three_forms) {
    const auto time = detail::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT");
    BOOST_TEST(time.has_value());
    BOOST_TEST(time->time_since_epoch().count() == 784111777);
    BOOST_TEST(bool(detail::parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT") == time));
    BOOST_TEST(bool(detail::parse_http_date("Sun Nov  6 08:49:37 1994") == time));
    BOOST_TEST(detail::format_http_date(*time) == "Sun, 06 Nov 1994 08:49:37 GMT");
    BOOST_TEST(!detail::parse_http_date("Sun, 31 Feb 1994 08:49:37 GMT"));
    BOOST_TEST(!detail::parse_http_date("Sun, 06 Xxx 1994 08:49:37 GMT"));
    BOOST_TEST(!detail::parse_http_date("Sun, 06 Nov 1994 28:49:37 GMT"));
    BOOST_TEST(!detail::parse_http_date(""));
}

BOOST_AUTO_TEST_CASE(types_go_by_the_last_extension) {
    BOOST_TEST(content_type_of("x/a.HTML") == "text/html; charset=utf-8");
    BOOST_TEST(content_type_of("a.tar.gz") == "application/gzip");
    BOOST_TEST(content_type_of("html") == "application/octet-stream");
    BOOST_TEST(content_type_of("a.html/b") == "application/octet-stream");
}

BOOST_AUTO_TEST_SUITE_END()
