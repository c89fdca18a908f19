// SPDX-License-Identifier: MIT
// Answers on a connection, one after the other. The first byte says to which method.
#include "fuzz/http1.hpp"
#include <edo/net/http/h1/encoder.hpp>
#include <edo/net/http/h1/response_parser.hpp>
#include <edo/net/http/status.hpp>

using namespace edo::fuzz;
namespace http = edo::http;

namespace {

/// What was received can be sent, and is read as the same.
void check_sent_on(const http::Response& response) {
    std::string bytes;
    http::h1::AnswerTo to;
    const http::h1::Framing framing = http::h1::append_response_head(bytes, response, to);
    http::h1::ResponseParser parser;
    const auto is_whole = parser.parse(bytes);
    require(is_whole && *is_whole && parser.size() == bytes.size(), "what was read can be sent");
    require(parser.status() == response.status, "there and back");
    require(http::is_informational(response.status) ||
                parser.framing(to.method).length() == framing.length(),
            "its body is framed as is said");
    require(http::is_informational(response.status) || parser.keeps_alive() == to.keep_alive,
            "whether the connection is kept is said");
}

template <http::Method kMethod>
class Responses {
public:
    auto parse(std::string_view bytes) { return parser_.parse(bytes); }
    [[nodiscard]] std::size_t size() const { return parser_.size(); }
    [[nodiscard]] std::string take(std::string_view bytes) const {
        const http::Response response = parser_.take(bytes);
        check_sent_on(response);
        const http::h1::Framing framing = parser_.framing(kMethod);
        return std::to_string(static_cast<unsigned>(response.status)) +
               (response.version == http::Version::Http10 ? " 1.0" : " 1.1") +
               (parser_.keeps_alive() ? " keep " : " ") +
               std::to_string(static_cast<int>(framing.kind())) + " " +
               std::to_string(framing.length()) + show(response.headers);
    }
    [[nodiscard]] http::h1::Framing framing() const { return parser_.framing(kMethod); }
    [[nodiscard]] bool goes_on() const { return parser_.keeps_alive(); }
    void reset() { parser_.reset(); }

private:
    http::h1::ResponseParser parser_{small_limits()};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const std::string_view bytes = text_of(data + 1, size - 1);
    switch (data[0] % 3) {
        case 0:
            check_messages<Responses<http::Method::Get>>(bytes);
            break;
        case 1:
            check_messages<Responses<http::Method::Head>>(bytes);
            break;
        default:
            check_messages<Responses<http::Method::Connect>>(bytes);
            break;
    }
    return 0;
}
