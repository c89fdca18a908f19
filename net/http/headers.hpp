// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace edo::http {

/// A header, or a trailer. Both refer to the text of the `Headers` it comes from, and are valid
/// until that is changed or gone.
struct Header {
    std::string_view name;
    std::string_view value;
};

}  // namespace edo::http

namespace edo::http::detail {

/// Where a header is in the text.
struct HeaderPlace {
    HeaderPlace() noexcept = default;
    HeaderPlace(std::size_t name_at, std::size_t name_length, std::size_t value_at,
                std::size_t value_length) noexcept
        : name(std::uint32_t(name_at)),
          name_size(std::uint32_t(name_length)),
          value(std::uint32_t(value_at)),
          value_size(std::uint32_t(value_length)) {}

    std::uint32_t name = 0;
    std::uint32_t name_size = 0;
    std::uint32_t value = 0;
    std::uint32_t value_size = 0;
};

/// Whether two names are the same but for the case of ASCII letters.
[[nodiscard]] bool same_name(std::string_view a, std::string_view b) noexcept;

struct HeadersAccess;

}  // namespace edo::http::detail

namespace edo::http {

/// The headers of a message: ordered, several values a name if need be. Names are compared without
/// regard to case, and kept as they were written.
///
/// All of them are in one piece of text, so that many headers take few allocations.
///
/// @par Thread safety
/// As for the standard containers.
///
/// @par Example
/// @snippet http_message.cpp headers
class Headers {
public:
    class Iterator;
    class Values;

    Headers() = default;

    /// Adds a header after those that are there, also if there is one of that name.
    ///
    /// @param name A token (RFC 9110 section 5.6.2).
    /// @param value Spaces and tabs around it are dropped. Both may refer to this object's text.
    /// @throws UsageError if the name is no token, or the value has a control character (CR, LF,
    ///     NUL and so on; a tab is allowed): it would forge other headers.
    void append(std::string_view name, std::string_view value);
    /// Replaces all headers of that name by one, which takes the place of the first.
    /// @throws UsageError as `append`.
    void set(std::string_view name, std::string_view value);

    /// The value of the first header of that name.
    [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const noexcept;
    /// All values of that name, in order: `for (std::string_view value : headers.all("Via"))`. The
    /// name must outlive the range.
    [[nodiscard]] Values all(std::string_view name) const noexcept;
    [[nodiscard]] bool contains(std::string_view name) const noexcept;
    /// Whether one of the values of that name, which are lists with commas, has `token` in it, as
    /// in `headers.has_token("Connection", "close")`. Compared without regard to case.
    [[nodiscard]] bool has_token(std::string_view name, std::string_view token) const noexcept;

    /// Removes all headers of that name.
    /// @return How many there were.
    std::size_t remove(std::string_view name) noexcept;
    void clear() noexcept;
    /// Makes room for `count` headers and `bytes` of text, so that adding them allocates nothing.
    void reserve(std::size_t count, std::size_t bytes);

    [[nodiscard]] std::size_t size() const noexcept { return places_.size(); }
    [[nodiscard]] bool empty() const noexcept { return places_.empty(); }
    /// In the order of the message.
    [[nodiscard]] Iterator begin() const noexcept;
    [[nodiscard]] Iterator end() const noexcept;
    [[nodiscard]] Header operator[](std::size_t index) const noexcept {
        return header(places_[index]);
    }

private:
    friend struct detail::HeadersAccess;

    [[nodiscard]] Header header(const detail::HeaderPlace& place) const noexcept {
        const std::string_view text = text_;
        return {text.substr(place.name, place.name_size),
                text.substr(place.value, place.value_size)};
    }
    [[nodiscard]] std::size_t find(std::string_view name, std::size_t from) const noexcept;
    [[nodiscard]] detail::HeaderPlace add_text(std::string_view name, std::string_view value);
    std::size_t remove_from(std::string_view name, std::size_t index) noexcept;

    std::string text_;  // also holds what was removed, until `clear`
    std::vector<detail::HeaderPlace> places_;
};

/// Goes through the headers; valid until they are changed.
class Headers::Iterator {
public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Header;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using reference = Header;

    Iterator() noexcept = default;
    Iterator(const Headers& headers, std::size_t index) noexcept
        : headers_(&headers), index_(index) {}

    [[nodiscard]] Header operator*() const noexcept { return (*headers_)[index_]; }
    Iterator& operator++() noexcept {
        ++index_;
        return *this;
    }
    Iterator operator++(int) noexcept {
        Iterator before = *this;
        ++index_;
        return before;
    }
    [[nodiscard]] bool operator==(const Iterator& other) const noexcept = default;

private:
    const Headers* headers_ = nullptr;
    std::size_t index_ = 0;
};

/// The values of one name.
class Headers::Values {
public:
    class Iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = std::string_view;
        using difference_type = std::ptrdiff_t;
        using pointer = void;
        using reference = std::string_view;

        Iterator() noexcept = default;
        Iterator(const Values& values, std::size_t index) noexcept
            : headers_(values.headers_), name_(values.name_), index_(index) {}

        [[nodiscard]] std::string_view operator*() const noexcept {
            return (*headers_)[index_].value;
        }
        Iterator& operator++() noexcept {
            index_ = headers_->find(name_, index_ + 1);
            return *this;
        }
        Iterator operator++(int) noexcept {
            Iterator before = *this;
            ++*this;
            return before;
        }
        [[nodiscard]] bool operator==(const Iterator& other) const noexcept {
            return index_ == other.index_;
        }

    private:
        const Headers* headers_ = nullptr;
        std::string_view name_;
        std::size_t index_ = 0;
    };

    Values(const Headers& headers, std::string_view name) noexcept
        : headers_(&headers), name_(name) {}

    [[nodiscard]] Iterator begin() const noexcept { return {*this, headers_->find(name_, 0)}; }
    [[nodiscard]] Iterator end() const noexcept { return {*this, headers_->size()}; }
    [[nodiscard]] bool empty() const noexcept { return begin() == end(); }

private:
    const Headers* headers_;
    std::string_view name_;
};

inline Headers::Iterator Headers::begin() const noexcept {
    return {*this, 0};
}
inline Headers::Iterator Headers::end() const noexcept {
    return {*this, size()};
}
inline Headers::Values Headers::all(std::string_view name) const noexcept {
    return {*this, name};
}

}  // namespace edo::http

namespace edo::http::detail {

/// For the codecs, which have checked what they add.
struct HeadersAccess {
    [[nodiscard]] static std::string& text(Headers& headers) noexcept { return headers.text_; }
    [[nodiscard]] static std::vector<HeaderPlace>& places(Headers& headers) noexcept {
        return headers.places_;
    }
    /// Adds without a check.
    static void append(Headers& headers, std::string_view name, std::string_view value) {
        headers.places_.push_back(headers.add_text(name, value));
    }
};

}  // namespace edo::http::detail
