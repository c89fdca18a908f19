// SPDX-License-Identifier: MIT
// The types that tests of JSON share.
#pragma once

#include <edo/net/json/text.hpp>
#include <edo/net/json/value.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace edo::test {

enum class Color { Red, Green, Blue = 200 };
BOOST_DESCRIBE_ENUM(Color, Red, Green, Blue)

enum class Level : std::int8_t { Low = -1, High = 1 };
BOOST_DESCRIBE_ENUM(Level, Low, High)

struct Reading {
    std::string name;
    float temperature_c = 0;
};
BOOST_DESCRIBE_STRUCT(Reading, (), (name, temperature_c))

struct Sensor {
    std::string device_id;
    float temperature_c = 0;
    float humidity_percent = 0;
    std::uint64_t timestamp = 0;
};
BOOST_DESCRIBE_STRUCT(Sensor, (), (device_id, temperature_c, humidity_percent, timestamp))

struct Everything {
    bool flag = false;
    std::int8_t i8 = 0;
    std::uint8_t u8 = 0;
    std::int16_t i16 = 0;
    std::uint16_t u16 = 0;
    std::int32_t i32 = 0;
    std::uint32_t u32 = 0;
    std::int64_t i64 = 0;
    std::uint64_t u64 = 0;
    float f32 = 0;
    double f64 = 0;
    std::string text;
    Color color = Color::Red;
    Level level = Level::Low;
    std::optional<int> maybe;
    std::unique_ptr<Reading> owned;
    std::vector<Reading> readings;
    std::array<int, 2> pair{};
    std::tuple<int, std::string> tuple;
    std::map<std::string, std::vector<int>> map;
    json::Value any;
};
BOOST_DESCRIBE_STRUCT(Everything, (),
                      (flag, i8, u8, i16, u16, i32, u32, i64, u64, f32, f64, text, color, level,
                       maybe, owned, readings, pair, tuple, map, any))

inline const std::string kEverything =
    R"({"flag":true,"i8":-128,"u8":255,"i16":-32768,"u16":65535,"i32":-2147483648,)"
    R"("u32":4294967295,"i64":-9223372036854775808,"u64":18446744073709551615,"f32":60.2,)"
    R"("f64":0.1,"text":"a \"b\" \\ \n\u0001 é","color":"Blue","level":"Low","maybe":5,)"
    R"("owned":{"name":"own","temperature_c":-1.5},"readings":[{"name":"x","temperature_c":1.0},)"
    R"({"name":"y","temperature_c":2.0}],"pair":[1,2],"tuple":[3,"three"],)"
    R"("map":{"a":[],"b":[1,2,3]},"any":[null,{"deep":[true,1.5,"s"]},18446744073709551615,-7]})";

/// A type that contains itself.
struct Tree {
    int value = 0;
    std::vector<Tree> children;
};
BOOST_DESCRIBE_STRUCT(Tree, (), (value, children))

struct Base {
    int first = 0;
};
BOOST_DESCRIBE_STRUCT(Base, (), (first))
struct Derived : Base {
    int second = 0;
};
BOOST_DESCRIBE_STRUCT(Derived, (Base), (second))

struct Settings {
    int port = 8080;
    std::string host = "localhost";
};
BOOST_DESCRIBE_STRUCT(Settings, (), (port, host))

struct Exact {
    int port = 0;
    std::optional<std::string> host;
};
BOOST_DESCRIBE_STRUCT(Exact, (), (port, host))

}  // namespace edo::test

template <>
struct edo::json::Policy<edo::test::Settings> : edo::json::DefaultPolicy {
    static constexpr bool kKeepsDefaults = true;
};

template <>
struct edo::json::Policy<edo::test::Exact> : edo::json::DefaultPolicy {
    static constexpr bool kRefusesUnknown = true;
};
