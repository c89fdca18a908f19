// SPDX-License-Identifier: MIT
// Checks the parts of a URI and puts them together in their normal form.
#pragma once

#include "edo/net/http/uri.hpp"
#include "edo/net/http/uri/parts.hpp"

#include <string>
#include <string_view>

namespace edo::http::detail {

class UriMaker {
public:
    /// @param parts With a scheme and an authority, and a path that is empty or begins with a
    /// slash.
    [[nodiscard]] static Result<Uri> make(const UriParts& parts);

private:
    [[nodiscard]] Result<void> take_authority(std::string_view authority);
    [[nodiscard]] Result<void> take_credentials(std::string_view text);
    [[nodiscard]] Result<void> take_host(std::string_view host);
    [[nodiscard]] Result<void> take_port(std::string_view digits);
    [[nodiscard]] Result<void> take_rest(const UriParts& parts);

    Uri uri_;
};

}  // namespace edo::http::detail
