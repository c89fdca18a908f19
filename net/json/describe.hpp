// SPDX-License-Identifier: MIT
// Makes the tables of type.hpp from types.
#pragma once

#include "edo/net/json/type.hpp"

#include <boost/describe/enumerators.hpp>
#include <boost/describe/members.hpp>
#include <boost/describe/modifiers.hpp>
#include <boost/json/fwd.hpp>
#include <boost/mp11/algorithm.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace edo::json {

/// The defaults of `Policy`.
struct DefaultPolicy {
    /// Fields that are missing keep the value that a new object has, and are no error.
    static constexpr bool kKeepsDefaults = false;
    /// Fields that the struct has not are an error; else they are stepped over.
    static constexpr bool kRefusesUnknown = false;
};

/// How objects become a described struct. Specialise it, derived from `DefaultPolicy`, for a struct
/// that wants something else.
///
/// @par Example
/// @snippet json.cpp policy
template <class T>
struct Policy : DefaultPolicy {};

}  // namespace edo::json

namespace edo::detail::json {

namespace describe = boost::describe;
namespace mp11 = boost::mp11;

template <class T>
using MembersOf = describe::describe_members<T, describe::mod_any_access | describe::mod_inherited>;

template <class T>
concept DescribedStruct = std::is_class_v<T> && describe::has_describe_members<T>::value;

template <class T>
concept DescribedEnum = std::is_enum_v<T> && describe::has_describe_enumerators<T>::value;

template <class T>
concept Integer = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> &&
                  !std::same_as<T, wchar_t> && !std::same_as<T, char8_t> &&
                  !std::same_as<T, char16_t> && !std::same_as<T, char32_t> && sizeof(T) <= 8;

template <class T>
concept Map = requires(T& map, std::string_view key) {
    typename T::key_type;
    typename T::mapped_type;
    requires std::same_as<typename T::key_type, std::string>;
    { map.try_emplace(std::string(key)).second } -> std::convertible_to<bool>;
};

template <class T>
concept Sequence = requires(T& sequence) {
    typename T::value_type;
    { sequence.emplace_back() } -> std::same_as<typename T::value_type&>;
    sequence.clear();
    sequence.begin();
};

template <class T>
inline constexpr bool is_std_array = false;
template <class T, std::size_t N>
inline constexpr bool is_std_array<std::array<T, N>> = true;

template <class T>
inline constexpr bool is_tuple = false;
template <class... T>
inline constexpr bool is_tuple<std::tuple<T...>> = true;
template <class A, class B>
inline constexpr bool is_tuple<std::pair<A, B>> = true;

/// Something that holds one value or none.
template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_optional<std::unique_ptr<T>> = true;

template <class T>
inline constexpr bool kUnsupported = false;

template <class T>
constexpr const Type& type_of();

template <class T>
constexpr IntegerType make_integer() {
    return {{Kind::Integer},
            sizeof(T),
            std::int64_t(std::numeric_limits<T>::min()),
            std::uint64_t(std::numeric_limits<T>::max())};
}
template <class T>
inline constexpr IntegerType kInteger = make_integer<T>();

template <class T>
constexpr auto make_enumerators() {
    using All = describe::describe_enumerators<T>;
    std::array<Enumerator, mp11::mp_size<All>::value> all{};
    std::size_t at = 0;
    mp11::mp_for_each<All>([&](auto described) {
        all[at++] = {described.name, static_cast<std::int64_t>(described.value)};
    });
    return all;
}
template <class T>
inline constexpr auto kEnumerators = make_enumerators<T>();
template <class T>
inline constexpr EnumType kEnum{{Kind::Enum}, sizeof(T), kEnumerators<T>};

template <class T, class Descriptor>
void* member_in(void* object) noexcept {
    return std::addressof(static_cast<T*>(object)->*Descriptor::pointer);
}

template <class T>
constexpr auto make_fields() {
    using All = MembersOf<T>;
    std::array<Field, mp11::mp_size<All>::value> all{};
    std::size_t at = 0;
    mp11::mp_for_each<All>([&](auto described) {
        using Descriptor = decltype(described);
        using Member = std::remove_reference_t<decltype(std::declval<T&>().*Descriptor::pointer)>;
        all[at++] = {described.name, &member_in<T, Descriptor>, &type_of<Member>(),
                     is_optional<Member> || edo::json::Policy<T>::kKeepsDefaults};
    });
    return all;
}
template <class T>
inline constexpr auto kFields = make_fields<T>();
template <class T>
inline constexpr StructType kStruct{
    {Kind::Struct}, edo::json::Policy<T>::kRefusesUnknown, kFields<T>};

template <class T, std::size_t Index>
void* element_in(void* tuple) noexcept {
    return std::addressof(std::get<Index>(*static_cast<T*>(tuple)));
}

template <class T, std::size_t... Index>
constexpr auto make_elements(std::index_sequence<Index...>) {
    return std::array<Field, sizeof...(Index)>{
        Field{{}, &element_in<T, Index>, &type_of<std::tuple_element_t<Index, T>>(), false}...};
}
template <class T>
inline constexpr auto kElements =
    make_elements<T>(std::make_index_sequence<std::tuple_size_v<T>>());
template <class T>
inline constexpr TupleType kTuple{{Kind::Tuple}, kElements<T>};

template <class T>
void visit_sequence(const void* sequence, Visit visit, void* context) {
    for (const auto& element : *static_cast<const T*>(sequence)) {
        visit(context, {}, std::addressof(element));
    }
}

template <class T>
inline constexpr SequenceType kSequence{
    {Kind::Sequence},
    &type_of<typename T::value_type>,
    std::nullopt,
    [](void* sequence) { static_cast<T*>(sequence)->clear(); },
    [](void* sequence, std::size_t) -> void* {
        return std::addressof(static_cast<T*>(sequence)->emplace_back());
    },
    &visit_sequence<T>};

template <class T>
inline constexpr SequenceType kArray{
    {Kind::Sequence},
    &type_of<typename T::value_type>,
    std::tuple_size_v<T>,
    [](void*) {},
    [](void* array, std::size_t index) -> void* { return static_cast<T*>(array)->data() + index; },
    &visit_sequence<T>};

template <class T>
inline constexpr MapType kMap{{Kind::Map},
                              &type_of<typename T::mapped_type>,
                              [](void* map) { static_cast<T*>(map)->clear(); },
                              [](void* map, std::string_view key) -> Inserted {
                                  const auto [at, is_new] =
                                      static_cast<T*>(map)->try_emplace(std::string(key));
                                  return {at->first, is_new ? std::addressof(at->second) : nullptr};
                              },
                              [](const void* map, Visit visit, void* context) {
                                  for (const auto& [key, element] : *static_cast<const T*>(map)) {
                                      visit(context, key, std::addressof(element));
                                  }
                              }};

template <class T>
void* emplace_optional(void* optional) {
    T& target = *static_cast<T*>(optional);
    if constexpr (requires { target.emplace(); }) {
        return std::addressof(target.emplace());
    } else {
        target = std::make_unique<typename T::element_type>();
        return target.get();
    }
}

template <class T>
inline constexpr OptionalType kOptional{
    {Kind::Optional},
    &type_of<std::remove_reference_t<decltype(*std::declval<T&>())>>,
    [](void* optional) { static_cast<T*>(optional)->reset(); },
    &emplace_optional<T>,
    [](const void* optional) noexcept -> const void* {
        const T& source = *static_cast<const T*>(optional);
        return source ? std::addressof(*source) : nullptr;
    }};

template <class T>
constexpr const Type& type_of() {
    if constexpr (std::same_as<T, bool>) {
        return kBool;
    } else if constexpr (Integer<T>) {
        return kInteger<T>;
    } else if constexpr (std::same_as<T, float>) {
        return kFloat;
    } else if constexpr (std::same_as<T, double>) {
        return kDouble;
    } else if constexpr (std::same_as<T, std::string>) {
        return kString;
    } else if constexpr (std::same_as<T, boost::json::value>) {
        return kValue;
    } else if constexpr (is_optional<T>) {
        return kOptional<T>;
    } else if constexpr (DescribedEnum<T>) {
        return kEnum<T>;
    } else if constexpr (DescribedStruct<T>) {
        return kStruct<T>;
    } else if constexpr (is_tuple<T>) {
        return kTuple<T>;
    } else if constexpr (is_std_array<T>) {
        return kArray<T>;
    } else if constexpr (Map<T>) {
        return kMap<T>;
    } else if constexpr (Sequence<T>) {
        return kSequence<T>;
    } else {
        static_assert(kUnsupported<T>,
                      "edo::json does not know this type: describe it with BOOST_DESCRIBE_STRUCT "
                      "or BOOST_DESCRIBE_ENUM, or use one of those that edo/net/json/text.hpp "
                      "lists");
        return kBool;
    }
}

}  // namespace edo::detail::json
