// SPDX-License-Identifier: MIT
#include "edo/net/http/uri.hpp"

#include "edo/net/http/uri/characters.hpp"
#include "edo/net/http/uri/maker.hpp"
#include "edo/net/http/uri/parts.hpp"

#include <ostream>

namespace edo::http {

Result<Uri> Uri::parse(std::string_view text) {
    if (text.empty() || text.size() > kMaxLength) {
        return failure(make_error_code(UriErrc::InvalidLength));
    }
    const detail::UriParts parts = detail::split_uri(text);
    if (!parts.scheme) {
        return failure(make_error_code(UriErrc::MissingScheme));
    }
    if (!parts.authority) {
        // "localhost:80" reads as a scheme and a path.
        const bool is_ours = detail::equals_in_lower(*parts.scheme, "http") ||
                             detail::equals_in_lower(*parts.scheme, "https");
        return failure(
            make_error_code(is_ours ? UriErrc::MissingHost : UriErrc::UnsupportedScheme));
    }
    return detail::UriMaker::make(parts);
}

Result<Uri> Uri::resolve(std::string_view reference) const {
    if (reference.size() > kMaxLength) {
        return failure(make_error_code(UriErrc::InvalidLength));
    }
    detail::UriParts parts = detail::split_uri(reference);
    if (parts.scheme) {
        return parse(reference);
    }
    parts.scheme = scheme();
    std::string merged;
    const bool is_here = !parts.authority;
    if (is_here) {
        parts.authority = authority();
        if (parts.path.empty()) {
            parts.path = path();
            if (!parts.query) {
                parts.query = query();
            }
        } else if (!parts.path.starts_with('/')) {
            merged = path().substr(0, path().rfind('/') + 1);
            merged += parts.path;
            parts.path = merged;
        }
    }
    auto resolved = detail::UriMaker::make(parts);
    if (resolved && is_here) {
        resolved->user_name_ = user_name_;
        resolved->password_ = password_;
        resolved->has_credentials_ = has_credentials_;
    }
    return resolved;
}

std::string_view Uri::host() const noexcept {
    const std::string_view text = text_;
    if (text[host_] == '[') {
        return text.substr(host_ + 1, host_end_ - host_ - 2);
    }
    return text.substr(host_, host_end_ - host_);
}

std::string_view Uri::authority() const noexcept {
    return std::string_view(text_).substr(host_, path_ - host_);
}

std::string_view Uri::origin() const noexcept {
    return std::string_view(text_).substr(0, path_);
}

std::string_view Uri::path() const noexcept {
    return std::string_view(text_).substr(path_, query_ - path_);
}

std::optional<std::string_view> Uri::query() const noexcept {
    if (query_ == fragment_) {
        return std::nullopt;
    }
    return std::string_view(text_).substr(query_ + 1, fragment_ - query_ - 1);
}

std::optional<std::string_view> Uri::fragment() const noexcept {
    if (fragment_ == text_.size()) {
        return std::nullopt;
    }
    return std::string_view(text_).substr(fragment_ + 1);
}

std::string_view Uri::target() const noexcept {
    return std::string_view(text_).substr(path_, fragment_ - path_);
}

Uri Uri::with_query(const Query& more) const {
    Uri uri = *this;
    std::string added = more.to_string();
    if (!added.empty()) {
        const bool is_first = query_ == fragment_ || query_ + 1 == fragment_;
        added.insert(0, query_ == fragment_ ? "?" : is_first ? "" : "&");
        uri.text_.insert(fragment_, added);
        uri.fragment_ += added.size();
    }
    return uri;
}

Uri Uri::without_fragment() const {
    Uri uri = *this;
    uri.text_.resize(fragment_);
    return uri;
}

Uri Uri::without_credentials() const {
    Uri uri = *this;
    uri.user_name_.clear();
    uri.password_.clear();
    uri.has_credentials_ = false;
    return uri;
}

std::ostream& operator<<(std::ostream& out, const Uri& uri) {
    return out << uri.text();
}

}  // namespace edo::http
