// SPDX-License-Identifier: MIT
#include "shapes.hpp"
#include <edo/net/json/parser.hpp>

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

using edo::json::Errc;
using edo::json::from_text;
using edo::json::Limits;
using edo::json::to_text;
using edo::json::Value;
using namespace edo::test;

namespace {

/// The text of an error, or of the object.
template <class T>
std::string outcome(std::string_view text, const Limits& limits = Limits()) {
    const auto result = from_text<T>(text, limits);
    return result ? to_text(*result) : "!" + result.error().message();
}

template <class T>
Errc error_of(std::string_view text, const Limits& limits = Limits()) {
    const auto result = from_text<T>(text, limits);
    return result ? Errc{} : result.error().kind();
}

/// The outcome does not depend on how the text is cut, nor on what the parser has read before.
template <class T>
void check_cuts(std::string_view text) {
    const std::string expected = outcome<T>(text);
    edo::json::Parser<T> parser;
    const auto outcome_of = [&](const auto& feed) {
        edo::Result<void, edo::json::Error> fed = feed();
        auto result = parser.finish();
        if (!fed) {
            BOOST_TEST(result.error().message() == fed.error().message());
        }
        return result ? to_text(*result) : "!" + result.error().message();
    };
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        BOOST_TEST_CONTEXT("cut at " << cut << " of " << text) {
            BOOST_TEST(outcome_of([&] {
                           static_cast<void>(parser.feed(text.substr(0, cut)));
                           return parser.feed(text.substr(cut));
                       }) == expected);
        }
    }
    BOOST_TEST_CONTEXT("byte by byte: " << text) {
        BOOST_TEST(outcome_of([&]() -> edo::Result<void, edo::json::Error> {
                       for (const char& byte : text) {
                           if (auto fed = parser.feed(std::string_view(&byte, 1)); !fed) {
                               return fed;
                           }
                       }
                       return {};
                   }) == expected);
    }
}

BOOST_AUTO_TEST_SUITE(from_text_and_back)

BOOST_AUTO_TEST_CASE(everything_survives_the_way_there_and_back) {
    BOOST_TEST(outcome<Everything>(kEverything) == kEverything);
    const auto everything = from_text<Everything>(kEverything);
    BOOST_REQUIRE(everything.has_value());
    BOOST_TEST(everything->text == "a \"b\" \\ \n\x01 \xc3\xa9");
    BOOST_TEST((everything->color == Color::Blue));
    BOOST_TEST(everything->f32 == 60.2F);
    BOOST_TEST(everything->f64 == 0.1);
    BOOST_TEST(std::get<1>(everything->tuple) == "three");
    BOOST_TEST(everything->owned->temperature_c == -1.5F);
}

BOOST_AUTO_TEST_CASE(the_outcome_is_the_same_wherever_the_text_is_cut) {
    check_cuts<Everything>(kEverything);
    check_cuts<Value>(kEverything);
    check_cuts<Tree>(R"( {"unknown" : [1, {"a":"b\u0041"}, -1.5e3, true] , "value":1,"children":[
        {"value":-2,"children":[]}, {"children":[],"value":3}]} )");
    check_cuts<Reading>(R"({"na\u006de":"\ud83d\ude00\t\"","temperature_c":-1234.5678e-2})");
    check_cuts<double>("0.1234567890123456789");
    check_cuts<std::uint64_t>(" 18446744073709551615 ");
    for (const char* const wrong :
         {"{\n\n \"name\": 5}", "{\"name\":\"x\"}", "{\"name\":\"x\",\"name\":\"y\"}", "[1,2]",
          "{\"temperature_c\":1e400}", "{\"temperature_c\":1.5} x", "{\"name\":\"\xff\"}", "{", "",
          "{\"name\" \"x\"}", "nul", "{\"a\":[1,2,{\"b\":]}]}"}) {
        check_cuts<Reading>(wrong);
        check_cuts<Value>(wrong);
    }
}

