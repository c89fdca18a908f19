// SPDX-License-Identifier: MIT
// The part of the reader that sets single values.
#include "edo/net/json/names.hpp"
#include "edo/net/json/reader.hpp"

#include <boost/json/value.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

namespace edo::detail::json {

namespace {

using Value = boost::json::value;

/// Stores the lower bytes of a number.
void store(void* object, std::uint8_t size, std::uint64_t bits) noexcept {
    const auto put = [object](auto number) { std::memcpy(object, &number, sizeof number); };
    switch (size) {
        case 1:
            return put(std::uint8_t(bits));
        case 2:
            return put(std::uint16_t(bits));
        case 4:
            return put(std::uint32_t(bits));
        default:
            return put(bits);
    }
}

bool is_integer(std::string_view number) noexcept {
    return number.find_first_of(".eE") == std::string_view::npos;
}

}  // namespace

// ---- Texts
// ---------------------------------------------------------------------------------------

bool Reader::set_text(const Slot& slot, std::string_view text, error_code& ec) {
    switch (slot.type->kind) {
        case Kind::String:
            static_cast<std::string*>(slot.object)->assign(text);
            return true;
        case Kind::Value:
            static_cast<Value*>(slot.object)->emplace_string().assign(text);
            return true;
        case Kind::Enum: {
            const auto& type = static_cast<const EnumType&>(*slot.type);
            const auto found = std::find_if(type.values.begin(), type.values.end(),
                                            [&](const auto& value) { return value.name == text; });
            if (found == type.values.end()) {
                return refuse(Errc::UnknownName, "no value is named " + quoted(text), ec);
            }
            store(slot.object, type.size, std::uint64_t(found->value));
            return true;
        }
        default:
            return refuse_type(*slot.type, "text", ec);
    }
}

bool Reader::on_string_part(string_view part, std::size_t, error_code& ec) {
    if (text_ == nullptr) {
        if (!take_slot(text_slot_, ec)) {
            return false;
        }
        text_ = &scratch_;
        if (text_slot_.type != nullptr && text_slot_.type->kind == Kind::String) {
            text_ = static_cast<std::string*>(text_slot_.object);
        }
        text_->clear();
    }
    if (text_slot_.type != nullptr) {
        text_->append(part.data(), part.size());
    }
    return true;
}

bool Reader::on_string(string_view part, std::size_t, error_code& ec) {
    const std::string_view text(part.data(), part.size());
    if (text_ == nullptr) {
        Slot slot;
        return take_slot(slot, ec) && (slot.type == nullptr || set_text(slot, text, ec));
    }
    std::string& whole = *std::exchange(text_, nullptr);
    if (text_slot_.type == nullptr) {
        return true;
    }
    whole.append(text);
    if (text_slot_.type->kind == Kind::String) {
        return true;
    }
    const bool is_fine = set_text(text_slot_, whole, ec);
    scratch_.clear();
    return is_fine;
}

// ---- Numbers
// -------------------------------------------------------------------------------------

bool Reader::on_number_part(string_view part, error_code&) {
    scratch_.append(part.data(), part.size());
    return true;
}

std::string_view Reader::whole_number(string_view part) {
    if (scratch_.empty()) {
        return {part.data(), part.size()};
    }
    scratch_.append(part.data(), part.size());
    return scratch_;
}

bool Reader::set_integer(const Slot& slot, bool is_negative, std::uint64_t bits, error_code& ec) {
    if (slot.type->kind == Kind::Integer) {
        const auto& type = static_cast<const IntegerType&>(*slot.type);
        const bool fits = is_negative ? std::int64_t(bits) >= type.min : bits <= type.max;
        if (!fits) {
            return refuse(Errc::OutOfRange, out_of_range(type), ec);
        }
        store(slot.object, type.size, bits);
        return true;
    }
    if (slot.type->kind == Kind::Value) {
        Value& value = *static_cast<Value*>(slot.object);
        if (bits > std::uint64_t(INT64_MAX) && !is_negative) {
            value.emplace_uint64() = bits;
        } else {
            value.emplace_int64() = std::int64_t(bits);
        }
        return true;
    }
    const auto set = [&](auto& real) {
        using Real = std::remove_reference_t<decltype(real)>;
        real = is_negative ? Real(std::int64_t(bits)) : Real(bits);
        return true;
    };
    if (slot.type->kind == Kind::Float) {
        return set(*static_cast<float*>(slot.object));
    }
    if (slot.type->kind == Kind::Double) {
        return set(*static_cast<double*>(slot.object));
    }
    return refuse_type(*slot.type, "a number", ec);
}

bool Reader::on_int64(std::int64_t number, string_view, error_code& ec) {
    scratch_.clear();
    Slot slot;
    return take_slot(slot, ec) &&
           (slot.type == nullptr || set_integer(slot, number < 0, std::uint64_t(number), ec));
}

bool Reader::on_uint64(std::uint64_t number, string_view, error_code& ec) {
    scratch_.clear();
    Slot slot;
    return take_slot(slot, ec) && (slot.type == nullptr || set_integer(slot, false, number, ec));
}

template <class Real>
bool Reader::parse_real(void* object, double rough, std::string_view text, error_code& ec) {
    // The parser's own conversion may be off in the last bit; and a float is not a rounded double.
    Real real = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), real);
    if (error == std::errc::result_out_of_range && std::abs(rough) >= 1) {
        return refuse(Errc::OutOfRange, "a number beyond the range of the type", ec);
    }
    *static_cast<Real*>(object) = real;  // 0 if it is too small
    return true;
}

