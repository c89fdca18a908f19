// SPDX-License-Identifier: MIT
#include "edo/net/json/reader.hpp"

#include "edo/net/json/names.hpp"

#include <boost/json/value.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
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

void Reader::restart(void* object) noexcept {
    root_ = object;
    frames_.clear();
    seen_.clear();
    pending_ = {};
    skipped_ = 0;
    key_.clear();
    scratch_.clear();
    text_ = nullptr;
    error_.reset();
}

// ---- Where a value goes
// --------------------------------------------------------------------------

bool Reader::next_slot(Slot& slot, error_code& ec) {
    if (skipped_ != 0) {
        slot = {};
        return true;
    }
    if (frames_.empty()) {
        slot = {root_type_, root_};
        return true;
    }
    Frame& top = frames_.back();
    switch (top.type->kind) {
        case Kind::Sequence: {
            const auto& type = static_cast<const SequenceType&>(*top.type);
            if (type.fixed_size && top.index == *type.fixed_size) {
                return refuse_frame(Errc::WrongLength,
                                    "more than " + std::to_string(top.index) + " elements", ec);
            }
            slot = {&type.element(), type.append(top.object, top.index)};
            ++top.index;
            return true;
        }
        case Kind::Tuple: {
            const auto& type = static_cast<const TupleType&>(*top.type);
            if (top.index == type.elements.size()) {
                return refuse_frame(Errc::WrongLength,
                                    "more than " + std::to_string(top.index) + " elements", ec);
            }
            const Field& element = type.elements[top.index++];
            slot = {element.type, element.in(top.object)};
            return true;
        }
        case Kind::Value: {
            Value& value = *static_cast<Value*>(top.object);
            if (value.is_array()) {
                ++top.index;
                slot = {&kValue, &value.get_array().emplace_back(nullptr)};
                return true;
            }
            break;
        }
        default:
            break;
    }
    slot = pending_;
    return true;
}

bool Reader::take_slot(Slot& slot, error_code& ec) {
    if (!next_slot(slot, ec)) {
        return false;
    }
    while (slot.type != nullptr && slot.type->kind == Kind::Optional) {
        const auto& type = static_cast<const OptionalType&>(*slot.type);
        slot = {&type.element(), type.emplace(slot.object)};
    }
    return true;
}

// ---- Arrays and objects
// --------------------------------------------------------------------------

bool Reader::open(bool is_array, error_code& ec) {
    Slot slot;
    if (!take_slot(slot, ec)) {
        return false;
    }
    if (slot.type == nullptr) {
        ++skipped_;
        return true;
    }
    Frame frame{slot.type, slot.object};
    switch (slot.type->kind) {
        case Kind::Struct:
        case Kind::Map:
            if (is_array) {
                return refuse_type(*slot.type, "an array", ec);
            }
            break;
        case Kind::Sequence:
        case Kind::Tuple:
            if (!is_array) {
                return refuse_type(*slot.type, "an object", ec);
            }
            break;
        case Kind::Value:
            break;
        default:
            return refuse_type(*slot.type, is_array ? "an array" : "an object", ec);
    }
    switch (slot.type->kind) {
        case Kind::Struct:
            frame.places = seen_.size();
            seen_.resize(seen_.size() + static_cast<const StructType&>(*slot.type).fields.size());
            break;
        case Kind::Map:
            static_cast<const MapType&>(*slot.type).clear(slot.object);
            break;
        case Kind::Sequence:
            static_cast<const SequenceType&>(*slot.type).clear(slot.object);
            break;
        case Kind::Value:
            if (is_array) {
                static_cast<Value*>(slot.object)->emplace_array();
            } else {
                static_cast<Value*>(slot.object)->emplace_object();
            }
            break;
        default:
            break;
    }
    frames_.push_back(frame);
    return true;
}

bool Reader::on_object_begin(error_code& ec) {
    return open(false, ec);
}

bool Reader::on_array_begin(error_code& ec) {
    return open(true, ec);
}

bool Reader::check_missing(const Frame& frame, error_code& ec) {
    const auto fields = static_cast<const StructType&>(*frame.type).fields;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (!fields[i].is_optional && !was_seen(frame, i)) {
            return refuse_frame(Errc::MissingField,
                                "field " + quoted(fields[i].name) + " is missing", ec);
        }
    }
    return true;
}

bool Reader::on_object_end(std::size_t, error_code& ec) {
    if (skipped_ != 0) {
        --skipped_;
        return true;
    }
    const Frame& top = frames_.back();
    if (top.type->kind == Kind::Struct) {
        if (!check_missing(top, ec)) {
            return false;
        }
        seen_.resize(top.places);
    }
    frames_.pop_back();
    return true;
}

