// SPDX-License-Identifier: MIT
#include "edo/net/http/h2/header_list.hpp"

#include <algorithm>

namespace edo::http::h2::detail {

namespace {

bool is_of_connection(std::string_view name) noexcept {
    for (const std::string_view other :
         {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"}) {
        if (http::detail::same_name(name, other)) {
            return true;
        }
    }
    return false;
}

/// What must not be kept in the tables that both sides share.
bool is_secret(std::string_view name) noexcept {
    return name == "authorization" || name == "proxy-authorization";
}

}  // namespace

HeaderList::HeaderList() {
    // Room for most heads, so that they grow nothing.
    constexpr std::size_t kText = 512;
    constexpr std::size_t kPlaces = 16;
    text_.reserve(kText);
    places_.reserve(kPlaces);
}

void HeaderList::add(std::string_view name, std::string_view value) {
    const std::size_t begin = text_.size();
    places_.emplace_back(begin, name.size(), value.size());
    text_ += name;
    std::transform(
        text_.begin() + std::ptrdiff_t(begin), text_.end(), text_.begin() + std::ptrdiff_t(begin),
        [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    text_ += value;
}

void HeaderList::add_all(const Headers& headers) {
    const bool names_others = headers.contains("Connection");
    for (const Header header : headers) {
        const bool is_te = http::detail::same_name(header.name, "te");
        if (is_of_connection(header.name) ||
            (names_others && headers.has_token("Connection", header.name)) ||
            (is_te && header.value != "trailers")) {
            continue;
        }
        add(header.name, header.value);
    }
}

std::vector<nghttp2_nv> HeaderList::entries() const {
    std::vector<nghttp2_nv> all;
    all.reserve(places_.size());
    // nghttp2 takes pointers to what is not const, and copies from them.
    auto* const text = reinterpret_cast<std::uint8_t*>(const_cast<char*>(text_.data()));
    for (const Place& place : places_) {
        nghttp2_nv entry{};
        entry.name = text + place.begin;
        entry.namelen = place.name_size;
        entry.value = text + place.begin + place.name_size;
        entry.valuelen = place.value_size;
        if (is_secret(std::string_view(text_).substr(place.begin, place.name_size))) {
            entry.flags = NGHTTP2_NV_FLAG_NO_INDEX;
        }
        all.push_back(entry);
    }
    return all;
}

}  // namespace edo::http::h2::detail
