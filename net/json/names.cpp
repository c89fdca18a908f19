// SPDX-License-Identifier: MIT
#include "edo/net/json/names.hpp"

#include <algorithm>
#include <cstddef>

namespace edo::detail::json {

namespace {

constexpr std::size_t kLongestName = 64;

std::string one_of(const EnumType& type) {
    std::string text = "one of";
    for (const Enumerator& value : type.values) {
        text += (&value == type.values.data() ? " " : ", ") + std::string(value.name);
    }
    return text;
}

}  // namespace

std::string name_of(const Type& type) {
    switch (type.kind) {
        case Kind::Bool:
            return "a boolean";
        case Kind::Integer:
            return "an integer";
        case Kind::Enum:
            return one_of(static_cast<const EnumType&>(type));
        case Kind::Float:
        case Kind::Double:
            return "a number";
        case Kind::String:
            return "text";
        case Kind::Struct:
        case Kind::Map:
            return "an object";
        case Kind::Sequence:
        case Kind::Tuple:
            return "an array";
        case Kind::Optional:
            return name_of(static_cast<const OptionalType&>(type).element());
        case Kind::Value:
            break;
    }
    return "a value";
}

std::string out_of_range(const IntegerType& type) {
    return "not between " + std::to_string(type.min) + " and " + std::to_string(type.max);
}

std::string shortened(std::string_view text) {
    std::string name(text.substr(0, kLongestName));
    if (text.size() > kLongestName) {
        while (!name.empty() && (name.back() & 0xC0) == 0x80) {
            name.pop_back();  // no half of a character
        }
        if (!name.empty() && (name.back() & 0x80) != 0) {
            name.pop_back();
        }
        name += "...";
    }
    std::replace_if(
        name.begin(), name.end(), [](unsigned char byte) { return byte < 0x20 || byte == 0x7F; },
        '?');
    return name;
}

std::string quoted(std::string_view text) {
    return '"' + shortened(text) + '"';
}

}  // namespace edo::detail::json