bool Reader::on_array_end(std::size_t, error_code& ec) {
    if (skipped_ != 0) {
        --skipped_;
        return true;
    }
    const Frame& top = frames_.back();
    std::size_t expected = top.index;
    if (top.type->kind == Kind::Tuple) {
        expected = static_cast<const TupleType&>(*top.type).elements.size();
    } else if (top.type->kind == Kind::Sequence) {
        expected = static_cast<const SequenceType&>(*top.type).fixed_size.value_or(expected);
    }
    if (top.index != expected) {
        return refuse_frame(
            Errc::WrongLength,
            std::to_string(top.index) + " elements where there must be " + std::to_string(expected),
            ec);
    }
    frames_.pop_back();
    return true;
}

// ---- Keys
// ----------------------------------------------------------------------------------------

bool Reader::on_key_part(string_view part, std::size_t, error_code&) {
    if (skipped_ == 0) {
        key_.append(part.data(), part.size());
    }
    return true;
}

bool Reader::find_field(std::string_view key, error_code& ec) {
    Frame& frame = frames_.back();
    const auto& type = static_cast<const StructType&>(*frame.type);
    const std::size_t count = type.fields.size();
    // Most texts have the fields in their order: the next one is looked at first.
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t at = frame.index + i < count ? frame.index + i : frame.index + i - count;
        const Field& field = type.fields[at];
        if (field.name != key) {
            continue;
        }
        if (std::exchange(was_seen(frame, at), true)) {
            return refuse_frame(Errc::DuplicateKey, "field " + quoted(key) + " occurs twice", ec);
        }
        frame.index = at + 1;
        pending_ = {field.type, field.in(frame.object)};
        return true;
    }
    if (type.refuses_unknown) {
        return refuse_frame(Errc::UnknownField, "field " + quoted(key) + " is unknown", ec);
    }
    pending_ = {};
    return true;
}

bool Reader::insert_key(std::string_view key, error_code& ec) {
    Frame& frame = frames_.back();
    if (frame.type->kind == Kind::Map) {
        const auto& type = static_cast<const MapType&>(*frame.type);
        const Inserted inserted = type.insert(frame.object, key);
        frame.key = inserted.key;
        pending_ = {&type.element(), inserted.element};
    } else {
        const auto [at, is_new] =
            static_cast<Value*>(frame.object)->get_object().emplace(key, nullptr);
        frame.key = at->key();
        pending_ = {&kValue, is_new ? &at->value() : nullptr};
    }
    if (pending_.object == nullptr) {
        return refuse_frame(Errc::DuplicateKey, "field " + quoted(key) + " occurs twice", ec);
    }
    return true;
}

bool Reader::on_key(string_view part, std::size_t, error_code& ec) {
    if (skipped_ != 0) {
        return true;
    }
    std::string_view key = part;
    if (!key_.empty()) {
        key_.append(key);
        key = key_;
    }
    const bool is_fine =
        frames_.back().type->kind == Kind::Struct ? find_field(key, ec) : insert_key(key, ec);
    key_.clear();
    return is_fine;
}

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

// ---- Errors
// --------------------------------------------------------------------------------------

bool Reader::refuse(Errc code, std::string what, error_code& ec) {
    error_.emplace(code, std::move(what));
    error_->set_path(path());
    ec = boost::json::error::exception;  // it stops at any error; `error_` says which one
    return false;
}

bool Reader::refuse_type(const Type& wanted, std::string_view got, error_code& ec) {
    return refuse(Errc::WrongType,
                  "expected " + std::string(name_of(wanted)) + ", got " + std::string(got), ec);
}

bool Reader::refuse_frame(Errc code, std::string what, error_code& ec) {
    frames_.pop_back();
    return refuse(code, std::move(what), ec);
}

std::string Reader::path() const {
    std::string path;
    for (const Frame& frame : frames_) {
        const bool is_struct = frame.type->kind == Kind::Struct;
        if (!is_struct && frame.key.data() == nullptr) {
            path += "[" + std::to_string(frame.index - 1) + "]";
            continue;
        }
        if (!path.empty()) {
            path += '.';
        }
        path += is_struct
                    ? std::string(
                          static_cast<const StructType&>(*frame.type).fields[frame.index - 1].name)
                    : shortened(frame.key);
    }
    return path;
}

}  // namespace edo::detail::json
