// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/result.hpp"

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace edo::http {

/// The pairs of a query, `a=1&b=2`, or of the body of a form, decoded and in their order. A name
/// may stand there more than once.
///
/// @par Thread safety
/// That of a container.
/// @par Example
/// @snippet http_uri.cpp query
class Query {
public:
    using Pair = std::pair<std::string, std::string>;

    Query() = default;
    /// `{{"page", "2"}, {"sort", "name"}}`. In the awaited expression itself name the query first:
    /// see docs/footguns.md.
    Query(std::initializer_list<Pair> pairs) : pairs_(pairs) {}

    /// Reads what follows the `?`. `+` is a space. A pair without `=` has an empty value; empty
    /// pairs, as in `a&&b`, are left out.
    ///
    /// @return The pairs, as bytes: they need not be UTF-8.
    /// @par Errors
    /// `UriErrc::InvalidPercent`.
    [[nodiscard]] static Result<Query> parse(std::string_view text);

    /// Adds a pair at the end.
    Query& append(std::string name, std::string value);
    /// Puts a pair in the place of the first one of that name and removes the others; adds it if
    /// there is none.
    Query& set(std::string_view name, std::string value);
    /// Removes all pairs of that name.
    Query& remove(std::string_view name);

    /// The value of the first pair of that name. Valid until the query is changed.
    [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const noexcept;
    [[nodiscard]] bool contains(std::string_view name) const noexcept {
        return get(name).has_value();
    }

    [[nodiscard]] auto begin() const noexcept { return pairs_.begin(); }
    [[nodiscard]] auto end() const noexcept { return pairs_.end(); }
    [[nodiscard]] std::size_t size() const noexcept { return pairs_.size(); }
    [[nodiscard]] bool empty() const noexcept { return pairs_.empty(); }

    /// The text that `parse` reads, with all that is not a letter, a digit or `-._*` encoded.
    [[nodiscard]] std::string to_string() const;

    friend bool operator==(const Query&, const Query&) = default;

private:
    std::vector<Pair> pairs_;
};

}  // namespace edo::http