BOOST_AUTO_TEST_CASE(fields_may_come_in_any_order_and_unknown_ones_are_stepped_over) {
    BOOST_TEST(outcome<Reading>(R"({"temperature_c":2,"name":"a"})") ==
               R"({"name":"a","temperature_c":2.0})");
    BOOST_TEST(outcome<Reading>(R"({"x":{"name":[[]]},"name":"a","y":"z\n","temperature_c":2.5,
                                    "x":null,"w":[1.5e9,-3,1e400]})") ==
               R"({"name":"a","temperature_c":2.5})");
}

BOOST_AUTO_TEST_CASE(a_policy_keeps_defaults_or_refuses_unknown_fields) {
    BOOST_TEST(outcome<Settings>("{}") == R"({"port":8080,"host":"localhost"})");
    BOOST_TEST(outcome<Settings>(R"({"host":"h"})") == R"({"port":8080,"host":"h"})");
    BOOST_TEST(outcome<Exact>(R"({"port":1})") == R"({"port":1,"host":null})");
    BOOST_TEST(outcome<Exact>(R"({"port":1,"hots":"h"})") ==
               "!field \"hots\" is unknown (line 1, column 16)");
}

BOOST_AUTO_TEST_CASE(errors_name_the_path_and_the_place) {
    using Readings = std::map<std::string, std::vector<Reading>>;
    const auto result = from_text<Readings>(
        "{\"kitchen\": [\n  {\"name\":\"a\",\"temperature_c\":1},\n"
        "  {\"name\":\"b\",\"temperature_c\":\"hot\"}]}");
    BOOST_REQUIRE(!result.has_value());
    BOOST_TEST(result.error().path() == "kitchen[1].temperature_c");
    BOOST_TEST(result.error().line() == 3U);
    BOOST_TEST(result.error().column() >= 30U);
    BOOST_TEST((result.error().code() == Errc::WrongType));
    BOOST_TEST(result.error().message().starts_with(
        "kitchen[1].temperature_c: expected a number, got text (line 3, column "));

    BOOST_TEST(outcome<Reading>(R"({"name":"x"})") ==
               "!field \"temperature_c\" is missing (line 1, column 12)");
    BOOST_TEST(from_text<Readings>(R"({"a":[{"name":"x"}]})").error().path() == "a[0]");
    BOOST_TEST(from_text<Everything>(R"({"tuple":[1,2]})").error().path() == "tuple[1]");
    BOOST_TEST(from_text<Everything>(R"({"any":{"b":{"a":1,"a":2}}})").error().path() == "any.b");
    BOOST_TEST(from_text<Everything>(R"({"pair":[1,true]})")
                   .error()
                   .message()
                   .starts_with("pair[1]: expected an integer, got a boolean"));
    BOOST_TEST(
        from_text<Color>(R"("Pink")").error().message().starts_with("no value is named \"Pink\""));
    BOOST_TEST(from_text<Color>("1").error().message().starts_with(
        "expected one of Red, Green, Blue, got a number"));
}

