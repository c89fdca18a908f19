// SPDX-License-Identifier: MIT
// Frames that say how long they are. The first bytes describe the frames of the rest.
#include "fuzz/oracle.hpp"
#include <edo/runtime/codec/length_delimited_codec.hpp>

using namespace edo::fuzz;
using edo::codec::LengthDelimitedCodec;

namespace {

constexpr std::size_t kSettings = 5;

LengthDelimitedCodec codec_of(std::string_view settings) {
    const auto number = [&](std::size_t at) { return static_cast<unsigned char>(settings[at]); };
    auto builder = LengthDelimitedCodec::builder();
    builder.length_field_length(1 + number(0) % 8)
        .length_field_offset(number(1) % 16)
        .length_adjustment(static_cast<signed char>(settings[2]))
        .max_frame_length(number(4) * 4U);
    if (number(0) >= 128) {
        builder.little_endian();
    }
    if (number(3) < 128) {
        builder.num_skip(number(3));
    }
    return builder.build();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < kSettings) {
        return 0;
    }
    const std::string_view input = text_of(data, size);
    const auto show = [](const std::vector<std::byte>& frame) {
        return std::string(reinterpret_cast<const char*>(frame.data()), frame.size());
    };
    check_decoder<false>([&] { return codec_of(input.substr(0, kSettings)); },
                         input.substr(kSettings), show);

    // What is encoded is what is decoded again.
    const std::string_view frame = input.substr(0, 1000);
    edo::codec::Buffer buffer;
    LengthDelimitedCodec codec;
    require(codec.encode(frame, buffer).has_value(), "a frame is encoded");
    const Events decoded =
        decode_all<false>(LengthDelimitedCodec(), {buffer.text(), buffer.text()}, show);
    require_equal(decoded, {std::string(frame), std::string(frame)}, "there and back");
    return 0;
}
