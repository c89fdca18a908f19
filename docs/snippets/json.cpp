// SPDX-License-Identifier: MIT
// The examples in the documentation of JSON.
#include <edo/net/json/parser.hpp>
#include <edo/net/json/text.hpp>
#include <edo/net/json/value.hpp>

#include <cstdint>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

namespace {

//! [from_text]
struct Reading {
    std::string sensor;
    float temperature_c = 0;
    std::optional<std::string> remark;
};
BOOST_DESCRIBE_STRUCT(Reading, (), (sensor, temperature_c, remark))

void print_temperature(const std::string& text) {
    const auto reading = edo::json::from_text<Reading>(text);
    if (!reading) {
        std::cout << reading.error().message() << '\n';
        return;
    }
    std::cout << reading->sensor << " says " << reading->temperature_c << " degrees\n";
}
//! [from_text]

//! [to_text]
void print_reading() {
    Reading reading;
    reading.sensor = "hall";
    reading.temperature_c = 21.5F;
    // {"sensor":"hall","temperature_c":21.5,"remark":null}
    std::cout << edo::json::to_text(reading) << '\n';
}
//! [to_text]

//! [error]
struct Report {
    std::vector<Reading> readings;
};
BOOST_DESCRIBE_STRUCT(Report, (), (readings))

void show_error() {
    const auto report =
        edo::json::from_text<Report>(R"({"readings":[{"sensor":"hall","temperature_c":"hot"}]})");
    if (!report && report.error().kind() == edo::json::Errc::WrongType) {
        // readings[0].temperature_c: expected a number, got text (line 1, column 51)
        std::cout << report.error().message() << '\n';
    }
}
//! [error]

//! [limits]
edo::Result<std::vector<int>, edo::json::Error> small_list(std::string_view text) {
    return edo::json::from_text<std::vector<int>>(text, edo::json::Limits(1024, 1));
}
//! [limits]

struct Settings {
    std::uint16_t port = 8080;
    std::string host = "localhost";
};
BOOST_DESCRIBE_STRUCT(Settings, (), (port, host))

}  // namespace

//! [policy]
/// A file of settings may leave out what shall be as always, but must not have typing errors.
template <>
struct edo::json::Policy<Settings> : edo::json::DefaultPolicy {
    static constexpr bool kKeepsDefaults = true;
    static constexpr bool kRefusesUnknown = true;
};
//! [policy]

namespace {

//! [parser]
edo::Result<Settings, edo::json::Error> join_pieces(const std::vector<std::string>& pieces) {
    edo::json::Parser<Settings> parser;
    for (const std::string& piece : pieces) {
        if (const auto fed = parser.feed(piece); !fed) {
            return edo::failure(fed.error());
        }
    }
    return parser.finish();
}
//! [parser]

//! [value]
std::string text_of(const edo::json::Value& message) {
    const auto* const object = message.if_object();
    const auto* const text = object != nullptr ? object->if_contains("text") : nullptr;
    return text != nullptr && text->is_string() ? std::string(text->get_string()) : "";
}
//! [value]

}  // namespace

int main() {
    print_temperature(R"({"sensor":"hall","temperature_c":21.5})");
    print_reading();
    show_error();
    std::cout << small_list("[1,2,3]")->size() << '\n';
    std::cout << join_pieces({R"({"po)", R"(rt":1})"})->port << '\n';
    std::cout << text_of(*edo::json::from_text<edo::json::Value>(R"({"text":"any"})")) << '\n';
}
