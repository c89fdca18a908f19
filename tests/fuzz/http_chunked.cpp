// SPDX-License-Identifier: MIT
// Bodies in chunks, with trailers. What follows the last one is none of the decoder's business.
#include "fuzz/http1.hpp"
#include <edo/net/http/h1/encoder.hpp>

using namespace edo::fuzz;
namespace http = edo::http;

namespace {

/// There is no head: a body begins at once, and only one.
class NoHead {
public:
    static edo::Result<bool> parse(std::string_view /*bytes*/) { return true; }
    static std::size_t size() { return 0; }
    static std::string take(std::string_view /*bytes*/) { return {}; }
    static http::h1::Framing framing() { return http::h1::Framing::chunked(); }
    static bool goes_on() { return false; }
    static void reset() {}
};

/// What is sent in chunks of these sizes comes out as it went in.
void check_there_and_back(std::string_view bytes) {
    if (bytes.empty()) {
        return;
    }
    http::Headers trailers;
    if (bytes.front() % 2 == 0) {
        trailers.append("X-Sum", "1");
    }
    std::string sent;
    const std::size_t size = 1 + static_cast<unsigned char>(bytes.front()) / 2;
    for (std::size_t at = 0; at < bytes.size(); at += size) {
        http::h1::append_chunk(sent, bytes.substr(at, size));
    }
    http::h1::append_last_chunk(sent, trailers.empty() ? nullptr : &trailers);
    const std::string body =
        std::string(bytes) + (trailers.empty() ? "" : " trailers: " + show(trailers));
    require_equal(read_messages<NoHead>({sent}), {"", body}, "there and back");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    check_messages<NoHead>(text_of(data, size));
    check_there_and_back(text_of(data, size));
    return 0;
}
