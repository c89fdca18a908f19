// SPDX-License-Identifier: MIT
#include "edo/net/http/headers.hpp"

#include "edo/net/http/characters.hpp"
#include "edo/runtime/errors.hpp"

#include <algorithm>

namespace edo::http {

namespace {

constexpr std::size_t kMaxText = std::size_t{1} << 30;  // places are 32 bits wide

std::string_view check(std::string_view name, std::string_view value) {
    if (name.empty() || !detail::all_are(name, detail::kTokenCharacter)) {
        throw UsageError("the name of a header has only letters, digits and !#$%&'*+-.^_`|~");
    }
    if (!detail::all_are(value, detail::kValueCharacter)) {
        throw UsageError(
            "the value of a header has a control character, such as a line break: remove it, or "
            "encode the value");
    }
    return detail::trim(value);
}

}  // namespace

bool detail::same_name(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
               return to_lower(x) == to_lower(y);
           });
}

void Headers::append(std::string_view name, std::string_view value) {
    places_.push_back(add_text(name, check(name, value)));
}

void Headers::set(std::string_view name, std::string_view value) {
    const detail::HeaderPlace place = add_text(name, check(name, value));
    // `name` may have been in text that has moved.
    const std::string kept(text_, place.name, place.name_size);
    const std::size_t first = find(kept, 0);
    if (first == size()) {
        places_.push_back(place);
        return;
    }
    places_[first] = place;
    remove_from(kept, first + 1);
}

detail::HeaderPlace Headers::add_text(std::string_view name, std::string_view value) {
    const std::size_t begin = text_.size();
    const std::size_t needed = begin + name.size() + value.size();
    if (needed > kMaxText) {
        throw UsageError("headers of more than 1 GiB: send that as a body");
    }
    const auto add = [name, value](std::string& text) {
        text.append(name);
        text.append(value);
    };
    if (needed <= text_.capacity()) {
        add(text_);
    } else {  // name and value may refer to the old text
        std::string grown;
        grown.reserve(std::max(needed, 2 * text_.capacity()));
        grown.append(text_);
        add(grown);
        text_.swap(grown);
    }
    return {begin, name.size(), begin + name.size(), value.size()};
}

std::size_t Headers::find(std::string_view name, std::size_t from) const noexcept {
    while (from < places_.size() && !detail::same_name((*this)[from].name, name)) {
        ++from;
    }
    return from;
}

std::optional<std::string_view> Headers::get(std::string_view name) const noexcept {
    const std::size_t index = find(name, 0);
    if (index == size()) {
        return {};
    }
    return (*this)[index].value;
}

bool Headers::contains(std::string_view name) const noexcept {
    return find(name, 0) != size();
}

bool Headers::has_token(std::string_view name, std::string_view token) const noexcept {
    for (std::string_view list : all(name)) {
        while (!list.empty()) {
            if (detail::same_name(detail::next_element(list), token)) {
                return true;
            }
        }
    }
    return false;
}

std::size_t Headers::remove(std::string_view name) noexcept {
    return remove_from(name, 0);
}

std::size_t Headers::remove_from(std::string_view name, std::size_t index) noexcept {
    const auto gone = std::remove_if(places_.begin() + std::ptrdiff_t(index), places_.end(),
                                     [this, name](const detail::HeaderPlace& place) {
                                         return detail::same_name(header(place).name, name);
                                     });
    const auto count = std::size_t(places_.end() - gone);
    places_.erase(gone, places_.end());
    if (places_.empty()) {
        text_.clear();
    }
    return count;
}

void Headers::clear() noexcept {
    places_.clear();
    text_.clear();
}

void Headers::reserve(std::size_t count, std::size_t bytes) {
    places_.reserve(count);
    text_.reserve(bytes);
}

}  // namespace edo::http
