// SPDX-License-Identifier: MIT
// The examples in the documentation of the HTTP/1 codec.
#include <edo/net/http/h1/body_decoder.hpp>
#include <edo/net/http/h1/encoder.hpp>
#include <edo/net/http/h1/request_parser.hpp>
#include <edo/net/http/h1/response_parser.hpp>

#include <iostream>
#include <string>
#include <string_view>

namespace http = edo::http;

namespace {

//! [body_decoder]
/// Takes what it can off the front of `input`, and appends the body's part of it to `body`.
edo::Result<void> take_body(http::h1::BodyDecoder& decoder, std::string_view& input,
                            std::string& body) {
    while (!input.empty() && !decoder.is_done()) {
        const auto step = decoder.decode(input);
        if (!step) {
            return edo::failure(step.error());
        }
        body.append(step->data);
        input.remove_prefix(step->consumed);
    }
    return {};
}
//! [body_decoder]

void parse_request() {
    //! [request_parser]
    http::h1::RequestParser parser;
    std::string buffer = "POST /names HTTP/1.1\r\nHost: a\r\n";
    bool is_whole = parser.parse(buffer).value();  // false: there is more to come
    buffer += "Content-Length: 3\r\n\r\nAda";
    is_whole = parser.parse(buffer).value();
    if (is_whole) {
        const http::Request request = parser.take(buffer);
        std::string_view rest = std::string_view(buffer).substr(parser.size());
        http::h1::BodyDecoder decoder(parser.framing());
        std::string body;
        if (!take_body(decoder, rest, body)) {
            return;  // and close the connection
        }
        std::cout << request.target << ": " << body << '\n';
    }
    //! [request_parser]
}

void parse_response() {
    //! [response_parser]
    http::h1::ResponseParser parser;
    const std::string bytes = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
    if (parser.parse(bytes).value()) {
        const http::Response response = parser.take(bytes);
        const bool has_body = !parser.framing(http::Method::Get).is_empty();
        std::cout << int(response.status) << (has_body ? " and a body\n" : "\n");
    }
    //! [response_parser]
}

void encode() {
    //! [encoder]
    const http::Response response = http::Response::text("Hello");
    http::h1::AnswerTo to;
    to.method = http::Method::Get;
    std::string out;
    const http::h1::Framing framing = http::h1::append_response_head(out, response, to);
    if (framing.kind() == http::h1::Framing::Kind::Length) {
        out += response.body.text();
    }
    std::cout << out << '\n';
    //! [encoder]
}

}  // namespace

int main() {
    parse_request();
    parse_response();
    encode();
}
