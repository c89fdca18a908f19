// SPDX-License-Identifier: MIT
// What the reader and the writer know of a C++ type: a table, made by the compiler from the type's
// description. Both are compiled once, and follow these tables; only what is in here is made for
// each type.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace edo::detail::json {

enum class Kind : std::uint8_t {
    Bool,
    Integer,
    Enum,
    Float,
    Double,
    String,
    Struct,
    Sequence,
    Tuple,
    Map,
    Optional,
    Value,
};

/// The base of all tables; the `kind` says which one it is.
struct Type {
    Kind kind;
};

/// An integer of 1, 2, 4 or 8 bytes.
struct IntegerType : Type {
    std::uint8_t size;
    std::int64_t min;
    std::uint64_t max;
};

struct Enumerator {
    std::string_view name;
    std::int64_t value;  // as if cast
};

struct EnumType : Type {
    std::uint8_t size;
    std::span<const Enumerator> values;
};

struct Field {
    std::string_view name;
    void* (*in)(void* object) noexcept;  // the field's address
    const Type* type;
    bool is_optional;
};

struct StructType : Type {
    bool refuses_unknown;
    std::span<const Field> fields;
};

/// A tuple, a pair: an array whose elements have a type each.
struct TupleType : Type {
    std::span<const Field> elements;
};

/// Called with each element, and for maps with its key.
using Visit = void (*)(void* context, std::string_view key, const void* element);

struct SequenceType : Type {
    const Type& (*element)();               // a function, since a type may contain itself this way
    std::optional<std::size_t> fixed_size;  // of an array
    void (*clear)(void* sequence);
    void* (*append)(void* sequence, std::size_t index);  // the new element
    void (*visit)(const void* sequence, Visit visit, void* context);
};

/// The element for a key. Without an address, the map has had the key already.
struct Inserted {
    std::string_view key;  // the map's own
    void* element;
};

struct MapType : Type {
    const Type& (*element)();
    void (*clear)(void* map);
    Inserted (*insert)(void* map, std::string_view key);
    void (*visit)(const void* map, Visit visit, void* context);
};

struct OptionalType : Type {
    const Type& (*element)();
    void (*reset)(void* optional);
    void* (*emplace)(void* optional);
    const void* (*get)(const void* optional) noexcept;
};

inline constexpr Type kBool{Kind::Bool};
inline constexpr Type kFloat{Kind::Float};
inline constexpr Type kDouble{Kind::Double};
inline constexpr Type kString{Kind::String};
inline constexpr Type kValue{Kind::Value};

}  // namespace edo::detail::json
