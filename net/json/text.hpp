// SPDX-License-Identifier: MIT
// JSON text from objects, and objects from JSON text.
#pragma once

#include "edo/net/json/describe.hpp"
#include "edo/net/json/error.hpp"
#include "edo/net/json/limits.hpp"
#include "edo/net/json/parse.hpp"
#include "edo/net/json/write.hpp"
#include "edo/runtime/result.hpp"

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace edo::json {

/// The object that a JSON text says. Nothing is converted silently, and there is no tree of values
/// in between.
///
/// | C++ | JSON |
/// |---|---|
/// | a struct described with `BOOST_DESCRIBE_STRUCT` | an object with its fields |
/// | `bool`, integers, `float`, `double` | `true` and `false`, numbers that fit |
/// | an enum described with `BOOST_DESCRIBE_ENUM` | the name of the value |
/// | `std::string` | text |
/// | `std::optional`, `std::unique_ptr` | `null`, or what they hold |
/// | `std::vector` and what else has `emplace_back`, `std::array` | an array |
/// | `std::pair`, `std::tuple` | an array |
/// | maps with keys of `std::string` | an object |
/// | `Value` | anything; include edo/net/json/value.hpp |
///
/// Refused are: fields that are missing, unless they are optional (see `Policy`); fields that occur
/// twice; numbers beyond the range of their type, and fractions for integers; text that is not
/// UTF-8; anything behind the value. Fields that the struct has not are stepped over (see
/// `Policy`). A number too small for its type becomes 0.
///
/// @tparam T What can be made without arguments, of the types above.
/// @par Errors
/// An `Error` with the path of the value, and its place in the text.
/// @par Example
/// @snippet json.cpp from_text
template <class T>
[[nodiscard]] Result<T, Error> from_text(std::string_view text, const Limits& limits = Limits()) {
    Result<T, Error> result;
    if (auto refusal =
            detail::json::ParserCore::read(text, limits, detail::json::type_of<T>(), &*result)) {
        result = failure(std::move(*refusal));
    }
    return result;
}

/// The JSON text of an object, in one line. Fields keep the order in which they were described.
/// Numbers are as short as they can be without loss; those that JSON cannot express, like infinity,
/// become `null`, as do values of an enum that have no name. Text that is not UTF-8 gets U+FFFD in
/// place of what is not.
///
/// @par Example
/// @snippet json.cpp to_text
template <class T>
[[nodiscard]] std::string to_text(const T& object) {
    std::string text;
    detail::json::write_text(detail::json::type_of<T>(), &object, false, text);
    return text;
}

/// The same on several lines, indented by two blanks a level: for people.
template <class T>
[[nodiscard]] std::string to_pretty_text(const T& object) {
    std::string text;
    detail::json::write_text(detail::json::type_of<T>(), &object, true, text);
    return text;
}

/// Appends what `to_text` yields.
template <class T>
void append_text(std::string& to, const T& object) {
    detail::json::write_text(detail::json::type_of<T>(), &object, false, to);
}

}  // namespace edo::json
