// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/filter/parse.hpp"
#include "edo/net/http/filter/rejection.hpp"
#include "edo/runtime/result.hpp"

#include <boost/describe/members.hpp>
#include <boost/describe/modifiers.hpp>
#include <boost/mp11/algorithm.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace edo::http::filter {

/// The pairs of a query or a form, decoded, in their order. A name may be there more than once.
class Fields {
public:
    using Pair = std::pair<std::string, std::string>;

    /// Reads `a=1&b=two+words`. Nothing for a malformed escape.
    [[nodiscard]] static std::optional<Fields> parse(std::string_view text);

    /// The value of the first pair of that name. Valid as long as the object.
    [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const noexcept;
    [[nodiscard]] auto begin() const noexcept { return pairs_.begin(); }
    [[nodiscard]] auto end() const noexcept { return pairs_.end(); }
    [[nodiscard]] std::size_t size() const noexcept { return pairs_.size(); }
    [[nodiscard]] bool empty() const noexcept { return pairs_.empty(); }

private:
    std::vector<Pair> pairs_;
};

}  // namespace edo::http::filter

namespace edo::http::filter::detail {

template <class T>
inline constexpr bool kIsVector = false;
template <class T>
inline constexpr bool kIsVector<std::vector<T>> = true;

template <class T>
concept Described = std::is_class_v<T> && requires {
    typename boost::describe::describe_members<T, boost::describe::mod_public>;
};

/// Sets one member from the pairs of its name. @return Nothing, or what is wrong.
template <class M>
std::optional<Rejection> set_field(const Fields& fields, std::string_view name, M& member) {
    const std::string text(name);
    if constexpr (kIsVector<M>) {
        for (const auto& [key, value] : fields) {
            if (key == name) {
                auto parsed = from_text<typename M::value_type>(value);
                if (!parsed) {
                    return Rejection::bad_request("invalid value of \"" + text + "\"");
                }
                member.push_back(std::move(*parsed));
            }
        }
        return std::nullopt;
    } else {
        const auto value = fields.get(name);
        if (!value) {
            if constexpr (kIsOptional<M>) {
                return std::nullopt;
            } else {
                return Rejection::bad_request("missing \"" + text + "\"");
            }
        }
        if constexpr (kIsOptional<M>) {
            member = from_text<typename M::value_type>(*value);
            if (member) {
                return std::nullopt;
            }
        } else {
            auto parsed = from_text<M>(*value);
            if (parsed) {
                member = std::move(*parsed);
                return std::nullopt;
            }
        }
        return Rejection::bad_request("invalid value of \"" + text + "\"");
    }
}

/// A `Fields`, or a struct that is described with BOOST_DESCRIBE_STRUCT.
template <class T>
Result<T, Rejection> read_fields(std::string_view text, std::string_view what) {
    std::optional<Fields> fields = Fields::parse(text);
    if (!fields) {
        return failure(
            Rejection::bad_request("the " + std::string(what) + " has a malformed escape"));
    }
    if constexpr (std::same_as<T, Fields>) {
        return std::move(*fields);
    } else {
        static_assert(Described<T>,
                      "give a struct that is described, `BOOST_DESCRIBE_STRUCT(T, (), (a, b))`, or "
                      "`Fields` for all pairs");
        T value{};
        std::optional<Rejection> wrong;
        using Members = boost::describe::describe_members<T, boost::describe::mod_public>;
        boost::mp11::mp_for_each<Members>([&](auto member) {
            if (!wrong) {
                wrong = set_field(*fields, member.name, value.*member.pointer);
            }
        });
        if (wrong) {
            return failure(std::move(*wrong));
        }
        return value;
    }
}

}  // namespace edo::http::filter::detail
