// SPDX-License-Identifier: MIT
// Lines of text, and frames between any of several delimiters.
#include "fuzz/oracle.hpp"
#include <edo/runtime/codec/any_delimiter_codec.hpp>
#include <edo/runtime/codec/lines_codec.hpp>
#include <edo/runtime/io/utf8.hpp>

using namespace edo::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view stream = text_of(data, size);
    for (const std::size_t limit : {0U, 7U, 100U}) {
        const Events lines =
            check_decoder<true>([&] { return edo::codec::LinesCodec(limit); }, stream,
                                [&](const std::string& line) {
                                    require(line.size() <= limit, "the limit");
                                    require(edo::io::is_utf8(line), "UTF-8");
                                    return line;
                                });
        static_cast<void>(lines);
        check_decoder<true>(
            [&] { return edo::codec::AnyDelimiterCodec(",;\n", ",", limit); }, stream,
            [](const std::vector<std::byte>& field) {
                return std::string(reinterpret_cast<const char*>(field.data()), field.size());
            });
    }
    return 0;
}
