// SPDX-License-Identifier: MIT
// Headers as HTTP/2 sends them.
#pragma once

#include "edo/net/http/headers.hpp"

#include <cstddef>
#include <nghttp2/nghttp2.h>
#include <string>
#include <string_view>
#include <vector>

namespace edo::http::h2::detail {

/// A list in the form of nghttp2: names in lower case, in one text, without what belongs to a
/// connection.
class HeaderList {
public:
    HeaderList();

    void add(std::string_view name, std::string_view value);
    /// All but `Connection`, what that names, and others of their kind.
    void add_all(const Headers& headers);

    /// Valid until something is added.
    [[nodiscard]] std::vector<nghttp2_nv> entries() const;

private:
    struct Place {
        Place(std::size_t name_at, std::size_t name_length, std::size_t value_length) noexcept
            : begin(name_at), name_size(name_length), value_size(value_length) {}
        std::size_t begin;
        std::size_t name_size;
        std::size_t value_size;
    };

    std::string text_;
    std::vector<Place> places_;
};

}  // namespace edo::http::h2::detail
