// SPDX-License-Identifier: MIT
// Text to object, behind `from_text` and `Parser`.
#pragma once

#include "edo/net/json/error.hpp"
#include "edo/net/json/limits.hpp"
#include "edo/net/json/type.hpp"

#include <memory>
#include <string_view>

namespace edo::detail::json {

using edo::json::Errc;
using edo::json::Error;

/// Nothing if all went well.
using Refusal = std::unique_ptr<Error>;

class ParserCore {
public:
    /// Fills the object, which is of that type, from a whole text.
    [[nodiscard]] static Refusal read(std::string_view text, const edo::json::Limits& limits,
                                      const Type& type, void* object);

    /// For a text in pieces.
    /// @param object Must stay where it is until `finish`.
    ParserCore(const edo::json::Limits& limits, const Type& type, void* object);
    ParserCore(ParserCore&&) noexcept;
    ParserCore& operator=(ParserCore&&) noexcept;
    ~ParserCore();

    [[nodiscard]] Refusal feed(std::string_view piece);
    [[nodiscard]] Refusal finish();
    /// Begins anew.
    void restart(void* object);

private:
    class State;
    std::unique_ptr<State> state_;
};

}  // namespace edo::detail::json