bool Reader::set_real(const Slot& slot, double rough, std::string_view text, error_code& ec) {
    switch (slot.type->kind) {
        case Kind::Float:
            return parse_real<float>(slot.object, rough, text, ec);
        case Kind::Double:
            return parse_real<double>(slot.object, rough, text, ec);
        case Kind::Value: {
            double number = 0;
            if (!parse_real<double>(&number, rough, text, ec)) {
                return false;
            }
            static_cast<Value*>(slot.object)->emplace_double() = number;
            return true;
        }
        case Kind::Integer:
            if (is_integer(text)) {
                return refuse(Errc::OutOfRange,
                              out_of_range(static_cast<const IntegerType&>(*slot.type)), ec);
            }
            return refuse_type(*slot.type, "a fraction", ec);
        default:
            return refuse_type(*slot.type, "a number", ec);
    }
}

bool Reader::on_double(double number, string_view part, error_code& ec) {
    Slot slot;
    const std::string_view text = whole_number(part);
    const bool is_fine =
        take_slot(slot, ec) && (slot.type == nullptr || set_real(slot, number, text, ec));
    scratch_.clear();
    return is_fine;
}

// ---- The rest
// ------------------------------------------------------------------------------------

bool Reader::on_bool(bool value, error_code& ec) {
    Slot slot;
    if (!take_slot(slot, ec)) {
        return false;
    }
    if (slot.type == nullptr) {
        return true;
    }
    if (slot.type->kind == Kind::Bool) {
        *static_cast<bool*>(slot.object) = value;
        return true;
    }
    if (slot.type->kind == Kind::Value) {
        static_cast<Value*>(slot.object)->emplace_bool() = value;
        return true;
    }
    return refuse_type(*slot.type, "a boolean", ec);
}

bool Reader::on_null(error_code& ec) {
    Slot slot;
    if (!next_slot(slot, ec)) {
        return false;
    }
    if (slot.type == nullptr) {
        return true;
    }
    if (slot.type->kind == Kind::Optional) {
        static_cast<const OptionalType&>(*slot.type).reset(slot.object);
        return true;
    }
    if (slot.type->kind == Kind::Value) {
        static_cast<Value*>(slot.object)->emplace_null();
        return true;
    }
    return refuse_type(*slot.type, "null", ec);
}

}  // namespace edo::detail::json
