// SPDX-License-Identifier: MIT
#include <edo/runtime/io/utf8.hpp>

#include <boost/test/unit_test.hpp>

#include <string>

using edo::io::is_utf8;

namespace {

/// The definition, straight from the bits: decodes one character a step.
bool is_utf8_by_definition(const std::string& text) {
    for (std::size_t at = 0; at < text.size();) {
        const auto byte = [&](std::size_t i) -> unsigned {
            return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0;
        };
        unsigned length = 1;
        unsigned code = byte(0);
        if ((byte(0) & 0xE0) == 0xC0) {
            length = 2;
            code = byte(0) & 0x1F;
        } else if ((byte(0) & 0xF0) == 0xE0) {
            length = 3;
            code = byte(0) & 0x0F;
        } else if ((byte(0) & 0xF8) == 0xF0) {
            length = 4;
            code = byte(0) & 0x07;
        } else if (byte(0) >= 0x80) {
            return false;
        }
        for (unsigned i = 1; i < length; ++i) {
            if ((byte(i) & 0xC0) != 0x80) {
                return false;
            }
            code = code << 6 | (byte(i) & 0x3F);
        }
        constexpr unsigned kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
        if (code < kSmallest[length] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) {
            return false;
        }
        at += length;
    }
    return true;
}

BOOST_AUTO_TEST_SUITE(utf8)

BOOST_AUTO_TEST_CASE(text_of_all_lengths_of_characters_is_accepted) {
    BOOST_TEST(is_utf8(""));
    BOOST_TEST(is_utf8("plain ASCII, longer than a word"));
    BOOST_TEST(is_utf8("Grüße, мир, 世界, \xF0\x9F\x98\x80"));
    BOOST_TEST(is_utf8(std::string("\0 in the middle", 15)));
}

BOOST_AUTO_TEST_CASE(malformed_text_is_refused) {
    BOOST_TEST(!is_utf8("\x80"));              // continues nothing
    BOOST_TEST(!is_utf8("a\xC3"));             // cut off
    BOOST_TEST(!is_utf8("\xC0\xAF"));          // overlong
    BOOST_TEST(!is_utf8("\xE0\x9F\xBF"));      // overlong
    BOOST_TEST(!is_utf8("\xED\xA0\x80"));      // surrogate
    BOOST_TEST(!is_utf8("\xF4\x90\x80\x80"));  // beyond U+10FFFF
    BOOST_TEST(!is_utf8("\xFF"));
    BOOST_TEST(
        !is_utf8("12345678\xFF"
                 "12345678"));
}

BOOST_AUTO_TEST_CASE(all_short_sequences_agree_with_the_definition) {
    std::size_t wrong = 0;
    const auto check = [&wrong](const std::string& text) {
        wrong += is_utf8(text) == is_utf8_by_definition(text) ? 0 : 1;
    };
    for (unsigned a = 0; a < 256; ++a) {
        for (unsigned b = 0; b < 256; ++b) {
            check({char(a), char(b)});
            for (const unsigned c : {0x00U, 0x7FU, 0x80U, 0x9FU, 0xBFU, 0xC0U, 0xFFU}) {
                check({char(a), char(b), char(c)});
                for (const unsigned d : {0x7FU, 0x80U, 0xBFU, 0xC0U}) {
                    check({char(a), char(b), char(c), char(d)});
                }
            }
        }
    }
    BOOST_TEST(wrong == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
