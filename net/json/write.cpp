// SPDX-License-Identifier: MIT
#include "edo/net/json/write.hpp"

#include "edo/net/json/escape.hpp"

#include <boost/json/value.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace edo::detail::json {

namespace {

using Value = boost::json::value;

template <class Number>
Number load(const void* object) noexcept {
    Number number;
    std::memcpy(&number, object, sizeof number);
    return number;
}

/// The bits of an integer of any size, its sign extended.
std::uint64_t load_bits(const void* object, std::uint8_t size, bool is_signed) noexcept {
    switch (size) {
        case 1:
            return is_signed ? std::uint64_t(load<std::int8_t>(object))
                             : load<std::uint8_t>(object);
        case 2:
            return is_signed ? std::uint64_t(load<std::int16_t>(object))
                             : load<std::uint16_t>(object);
        case 4:
            return is_signed ? std::uint64_t(load<std::int32_t>(object))
                             : load<std::uint32_t>(object);
        default:
            return load<std::uint64_t>(object);
    }
}

/// The bits that an integer of that size has.
std::uint64_t mask_of(std::uint8_t size) noexcept {
    return size == 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << 8 * size) - 1;
}

/// Calls `function(key, element)` with each element of a sequence or map.
template <class Container, class Function>
void visit(const Container& type, const void* object, const Function& function) {
    // Safety: the function is const, and is cast back to what it is.
    type.visit(
        object,
        [](void* context, std::string_view key, const void* element) {
            (*static_cast<const Function*>(context))(key, element);
        },
        const_cast<void*>(static_cast<const void*>(&function)));
}

class Writer {
public:
    Writer(std::string& text, bool is_pretty) noexcept : text_(text), is_pretty_(is_pretty) {}

    void write(const Type& type, const void* object);

private:
    template <class Number>
    void number(Number number) {
        std::array<char, 32> digits;
        const char* const end =
            std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
        std::string_view written(digits.data(), std::size_t(end - digits.data()));
        text_ += written;
        // So that it is read back as what it was.
        if (std::is_floating_point_v<Number> &&
            written.find_first_of(".e") == std::string_view::npos) {
            text_ += ".0";
        }
    }

    template <class Real>
    void real(Real real) {
        if (std::isfinite(real)) {
            number(real);
        } else {
            text_ += "null";
        }
    }

    void write_enum(const EnumType& type, const void* object);
    void write_struct(const StructType& type, const void* object);
    void write_tuple(const TupleType& type, const void* object);
    void write_value(const Value& value);

    /// Around the elements of an array or object, and between them.
    void open(char bracket) {
        text_ += bracket;
        ++depth_;
        is_first_ = true;
    }
    void next() {
        if (!is_first_) {
            text_ += ',';
        }
        is_first_ = false;
        new_line();
    }
    void key(std::string_view name) {
        next();
        append_quoted(text_, name);
        text_ += is_pretty_ ? std::string_view(": ") : std::string_view(":");
    }
    void close(char bracket) {
        --depth_;
        if (!is_first_) {
            new_line();
        }
        is_first_ = false;
        text_ += bracket;
    }
    void new_line() {
        if (is_pretty_) {
            text_ += '\n';
            text_.append(2 * depth_, ' ');
        }
    }

    std::string& text_;
    bool is_pretty_;
    bool is_first_ = true;  // nothing stands in the innermost bracket yet
    std::size_t depth_ = 0;
};

void Writer::write_enum(const EnumType& type, const void* object) {
    for (const Enumerator& value : type.values) {
        const std::uint64_t bits = load_bits(object, type.size, false);
        if (bits == (std::uint64_t(value.value) & mask_of(type.size))) {
            append_quoted(text_, value.name);
            return;
        }
    }
    text_ += "null";
}

void Writer::write_struct(const StructType& type, const void* object) {
    open('{');
    for (const Field& field : type.fields) {
        key(field.name);
        // Safety: `in` only computes an address.
        write(*field.type, field.in(const_cast<void*>(object)));
    }
    close('}');
}

void Writer::write_tuple(const TupleType& type, const void* object) {
    open('[');
    for (const Field& element : type.elements) {
        next();
        // Safety: `in` only computes an address.
        write(*element.type, element.in(const_cast<void*>(object)));
    }
    close(']');
}

void Writer::write_value(const Value& value) {
    switch (value.kind()) {
        case boost::json::kind::null:
            text_ += "null";
            break;
        case boost::json::kind::bool_:
            text_ += value.get_bool() ? "true" : "false";
            break;
        case boost::json::kind::int64:
            number(value.get_int64());
            break;
        case boost::json::kind::uint64:
            number(value.get_uint64());
            break;
        case boost::json::kind::double_:
            real(value.get_double());
            break;
        case boost::json::kind::string:
            append_quoted(text_, value.get_string());
            break;
        case boost::json::kind::array:
            open('[');
            for (const Value& element : value.get_array()) {
                next();
                write_value(element);
            }
            close(']');
            break;
        case boost::json::kind::object:
            open('{');
            for (const auto& member : value.get_object()) {
                key(member.key());
                write_value(member.value());
            }
            close('}');
            break;
    }
}

void Writer::write(const Type& type, const void* object) {
    switch (type.kind) {
        case Kind::Bool:
            text_ += load<bool>(object) ? "true" : "false";
            break;
        case Kind::Integer: {
            const auto& integer = static_cast<const IntegerType&>(type);
            const bool is_signed = integer.min < 0;
            const std::uint64_t bits = load_bits(object, integer.size, is_signed);
            if (is_signed) {
                number(std::int64_t(bits));
            } else {
                number(bits);
            }
            break;
        }
        case Kind::Enum:
            write_enum(static_cast<const EnumType&>(type), object);
            break;
        case Kind::Float:
            real(load<float>(object));
            break;
        case Kind::Double:
            real(load<double>(object));
            break;
        case Kind::String:
            append_quoted(text_, *static_cast<const std::string*>(object));
            break;
        case Kind::Struct:
            write_struct(static_cast<const StructType&>(type), object);
            break;
        case Kind::Tuple:
            write_tuple(static_cast<const TupleType&>(type), object);
            break;
        case Kind::Sequence: {
            const auto& sequence = static_cast<const SequenceType&>(type);
            open('[');
            const auto element = [this, &sequence](std::string_view, const void* value) {
                next();
                write(sequence.element(), value);
            };
            visit(sequence, object, element);
            close(']');
            break;
        }
        case Kind::Map: {
            const auto& map = static_cast<const MapType&>(type);
            open('{');
            const auto element = [this, &map](std::string_view name, const void* value) {
                key(name);
                write(map.element(), value);
            };
            visit(map, object, element);
            close('}');
            break;
        }
        case Kind::Optional: {
            const auto& optional = static_cast<const OptionalType&>(type);
            const void* const value = optional.get(object);
            if (value != nullptr) {
                write(optional.element(), value);
            } else {
                text_ += "null";
            }
            break;
        }
        case Kind::Value:
            write_value(*static_cast<const Value*>(object));
            break;
    }
}

}  // namespace

void write_text(const Type& type, const void* object, bool is_pretty, std::string& text) {
    Writer(text, is_pretty).write(type, object);
}

}  // namespace edo::detail::json
