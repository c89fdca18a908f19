// SPDX-License-Identifier: MIT
#include "edo/net/json/reader.hpp"

#include "edo/net/json/names.hpp"

#include <boost/json/value.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace edo::detail::json {

namespace {

using Value = boost::json::value;

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
