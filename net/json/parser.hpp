// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/json/text.hpp"

#include <memory>
#include <string_view>
#include <utility>

namespace edo::json {

/// Reads an object from text that arrives in pieces, such as the body of a request. It keeps no
/// copy of the text. What is accepted is described at `from_text`.
///
/// @par Thread safety
/// None.
/// @par Example
/// @snippet json.cpp parser
template <class T>
class Parser {
public:
    explicit Parser(const Limits& limits = Limits())
        : object_(std::make_unique<T>()),
          core_(limits, detail::json::type_of<T>(), object_.get()) {}

    /// Takes the next piece, cut anywhere.
    /// @par Errors
    /// What is wrong with the text so far. The same error comes from every call after that, until
    /// `finish`.
    [[nodiscard]] Result<void, Error> feed(std::string_view piece) {
        if (auto refusal = core_.feed(piece)) {
            return failure(std::move(*refusal));
        }
        return {};
    }

    /// At the end of the text: the object. The parser is ready for another text then.
    /// @par Errors
    /// Those of `feed`, and `Errc::Incomplete`.
    [[nodiscard]] Result<T, Error> finish() {
        const auto refusal = core_.finish();
        const auto object = std::exchange(object_, std::make_unique<T>());
        core_.restart(object_.get());
        if (refusal) {
            return failure(std::move(*refusal));
        }
        return std::move(*object);
    }

private:
    std::unique_ptr<T> object_;
    detail::json::ParserCore core_;
};

}  // namespace edo::json
