// SPDX-License-Identifier: MIT
#include "edo/net/json/error.hpp"

namespace edo::json {

namespace {

class Category final : public std::error_category {
public:
    const char* name() const noexcept override { return "edo.json"; }

    std::string message(int value) const override {
        switch (static_cast<Errc>(value)) {
            case Errc::Syntax:
                return "not JSON";
            case Errc::Incomplete:
                return "the text ends too early";
            case Errc::TrailingText:
                return "something follows the value";
            case Errc::TooDeep:
                return "too many arrays and objects within each other";
            case Errc::TooLarge:
                return "the text is larger than the limit";
            case Errc::WrongType:
                return "a value of the wrong type";
            case Errc::OutOfRange:
                return "a number out of range";
            case Errc::MissingField:
                return "a field is missing";
            case Errc::UnknownField:
                return "an unknown field";
            case Errc::DuplicateKey:
                return "a field occurs twice";
            case Errc::UnknownName:
                return "an unknown name";
            case Errc::WrongLength:
                return "an array of the wrong length";
        }
        return "unknown error " + std::to_string(value);
    }
};

}  // namespace

const std::error_category& error_category() noexcept {
    static const Category category;
    return category;
}

std::string Error::message() const {
    std::string text = path_;
    if (!text.empty()) {
        text += ": ";
    }
    text += what_;
    text += " (line " + std::to_string(line_) + ", column " + std::to_string(column_) + ")";
    return text;
}

}  // namespace edo::json
