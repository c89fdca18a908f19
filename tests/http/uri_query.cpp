// SPDX-License-Identifier: MIT
#include <edo/net/http/uri.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>
#include <vector>

using edo::http::Query;
using edo::http::UriErrc;

BOOST_AUTO_TEST_SUITE(uri_query)

BOOST_AUTO_TEST_CASE(any_bytes_survive_encoding_and_decoding) {
    std::string all;
    for (int byte = 0; byte < 256; ++byte) {
        all += static_cast<char>(byte);
    }
    using namespace edo::http;
    BOOST_TEST(percent_decode(percent_encode(all)).value() == all);
    BOOST_TEST(percent_decode(percent_encode_path(all)).value() == all);
    BOOST_TEST(form_decode(form_encode(all)).value() == all);
}

BOOST_AUTO_TEST_CASE(only_what_must_be_is_encoded) {
    using namespace edo::http;
    BOOST_TEST(percent_encode("aZ09-._~ /?%\xff") == "aZ09-._~%20%2F%3F%25%FF");
    BOOST_TEST(percent_encode_path("/a b/c?d:@%") == "/a%20b/c%3Fd:@%25");
    BOOST_TEST(form_encode("aZ09-._*~ +&=") == "aZ09-._*%7E+%2B%26%3D");
}

BOOST_AUTO_TEST_CASE(escapes_are_decoded_strictly) {
    using namespace edo::http;
    BOOST_TEST(percent_decode("a%2fb%2Fc+d").value() == "a/b/c+d");
    BOOST_TEST(form_decode("a+b%2B").value() == "a b+");
    BOOST_TEST(percent_decode("%00").value() == std::string(1, '\0'));
    BOOST_TEST(percent_decode("").value() == "");
    for (const std::string_view bad : {"%", "%1", "a%", "%g0", "%0g", "%%41", "% 1", "%-1"}) {
        BOOST_TEST(percent_decode(bad).error() == make_error_code(UriErrc::InvalidPercent));
        BOOST_TEST(form_decode(bad).error() == make_error_code(UriErrc::InvalidPercent));
    }
}

BOOST_AUTO_TEST_CASE(a_query_is_read_in_order) {
    const Query query = Query::parse("a=1&b=2&a=3&c&=d&&e=f=g&h=%26+%2B").value();
    const std::vector<Query::Pair> expected = {{"a", "1"}, {"b", "2"},   {"a", "3"},  {"c", ""},
                                               {"", "d"},  {"e", "f=g"}, {"h", "& +"}};
    BOOST_TEST((std::vector<Query::Pair>(query.begin(), query.end()) == expected));
    BOOST_TEST(query.get("a").value() == "1");
    BOOST_TEST(query.get("c").value() == "");
    BOOST_TEST(!query.get("x"));
    BOOST_TEST(query.contains("h"));
    BOOST_TEST(Query::parse("").value().empty());
    BOOST_TEST(Query::parse("&&&").value().empty());
    BOOST_TEST(Query::parse("a=%").error() == make_error_code(UriErrc::InvalidPercent));
    BOOST_TEST(Query::parse("%zz=1").error() == make_error_code(UriErrc::InvalidPercent));
}

BOOST_AUTO_TEST_CASE(a_query_is_changed_by_name) {
    Query query{{"a", "1"}, {"b", "2"}, {"a", "3"}};
    BOOST_TEST(query.set("a", "x y").to_string() == "a=x+y&b=2");
    BOOST_TEST(query.set("c", "&").to_string() == "a=x+y&b=2&c=%26");
    BOOST_TEST(query.append("a", "").to_string() == "a=x+y&b=2&c=%26&a=");
    BOOST_TEST(query.remove("a").to_string() == "b=2&c=%26");
    BOOST_TEST((Query::parse(query.to_string()).value() == query));
}

BOOST_AUTO_TEST_SUITE_END()
