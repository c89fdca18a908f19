// SPDX-License-Identifier: MIT
#include <edo/net/http/uri.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

using edo::http::Query;
using edo::http::Uri;
using edo::http::UriErrc;

BOOST_AUTO_TEST_SUITE(uri)

namespace {

Uri parsed(std::string_view text) {
    auto uri = Uri::parse(text);
    BOOST_TEST_INFO(text);
    BOOST_REQUIRE(uri.has_value());
    return *std::move(uri);
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_parts_of_a_uri_are_found) {
    const Uri uri = parsed("HTTPS://Ada:se%3Acret@Example.ORG:8443/a/b%20c?x=1&y=/?#top?/");
    BOOST_TEST(uri.text() == "https://example.org:8443/a/b%20c?x=1&y=/?#top?/");
    BOOST_TEST(uri.scheme() == "https");
    BOOST_TEST(uri.is_https());
    BOOST_TEST(uri.host() == "example.org");
    BOOST_TEST(uri.port() == 8443);
    BOOST_TEST(uri.authority() == "example.org:8443");
    BOOST_TEST(uri.origin() == "https://example.org:8443");
    BOOST_TEST(uri.path() == "/a/b%20c");
    BOOST_TEST(uri.query().value() == "x=1&y=/?");
    BOOST_TEST(uri.fragment().value() == "top?/");
    BOOST_TEST(uri.target() == "/a/b%20c?x=1&y=/?");
    BOOST_TEST(uri.has_credentials());
    BOOST_TEST(uri.user_name() == "Ada");
    BOOST_TEST(uri.password() == "se:cret");
}

BOOST_AUTO_TEST_CASE(what_is_not_given_is_not_there) {
    const Uri uri = parsed("http://example.org");
    BOOST_TEST(uri.text() == "http://example.org/");
    BOOST_TEST(uri.path() == "/");
    BOOST_TEST(uri.target() == "/");
    BOOST_TEST(uri.port() == 80);
    BOOST_TEST(!uri.query());
    BOOST_TEST(!uri.fragment());
    BOOST_TEST(!uri.has_credentials());
    BOOST_TEST(parsed("http://example.org?").query().value() == "");
    BOOST_TEST(parsed("http://example.org#").fragment().value() == "");
}

BOOST_AUTO_TEST_CASE(equal_addresses_have_one_form) {
    const std::vector<std::pair<std::string_view, std::string_view>> forms = {
        {"http://example.org:80/", "http://example.org/"},
        {"https://example.org:443/a", "https://example.org/a"},
        {"http://example.org:443/", "http://example.org:443/"},
        {"http://example.org:/", "http://example.org/"},
        {"http://example.org:00080/", "http://example.org/"},
        {"http://example.org/a/./b/../c", "http://example.org/a/c"},
        {"http://example.org/../../a", "http://example.org/a"},
        {"http://example.org/a/..", "http://example.org/"},
        {"http://example.org/a/.", "http://example.org/a/"},
        {"http://example.org//a//", "http://example.org//a//"},
        {"http://example.org?a#b", "http://example.org/?a#b"},
        {"http://[0:0:0:0:0:0:0:1]:81/", "http://[::1]:81/"},
        {"http://[::FFFF:127.0.0.1]/", "http://[::ffff:127.0.0.1]/"},
        {"http://127.0.0.1/", "http://127.0.0.1/"},
        {"http://example.org./", "http://example.org./"},
        {"http://my_service-1/", "http://my_service-1/"},
        {"http://1.a/", "http://1.a/"},
    };
    for (const auto& [given, form] : forms) {
        BOOST_TEST(parsed(given).text() == form);
        BOOST_TEST((parsed(given) == parsed(form)));
        BOOST_TEST(parsed(form).text() == form);
    }
}

BOOST_AUTO_TEST_CASE(an_ipv6_host_has_no_brackets_and_an_authority_has) {
    const Uri uri = parsed("http://[2001:db8::7]:8080/c=GB");
    BOOST_TEST(uri.host() == "2001:db8::7");
    BOOST_TEST(uri.authority() == "[2001:db8::7]:8080");
    BOOST_TEST(uri.port() == 8080);
}

BOOST_AUTO_TEST_CASE(bad_uris_are_refused_with_a_reason) {
    const std::vector<std::pair<std::string, UriErrc>> bad = {
        {"", UriErrc::InvalidLength},
        {"http://a/" + std::string(Uri::kMaxLength, 'x'), UriErrc::InvalidLength},
        {"/path", UriErrc::MissingScheme},
        {"example.org/path", UriErrc::MissingScheme},
        {"//example.org/", UriErrc::MissingScheme},
        {"1http://example.org/", UriErrc::MissingScheme},
        {" http://example.org/", UriErrc::MissingScheme},
        {"example.org:80", UriErrc::UnsupportedScheme},
        {"ftp://example.org/", UriErrc::UnsupportedScheme},
        {"file:///etc/passwd", UriErrc::UnsupportedScheme},
        {"mailto:ada@example.org", UriErrc::UnsupportedScheme},
        {"http:", UriErrc::MissingHost},
        {"HTTP:example.org", UriErrc::MissingHost},
        {"http:///path", UriErrc::MissingHost},
        {"http://:80/", UriErrc::MissingHost},
        {"http://user@/", UriErrc::MissingHost},
        {"http://user@:80/", UriErrc::MissingHost},
        {"http://exa mple.org/", UriErrc::InvalidHost},
        {"http://ex%61mple.org/", UriErrc::InvalidHost},
        {"http://b\xc3\xbc"
         "cher.example/",
         UriErrc::InvalidHost},
        {"http://a..b/", UriErrc::InvalidHost},
        {"http://.a/", UriErrc::InvalidHost},
        {"http://./", UriErrc::InvalidHost},
        {"http://a,b/", UriErrc::InvalidHost},
        {"http://a\\b/", UriErrc::InvalidHost},
        {"http://" + std::string(64, 'a') + "/", UriErrc::InvalidHost},
        {"http://127.1/", UriErrc::InvalidHost},
        {"http://0x7f000001/", UriErrc::InvalidHost},
        {"http://2130706433/", UriErrc::InvalidHost},
        {"http://1.2.3.256/", UriErrc::InvalidHost},
        {"http://::1/", UriErrc::MissingHost},
        {"http://[::1/", UriErrc::InvalidHost},
        {"http://[::1]x/", UriErrc::InvalidHost},
        {"http://[]/", UriErrc::InvalidHost},
        {"http://[127.0.0.1]/", UriErrc::InvalidHost},
        {"http://[fe80::1%25eth0]/", UriErrc::InvalidHost},
        {"http://[v1.x]/", UriErrc::InvalidHost},
        {"http://example.org:0/", UriErrc::InvalidPort},
        {"http://example.org:65536/", UriErrc::InvalidPort},
        {"http://example.org:8o/", UriErrc::InvalidPort},
        {"http://example.org:-1/", UriErrc::InvalidPort},
        {"http://example.org:80:80/", UriErrc::InvalidPort},
        {"http://[::1]:x/", UriErrc::InvalidPort},
        {"http://a b@example.org/", UriErrc::InvalidCharacter},
        {"http://a@b@example.org/", UriErrc::InvalidCharacter},
        {"http://a:b@c@example.org/", UriErrc::InvalidCharacter},
        {"http://a%4@example.org/", UriErrc::InvalidPercent},
        {"http://a:%zz@example.org/", UriErrc::InvalidPercent},
        {"http://example.org/a b", UriErrc::InvalidCharacter},
        {"http://example.org/a\r\nHost: evil", UriErrc::InvalidCharacter},
        {"http://example.org/\t", UriErrc::InvalidCharacter},
        {std::string("http://example.org/\0", 20), UriErrc::InvalidCharacter},
        {"http://example.org/\x7f", UriErrc::InvalidCharacter},
        {"http://example.org/\xc3\xa4", UriErrc::InvalidCharacter},
        {"http://example.org/\\", UriErrc::InvalidCharacter},
        {"http://example.org/<a>", UriErrc::InvalidCharacter},
        {"http://example.org/?a b", UriErrc::InvalidCharacter},
        {"http://example.org/?a[]=1", UriErrc::InvalidCharacter},
        {"http://example.org/#a#b", UriErrc::InvalidCharacter},
        {"http://example.org/%", UriErrc::InvalidPercent},
        {"http://example.org/%4", UriErrc::InvalidPercent},
        {"http://example.org/?%4g", UriErrc::InvalidPercent},
        {"http://example.org/#%", UriErrc::InvalidPercent},
    };
    for (const auto& [text, error] : bad) {
        BOOST_TEST_CONTEXT(text.substr(0, 80)) {
            const auto uri = Uri::parse(text);
            BOOST_TEST(!uri);
            if (!uri) {
                BOOST_TEST(uri.error() == make_error_code(error));
                BOOST_TEST(!uri.error().message().empty());
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(errors_are_comparable_with_those_of_the_system) {
    BOOST_TEST(
        (Uri::parse("http://").error() == make_error_condition(std::errc::invalid_argument)));
    BOOST_TEST((Uri::parse("ftp://a/").error() ==
                make_error_condition(std::errc::protocol_not_supported)));
}

// RFC 3986, section 5.4, as far as it stays within http.
BOOST_AUTO_TEST_CASE(references_are_resolved_as_in_the_rfc) {
    const Uri base = parsed("http://a/b/c/d;p?q");
    const std::vector<std::pair<std::string_view, std::string_view>> examples = {
        {"g", "http://a/b/c/g"},
        {"./g", "http://a/b/c/g"},
        {"g/", "http://a/b/c/g/"},
        {"/g", "http://a/g"},
        {"//g", "http://g/"},
        {"?y", "http://a/b/c/d;p?y"},
        {"g?y", "http://a/b/c/g?y"},
        {"#s", "http://a/b/c/d;p?q#s"},
        {"g#s", "http://a/b/c/g#s"},
        {"g?y#s", "http://a/b/c/g?y#s"},
        {";x", "http://a/b/c/;x"},
        {"g;x", "http://a/b/c/g;x"},
        {"g;x?y#s", "http://a/b/c/g;x?y#s"},
        {"", "http://a/b/c/d;p?q"},
        {".", "http://a/b/c/"},
        {"./", "http://a/b/c/"},
        {"..", "http://a/b/"},
        {"../", "http://a/b/"},
        {"../g", "http://a/b/g"},
        {"../..", "http://a/"},
        {"../../", "http://a/"},
        {"../../g", "http://a/g"},
        {"../../../g", "http://a/g"},
        {"../../../../g", "http://a/g"},
        {"/./g", "http://a/g"},
        {"/../g", "http://a/g"},
        {"g.", "http://a/b/c/g."},
        {".g", "http://a/b/c/.g"},
        {"g..", "http://a/b/c/g.."},
        {"..g", "http://a/b/c/..g"},
        {"./../g", "http://a/b/g"},
        {"./g/.", "http://a/b/c/g/"},
        {"g/./h", "http://a/b/c/g/h"},
        {"g/../h", "http://a/b/c/h"},
        {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
        {"g;x=1/../y", "http://a/b/c/y"},
        {"g?y/./x", "http://a/b/c/g?y/./x"},
        {"g?y/../x", "http://a/b/c/g?y/../x"},
        {"g#s/./x", "http://a/b/c/g#s/./x"},
        {"g#s/../x", "http://a/b/c/g#s/../x"},
        {"https://other:8443/x", "https://other:8443/x"},
        {"a/b:c", "http://a/b/c/a/b:c"},
    };
    for (const auto& [reference, expected] : examples) {
        BOOST_TEST_CONTEXT(reference) {
            const auto resolved = base.resolve(reference);
            BOOST_REQUIRE(resolved);
            BOOST_TEST(resolved->text() == expected);
        }
    }
    BOOST_TEST(base.resolve("g:h").error() == make_error_code(UriErrc::UnsupportedScheme));
    BOOST_TEST(base.resolve("http:g").error() == make_error_code(UriErrc::MissingHost));
    BOOST_TEST(base.resolve("//").error() == make_error_code(UriErrc::MissingHost));
    BOOST_TEST(base.resolve("a b").error() == make_error_code(UriErrc::InvalidCharacter));
}

BOOST_AUTO_TEST_CASE(resolving_keeps_the_port_and_the_scheme_and_ipv6) {
    BOOST_TEST(parsed("https://[::1]:8443/a").resolve("b").value().text() ==
               "https://[::1]:8443/b");
    BOOST_TEST(parsed("https://a/").resolve("//b/c").value().text() == "https://b/c");
}

BOOST_AUTO_TEST_CASE(credentials_stay_with_their_host) {
    const Uri base = parsed("http://ada:secret@a/b");
    BOOST_TEST(base.text() == "http://a/b");
    BOOST_TEST(base.resolve("c").value().user_name() == "ada");
    BOOST_TEST(!base.resolve("//b/c").value().has_credentials());
    BOOST_TEST(!base.resolve("http://b/c").value().has_credentials());
    BOOST_TEST(!base.without_credentials().has_credentials());
    BOOST_TEST(base.without_credentials().password().empty());
    BOOST_TEST(parsed("http://:p:q@a/").password() == "p:q");
    BOOST_TEST(!parsed("http://@a/").has_credentials());
}

BOOST_AUTO_TEST_CASE(pairs_are_added_to_the_query) {
    const Query more{{"q", "a b&c"}, {"page", "2"}};
    BOOST_TEST(parsed("http://a/x").with_query(more).text() == "http://a/x?q=a+b%26c&page=2");
    BOOST_TEST(parsed("http://a/x?").with_query(more).text() == "http://a/x?q=a+b%26c&page=2");
    const Uri both = parsed("http://a/x?k=v#f").with_query(more);
    BOOST_TEST(both.text() == "http://a/x?k=v&q=a+b%26c&page=2#f");
    BOOST_TEST(both.fragment().value() == "f");
    BOOST_TEST(both.query().value() == "k=v&q=a+b%26c&page=2");
    BOOST_TEST(both.without_fragment().text() == "http://a/x?k=v&q=a+b%26c&page=2");
    BOOST_TEST((both.with_query(Query()) == both));
    BOOST_TEST((both == parsed(both.text())));
}

BOOST_AUTO_TEST_CASE(every_byte_is_either_taken_as_it_is_or_refused) {
    for (int byte = 0; byte < 256; ++byte) {
        const char c = static_cast<char>(byte);
        const std::string text = std::string("http://a/x") + c + "00";
        const auto uri = Uri::parse(text);
        if (uri) {
            BOOST_TEST(uri->text() == text);
            BOOST_TEST(byte > 0x20);
            BOOST_TEST(byte < 0x7f);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