BOOST_AUTO_TEST_CASE(names_of_a_peer_are_cut_off_in_errors) {
    const std::string name = "\x1b[2J" + std::string(61, 'a') + "\xc3\xbc" + std::string(1000, 'b');
    const auto result = from_text<Color>(to_text(name));
    BOOST_TEST(result.error().message().size() < 150U);
    BOOST_TEST(result.error().message().find('\x1b') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(types_are_never_converted) {
    for (const char* const text : {"1.0", "1.5", "1e2", "\"1\"", "true", "null", "[1]", "{}"}) {
        BOOST_TEST((error_of<int>(text) == Errc::WrongType), text);
    }
    for (const char* const text : {"1", "null", "true", "[]", "{}", "1.5"}) {
        BOOST_TEST((error_of<std::string>(text) == Errc::WrongType), text);
    }
    for (const char* const text : {"1", "null", "\"true\"", "[]", "{}"}) {
        BOOST_TEST((error_of<bool>(text) == Errc::WrongType), text);
    }
    for (const char* const text : {"\"1\"", "null", "true", "[]", "{}", "\"NaN\""}) {
        BOOST_TEST((error_of<double>(text) == Errc::WrongType), text);
    }
    for (const char* const text : {"1", "null", "{}", "\"\""}) {
        BOOST_TEST((error_of<std::vector<int>>(text) == Errc::WrongType), text);
    }
    for (const char* const text : {"1", "null", "[]", "\"\""}) {
        BOOST_TEST((error_of<Reading>(text) == Errc::WrongType), text);
        BOOST_TEST((error_of<std::map<std::string, int>>(text) == Errc::WrongType), text);
    }
}

template <class Integer>
void check_range() {
    const auto min = std::to_string(std::numeric_limits<Integer>::min());
    const auto max = std::to_string(std::numeric_limits<Integer>::max());
    BOOST_TEST(outcome<Integer>(min) == min);
    BOOST_TEST(outcome<Integer>(max) == max);
    // One more in the last digit, none of which is a 9.
    const auto above = max.substr(0, max.size() - 1) + char(max.back() + 1);
    const auto below = min == "0" ? "-1" : min.substr(0, min.size() - 1) + char(min.back() + 1);
    for (const std::string& wrong : {above, below, max + "0", std::string("1") + max}) {
        BOOST_TEST((error_of<Integer>(wrong) == Errc::OutOfRange), wrong);
    }
}

BOOST_AUTO_TEST_CASE(integers_must_fit) {
    check_range<std::int8_t>();
    check_range<std::uint8_t>();
    check_range<std::int16_t>();
    check_range<std::uint16_t>();
    check_range<std::int32_t>();
    check_range<std::uint32_t>();
    check_range<std::int64_t>();
    check_range<std::uint64_t>();
    BOOST_TEST(outcome<std::uint8_t>("300") == "!not between 0 and 255 (line 1, column 4)");
    BOOST_TEST(outcome<int>("-0") == "0");
    BOOST_TEST((error_of<int>("1e99999999999") == Errc::OutOfRange));
}

BOOST_AUTO_TEST_CASE(reals_must_fit_and_are_rounded_once) {
    for (const char* const text : {"1e400", "-1e400", "1e39", "-3.5e38", "1e99999999999"}) {
        BOOST_TEST((error_of<float>(text) == Errc::OutOfRange), text);
    }
    BOOST_TEST((error_of<double>("1e309") == Errc::OutOfRange));
    BOOST_TEST((error_of<double>(std::string(400, '9')) == Errc::OutOfRange));
    BOOST_TEST((error_of<Value>("[1e400]") == Errc::OutOfRange));
    for (const char* const text :
         {"0.1", "60.2", "1.7976931348623157e+308", "5e-324", "2.2250738585072014e-308",
          "9007199254740993.5", "1e+100", "-0.3", "123456.789", "8.5e-05", "3.141592653589793"}) {
        BOOST_TEST(*from_text<double>(text) == std::strtod(text, nullptr));
    }
    for (const char* const text : {"60.2", "16777217.0", "3.4028235e38", "1e-45", "1.17549435e-38",
                                   "7.0064923216240853546186479164495e-46", "0.1", "8.5e-05"}) {
        BOOST_TEST(*from_text<float>(text) == std::strtof(text, nullptr), text);
    }
    BOOST_TEST(*from_text<float>("1e-400") == 0.0F);
    BOOST_TEST(*from_text<double>("-1e-400") == 0.0);
    BOOST_TEST(*from_text<double>("18446744073709551615") == 18446744073709551615.0);
    BOOST_TEST(*from_text<float>("-7") == -7.0F);
}

BOOST_AUTO_TEST_CASE(fields_and_keys_come_once) {
    BOOST_TEST(outcome<Reading>(R"({"name":"a","name":"a","temperature_c":1})") ==
               "!field \"name\" occurs twice (line 1, column 18)");
    BOOST_TEST(
        (error_of<std::map<std::string, int>>(R"({"a":1,"\u0061":2})") == Errc::DuplicateKey));
    BOOST_TEST((error_of<Value>(R"([{"a":1,"b":{"c":1},"a":2}])") == Errc::DuplicateKey));
    BOOST_TEST((error_of<Tree>(R"({"value":1,"children":[{"value":1,"value":1}]})") ==
                Errc::DuplicateKey));
}

BOOST_AUTO_TEST_CASE(arrays_of_a_fixed_length_must_have_it) {
    using Pair = std::array<int, 2>;
    using Mixed = std::pair<int, std::string>;
    BOOST_TEST(outcome<Pair>("[1,2]") == "[1,2]");
    for (const char* const text : {"[]", "[1]", "[1,2,3]"}) {
        BOOST_TEST((error_of<Pair>(text) == Errc::WrongLength), text);
    }
    BOOST_TEST(outcome<Mixed>(R"([1,"a"])") == R"([1,"a"])");
    for (const char* const text : {"[]", "[1]", R"([1,"a",2])"}) {
        BOOST_TEST((error_of<Mixed>(text) == Errc::WrongLength), text);
    }
    BOOST_TEST((error_of<std::array<int, 0>>("[1]") == Errc::WrongLength));
    BOOST_TEST(outcome<std::tuple<>>("[]") == "[]");
}

BOOST_AUTO_TEST_CASE(depth_and_size_are_limited) {
    const auto nested = [](std::size_t depth) {
        return std::string(depth, '[') + std::string(depth, ']');
    };
    BOOST_TEST((error_of<Value>(nested(64)) == Errc{}));
    BOOST_TEST((error_of<Value>(nested(65)) == Errc::TooDeep));
    BOOST_TEST((error_of<Value>(std::string(100'000, '[')) == Errc::TooDeep));
    BOOST_TEST((error_of<Settings>("{\"x\":" + std::string(100'000, '[')) == Errc::TooDeep));
    std::string objects;
    for (int i = 0; i < 100'000; ++i) {
        objects += R"({"value":1,"children":[)";
    }
    BOOST_TEST((error_of<Tree>(objects) == Errc::TooDeep));
    BOOST_TEST((error_of<Value>("[[]]", Limits(100, 1)) == Errc::TooDeep));
    BOOST_TEST((error_of<int>("1", Limits(100, 0)) == Errc{}));
    BOOST_TEST((error_of<Value>("[1,2]", Limits(4)) == Errc::TooLarge));
    BOOST_TEST((error_of<Value>("[1,2]", Limits(5)) == Errc{}));
}

BOOST_AUTO_TEST_CASE(a_parser_stops_at_the_limit_whatever_the_pieces) {
    edo::json::Parser<Value> parser(Limits(10));
    BOOST_TEST(parser.feed("[1,2,").has_value());
    BOOST_TEST(parser.feed("3,4,5").has_value());
    BOOST_TEST((parser.feed("6").error().kind() == Errc::TooLarge));
    BOOST_TEST((parser.feed("]").error().kind() == Errc::TooLarge));
    BOOST_TEST((parser.finish().error().kind() == Errc::TooLarge));
    BOOST_TEST(parser.feed("[1,2,3,4]").has_value());
    BOOST_TEST(to_text(*parser.finish()) == "[1,2,3,4]");
}

BOOST_AUTO_TEST_CASE(what_is_not_json_is_refused) {
    for (const char* const text : {"{'a':1}",
                                   "{a:1}",
                                   "[1,]",
                                   "{\"a\":1,}",
                                   "01",
                                   "+1",
                                   ".5",
                                   "1.",
                                   "- 1",
                                   "NaN",
                                   "Infinity",
                                   "tru",
                                   "\"\t\"",
                                   "\"\\x\"",
                                   "\"\\ud800\"",
                                   "\"\xc0\xaf\"",
                                   "\"\xed\xa0\x80\"",
                                   "\xef\xbb\xbf{}",
                                   "// c\n1",
                                   "/* c */1",
                                   "[1 2]",
                                   "{\"a\" 1}",
                                   "]",
                                   "\"",
                                   "[",
                                   "",
                                   " ",
                                   "1 2",
                                   "{}{}",
                                   "0x1"}) {
        BOOST_TEST((error_of<Value>(text) != Errc{}), text);
    }
    BOOST_TEST((error_of<Value>(std::string_view("\"\0\"", 3)) == Errc::Syntax));
    BOOST_TEST((error_of<Value>("{} x") == Errc::TrailingText));
    BOOST_TEST((error_of<Value>("[1") == Errc::Incomplete));
}

BOOST_AUTO_TEST_CASE(a_long_text_takes_linear_time) {
    std::string text = "[";
    for (int i = 0; i < 200'000; ++i) {
        text += "{\"k\":\"\\u0041" + std::to_string(i) + "\"},";
    }
    text.back() = ']';
    edo::json::Parser<std::vector<std::map<std::string, std::string>>> parser;
    for (std::size_t at = 0; at < text.size(); at += 7) {
        BOOST_REQUIRE(parser.feed(std::string_view(text).substr(at, 7)).has_value());
    }
    BOOST_TEST(parser.finish()->size() == 200'000U);
}

BOOST_AUTO_TEST_CASE(described_bases_count) {
    BOOST_TEST(outcome<Derived>(R"({"second":2,"first":1})") == R"({"first":1,"second":2})");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(to_text_alone)

BOOST_AUTO_TEST_CASE(numbers_are_short_and_exact) {
    BOOST_TEST(to_text(Sensor{"ESP32-001", 21.5F, 60.2F, 1678886400}) ==
               R"({"device_id":"ESP32-001","temperature_c":21.5,)"
               R"("humidity_percent":60.2,"timestamp":1678886400})");
    BOOST_TEST(to_text(1.0) == "1.0");
    BOOST_TEST(to_text(-0.0) == "-0.0");
    BOOST_TEST(to_text(1e300) == "1e+300");
    BOOST_TEST(to_text(0.1F) == "0.1");
    BOOST_TEST(to_text(std::numeric_limits<double>::infinity()) == "null");
    BOOST_TEST(to_text(std::nanf("")) == "null");
    BOOST_TEST(to_text(Value(2.5)) == "2.5");
}

BOOST_AUTO_TEST_CASE(text_is_escaped_and_always_utf8) {
    BOOST_TEST(to_text(std::string("\"\\/\b\f\n\r\t\x1f\x7f")) ==
               "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u001f\x7f\"");
    BOOST_TEST(to_text(std::string("a\0b", 3)) == "\"a\\u0000b\"");
    BOOST_TEST(to_text(std::string("a\xff\xc3(\xe4\xb8\n\xf0\x9f\x98\x80")) ==
               "\"a\xEF\xBF\xBD\xEF\xBF\xBD(\xEF\xBF\xBD\xEF\xBF\xBD\\n\xf0\x9f\x98\x80\"");
}

BOOST_AUTO_TEST_CASE(a_value_without_a_name_is_null) {
    BOOST_TEST(to_text(Color(7)) == "null");
    BOOST_TEST(to_text(Level(-1)) == "\"Low\"");
}

BOOST_AUTO_TEST_CASE(pretty_text_is_indented_and_says_the_same) {
    const auto everything = from_text<Everything>(kEverything);
    BOOST_TEST(outcome<Everything>(edo::json::to_pretty_text(*everything)) == kEverything);
    BOOST_TEST(edo::json::to_pretty_text(*from_text<Value>(R"({"a":[1,{}],"b":[]})")) ==
               "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
