// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <system_error>
#include <type_traits>

namespace edo::json {

/// Why a text was refused.
enum class Errc {
    Syntax = 1,    ///< the text is not JSON
    Incomplete,    ///< the text ends too early
    TrailingText,  ///< something follows the value
    TooDeep,       ///< more arrays and objects within each other than the limit allows
    TooLarge,      ///< more text than the limit allows
    WrongType,     ///< for example text where a number belongs
    OutOfRange,    ///< a number that the type cannot hold
    MissingField,  ///< an object lacks a field that has no default
    UnknownField,  ///< an object has a field that its type refuses; see `Policy`
    DuplicateKey,  ///< an object has two fields of one name
    UnknownName,   ///< text that names no value of the enum
    WrongLength,   ///< an array with more or fewer elements than its type has
};

/// The category of `Errc`, with name "edo.json".
[[nodiscard]] const std::error_category& error_category() noexcept;

[[nodiscard]] inline std::error_code make_error_code(Errc error) noexcept {
    return {static_cast<int>(error), error_category()};
}

/// What was wrong with a text, and where.
///
/// @par Example
/// @snippet json.cpp error
class Error {
public:
    Error(Errc code, std::string what) : code_(code), what_(std::move(what)) {}

    [[nodiscard]] Errc kind() const noexcept { return code_; }
    [[nodiscard]] std::error_code code() const noexcept { return make_error_code(code_); }
    /// Which value it was: `readings[3].temperature_c`. Empty for the outermost one.
    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    /// Where reading stopped, from 1: at the offending value or right behind it. Columns are bytes.
    /// Within a word like `true`, the column depends on the pieces in which the text came.
    [[nodiscard]] std::size_t line() const noexcept { return line_; }
    [[nodiscard]] std::size_t column() const noexcept { return column_; }
    /// All of it in words: "readings[3].temperature_c: expected a number, got text (line 1, column
    /// 80)". Names that came with the text are cut off when they are long, and without control
    /// characters.
    [[nodiscard]] std::string message() const;

    void set_path(std::string path) { path_ = std::move(path); }
    void set_position(std::size_t line, std::size_t column) noexcept {
        line_ = line;
        column_ = column;
    }

private:
    Errc code_;
    std::string what_;
    std::string path_;
    std::size_t line_ = 1;
    std::size_t column_ = 1;
};

}  // namespace edo::json

template <>
struct std::is_error_code_enum<edo::json::Errc> : std::true_type {};
