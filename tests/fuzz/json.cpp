// SPDX-License-Identifier: MIT
// JSON: lines, texts in pieces, and texts as structs and values.
#include "fuzz/oracle.hpp"
#include "json/shapes.hpp"
#include <edo/net/json/json_lines.hpp>
#include <edo/net/json/parser.hpp>

using namespace edo::fuzz;
namespace json = edo::json;

namespace {

/// Without the place: in the middle of a word it depends on the pieces.
template <class T>
std::string show(const edo::Result<T, json::Error>& result) {
    return result ? json::to_text(*result)
                  : "!" + result.error().code().message() + " " + result.error().path();
}

template <class T>
void check(std::string_view text) {
    const json::Limits limits(4096, 20);
    const auto object = json::from_text<T>(text, limits);
    const std::string expected = show(object);
    json::Parser<T> parser(limits);
    for_each_cut(text, [&](const std::vector<std::string_view>& pieces) {
        for (const std::string_view piece : pieces) {
            if (!parser.feed(piece)) {
                break;
            }
        }
        require_equal({show(parser.finish())}, {expected}, "pieces");
    });
    if (object) {
        require_equal({show(json::from_text<T>(expected))}, {expected}, "there and back");
        require_equal({show(json::from_text<T>(json::to_pretty_text(*object)))}, {expected},
                      "there and back, in a pretty way");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = text_of(data, size);
    check<json::Value>(text);
    check<edo::test::Everything>(text);
    check<std::vector<std::map<std::string, edo::test::Tree>>>(text);
    check_decoder<true>(
        [] { return json::JsonLines<edo::test::Sensor>(json::Limits(100)); }, text,
        [](const auto& item) { return item ? json::to_text(*item) : item.error().message(); });
    return 0;
}
