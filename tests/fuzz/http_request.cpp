// SPDX-License-Identifier: MIT
// Requests on a connection, one after the other, with their bodies.
#include "fuzz/http1.hpp"
#include <edo/net/http/h1/encoder.hpp>
#include <edo/net/http/h1/request_parser.hpp>
#include <edo/net/http/uri/percent.hpp>

using namespace edo::fuzz;
namespace http = edo::http;

namespace {

std::string show(const http::h1::RequestParser& parser, const http::Request& request) {
    const http::h1::Framing framing = parser.framing();
    return std::string(to_string(request.method)) + " " + request.target +
           (request.version == http::Version::Http10 ? " 1.0" : " 1.1") +
           (parser.keeps_alive() ? " keep" : "") + (parser.expects_continue() ? " continue" : "") +
           (parser.asks_for_upgrade() ? " upgrade " : " ") +
           std::to_string(static_cast<int>(framing.kind())) + " " +
           std::to_string(framing.length()) + " for " + std::string(request.host()) +
           edo::fuzz::show(request.headers);
}

/// What every request that is let through keeps to.
void check(const http::Request& request) {
    require(request.headers.size() <= small_limits().header_count, "not too many headers");
    require(request.target.find_first_of(std::string_view(" \r\n\t\0", 5)) == std::string::npos,
            "a target is one word");
    for (const http::Header header : request.headers) {
        require(header.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos,
                "a value is one line");
    }
    const auto path = http::percent_decode(request.path());
    require(path.has_value() && path->find('\0') == std::string::npos, "a path can be decoded");
}

/// A proxy that sends it on does not change what it means.
void check_sent_on(const http::Request& request) {
    std::string bytes;
    const http::h1::Framing framing = http::h1::append_request_head(bytes, request);
    http::h1::RequestParser parser;
    const auto is_whole = parser.parse(bytes);
    require(is_whole && *is_whole && parser.size() == bytes.size(), "what was read can be sent");
    require(parser.framing() == framing, "its body is framed as is said");
    const http::Request again = parser.take(bytes);
    require(again.method == request.method && again.target == request.target &&
                again.host() == request.host(),
            "there and back");
}

class Requests {
public:
    auto parse(std::string_view bytes) { return parser_.parse(bytes); }
    [[nodiscard]] std::size_t size() const { return parser_.size(); }
    [[nodiscard]] std::string take(std::string_view bytes) const {
        const http::Request request = parser_.take(bytes);
        check(request);
        if (request.version == http::Version::Http11) {
            check_sent_on(request);
        }
        return ::show(parser_, request);
    }
    [[nodiscard]] http::h1::Framing framing() const { return parser_.framing(); }
    [[nodiscard]] bool goes_on() const { return parser_.keeps_alive(); }
    void reset() { parser_.reset(); }

private:
    http::h1::RequestParser parser_{small_limits()};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    check_messages<Requests>(text_of(data, size));
    return 0;
}
