// SPDX-License-Identifier: MIT
// Bodies that are compressed with gzip: what comes out does not depend on the pieces, and keeps to
// its limit.
#include "fuzz/oracle.hpp"
#include "fuzz/serve.hpp"
#include <edo/net/http/body.hpp>
#include <edo/net/http/gunzip.hpp>
#include <edo/runtime/stream/sources.hpp>

using namespace edo::fuzz;
namespace http = edo::http;

namespace {

constexpr std::size_t kLimit = 4096;

edo::Task<Events> unpack(std::vector<std::string_view> pieces) {
    std::vector<std::string> parts(pieces.begin(), pieces.end());
    http::Body compressed = http::Body::from_stream(edo::stream::iter(std::move(parts)));
    http::Body body = http::detail::gunzip(std::move(compressed), kLimit);
    std::string all;
    for (;;) {
        auto piece = co_await body.next();
        if (!piece) {
            // Which one depends on the pieces: damage is seen before what came out is counted.
            require(!piece.error().message().empty(), "an error has a text");
            co_return Events{"!"};
        }
        if (!*piece) {
            break;
        }
        require(!(*piece)->empty(), "no piece is empty");
        all += **piece;
        require(all.size() <= kLimit, "the limit is kept");
    }
    co_return Events{all};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes = text_of(data, size);
    const Events expected = runtime().block_on(unpack({bytes}));
    for_each_cut(
        bytes,
        [&](const std::vector<std::string_view>& pieces) {
            require_equal(runtime().block_on(unpack(pieces)), expected,
                          "the same content, however the bytes are cut");
        },
        8);
    return 0;
}
