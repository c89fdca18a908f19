// SPDX-License-Identifier: MIT
// What `OnceCell` and `SetOnce` have in common: room for a value, and the error of setting it
// twice.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace edo::sync {

/// Why `OnceCell::set` or `SetOnce::set` failed. Keeps the value that was not taken.
template <class T>
class SetError {
public:
    enum class Kind : std::uint8_t { AlreadySet, Initializing };

    SetError(Kind kind, T value) : kind_(kind), value_(std::move(value)) {}

    /// There is a value.
    [[nodiscard]] bool is_already_set() const noexcept { return kind_ == Kind::AlreadySet; }
    /// Somebody is making, or setting, a value.
    [[nodiscard]] bool is_initializing() const noexcept { return kind_ == Kind::Initializing; }
    /// The value that was to be set.
    [[nodiscard]] T& value() & noexcept { return value_; }
    [[nodiscard]] const T& value() const& noexcept { return value_; }
    [[nodiscard]] T&& value() && noexcept { return std::move(value_); }
    [[nodiscard]] std::string message() const {
        return is_already_set() ? "the value is set already" : "the value is being made";
    }

private:
    Kind kind_;
    T value_;
};

}  // namespace edo::sync

namespace edo::detail {

/// Room for a value. Its owner knows whether there is one, and destroys it.
template <class T>
class LateValue {
public:
    LateValue() noexcept {}
    ~LateValue() {}
    LateValue(const LateValue&) = delete;
    LateValue& operator=(const LateValue&) = delete;

    void construct(T&& value) { std::construct_at(std::addressof(value_), std::move(value)); }
    /// Not inlined: g++ 12 would warn of an uninitialised value in a program that never sets it.
    [[gnu::noinline]] void destroy() noexcept { std::destroy_at(std::addressof(value_)); }
    [[nodiscard]] T& get() noexcept { return value_; }
    [[nodiscard]] const T& get() const noexcept { return value_; }

private:
    union {
        T value_;
    };
};

}  // namespace edo::detail
