// SPDX-License-Identifier: MIT
// The examples in the documentation of Uri and Query.
#include <edo/edo.hpp>
#include <edo/net/http/uri.hpp>

#include <iostream>
#include <string>

namespace {

//! [parse]
edo::Result<void> parts() {
    const auto uri = edo::http::Uri::parse("https://Example.org/search?q=coroutines");
    if (!uri) {
        return edo::failure(uri.error());
    }
    std::cout << uri->host() << ' ' << uri->port() << '\n';  // example.org 443
    std::cout << uri->target() << '\n';                      // /search?q=coroutines

    const auto wrong = edo::http::Uri::parse("http://example.org/a b");
    std::cout << wrong.error().message() << '\n';  // ... that must be percent-encoded
    return {};
}
//! [parse]

//! [resolve]
edo::Result<void> follow_links() {
    const auto page = edo::http::Uri::parse("http://example.org/docs/intro.html");
    if (!page) {
        return edo::failure(page.error());
    }
    for (const char* link : {"next.html", "../index.html", "?lang=de", "//example.com/"}) {
        if (const auto target = page->resolve(link)) {
            std::cout << *target << '\n';  // the first: http://example.org/docs/next.html
        }
    }
    return {};
}
//! [resolve]

//! [percent]
void segments() {
    const std::string name = "100% / ok";
    const std::string path = "/files/" + edo::http::percent_encode(name);
    std::cout << path << '\n';  // /files/100%25%20%2F%20ok
    std::cout << edo::http::percent_decode("100%25").value() << '\n';
}
//! [percent]

//! [query]
void queries() {
    edo::http::Query query{{"q", "fish & chips"}};
    query.append("page", "2");
    std::cout << query.to_string() << '\n';  // q=fish+%26+chips&page=2

    if (const auto read = edo::http::Query::parse("a=1&b=two+words")) {
        for (const auto& [name, value] : *read) {
            std::cout << name << " is " << value << '\n';
        }
    }
}
//! [query]

}  // namespace

int main() {
    const bool ok = parts() && follow_links();
    segments();
    queries();
    return ok ? 0 : 1;
}
