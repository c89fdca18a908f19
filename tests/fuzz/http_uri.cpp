// SPDX-License-Identifier: MIT
// Addresses of the web, references, queries and forms, percent-encoding. The first line is an
// address, the rest a reference, and taken for a query, too.
#include "fuzz/oracle.hpp"
#include <edo/net/http/filter/fields.hpp>
#include <edo/net/http/uri.hpp>

using namespace edo::fuzz;
namespace http = edo::http;

namespace {

void check_uri(const http::Uri& uri) {
    const auto again = http::Uri::parse(uri.text());
    require(again.has_value(), "the text of a URI can be read");
    require_equal({again->text()}, {uri.text()}, "it is in its normal form");
    require(*again == uri.without_credentials(), "and means the same");
    require(!uri.host().empty() && uri.port() != 0, "there is a host and a port");
    require(uri.path().starts_with('/') && uri.target().starts_with('/'), "there is a path");
    require(uri.text().starts_with(uri.origin()), "the origin is its beginning");
    require(uri.path().find("/../") == std::string_view::npos, "no dots are left");
    for (const char c : uri.text()) {
        require(c > 0x20 && c < 0x7f, "all is ASCII");
    }
}

void check_reference(const http::Uri& base, std::string_view reference) {
    const auto resolved = base.resolve(reference);
    if (resolved) {
        check_uri(*resolved);
        const auto again = base.resolve(resolved->text());
        require(again && again->text() == resolved->text(), "an absolute reference stays");
    }
}

void check_query(std::string_view text) {
    const auto query = http::Query::parse(text);
    const auto fields = http::filter::Fields::parse(text);
    require(query.has_value() == fields.has_value(), "client and server agree");
    if (!query) {
        return;
    }
    require(std::equal(query->begin(), query->end(), fields->begin(), fields->end()),
            "client and server read the same");
    const auto again = http::Query::parse(query->to_string());
    require(again && *again == *query, "there and back");
}

void check_percent(std::string_view text) {
    const auto decoded = http::percent_decode(http::percent_encode(text));
    require(decoded && *decoded == text, "percent-encoding, there and back");
    const auto path = http::percent_decode(http::percent_encode_path(text));
    require(path && *path == text, "the same for a path");
    const auto form = http::form_decode(http::form_encode(text));
    require(form && *form == text, "the same for a form");
    const auto plain = http::percent_decode(text);
    require(!plain || plain->size() <= text.size(), "it becomes shorter");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = text_of(data, size);
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view rest = text.substr(std::min(end + 1, text.size()));
    const auto uri = http::Uri::parse(text.substr(0, end));
    if (uri) {
        check_uri(*uri);
        check_reference(*uri, rest);
    } else {
        require(!uri.error().message().empty(), "an error has a text");
    }
    check_query(rest);
    check_percent(text);
    return 0;
}
