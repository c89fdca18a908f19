// SPDX-License-Identifier: MIT
#include "edo/net/http/client/cookie_jar.hpp"

#include "edo/net/http/characters.hpp"
#include "edo/net/http/client/cookie_date.hpp"
#include "edo/net/http/headers.hpp"
#include "edo/net/ip_addr.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace edo::http {

namespace {

constexpr std::size_t kMostCookies = 3000;
constexpr std::size_t kMostOfOneDomain = 180;
constexpr std::size_t kLongestCookie = 4096;
constexpr std::chrono::hours kLongestAge{24 * 400};

/// What stands before `mark`, trimmed; `text` is what stands after it.
std::string_view take_until(std::string_view& text, char mark) noexcept {
    const std::size_t end = std::min(text.find(mark), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return detail::trim(part);
}

bool is_address(std::string_view host) {
    return net::IpAddr::parse(host).has_value();
}

/// RFC 6265, section 5.1.3. Both in lower case.
bool is_in_domain(std::string_view host, std::string_view domain) {
    if (host == domain) {
        return true;
    }
    return host.size() > domain.size() && host.ends_with(domain) &&
           host[host.size() - domain.size() - 1] == '.' && !is_address(host);
}

/// RFC 6265, section 5.1.4.
bool is_in_path(std::string_view path, std::string_view cookie_path) noexcept {
    return path.starts_with(cookie_path) &&
           (path.size() == cookie_path.size() || cookie_path.ends_with('/') ||
            path[cookie_path.size()] == '/');
}

std::string default_path(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    return std::string(slash == 0 || slash == std::string_view::npos ? "/" : path.substr(0, slash));
}

std::string lower(std::string_view text) {
    std::string copy(text);
    std::ranges::transform(copy, copy.begin(), detail::to_lower);
    return copy;
}

}  // namespace

struct CookieJar::Attributes {
    std::optional<Clock::time_point> expires;
    std::optional<Clock::time_point> max_age;  // goes before the other one
    std::string domain;
    std::string path;
    bool is_secure = false;
};

CookieJar::Attributes CookieJar::parse_attributes(std::string_view text, Clock::time_point now) {
    Attributes found;
    while (!text.empty()) {
        std::string_view value = take_until(text, ';');
        const std::string_view name = take_until(value, '=');
        value = detail::trim(value);
        if (detail::same_name(name, "expires")) {
            if (const auto date = detail::parse_cookie_date(value)) {
                // As seconds: in the finer steps of the clock, far dates would overflow.
                const auto latest = std::chrono::floor<std::chrono::seconds>(now + kLongestAge);
                found.expires = std::clamp(*date, std::chrono::sys_seconds(), latest);
            }
        } else if (detail::same_name(name, "max-age")) {
            std::int64_t seconds = 0;
            const auto [end, error] =
                std::from_chars(value.data(), value.data() + value.size(), seconds);
            const bool is_all = end == value.data() + value.size();
            if (error == std::errc::result_out_of_range && is_all) {
                seconds = value.starts_with('-') ? 0 : std::chrono::seconds(kLongestAge).count();
            } else if (error != std::errc() || !is_all) {
                continue;
            }
            const std::int64_t longest = std::chrono::seconds(kLongestAge).count();
            found.max_age = seconds <= 0 ? Clock::time_point()
                                         : now + std::chrono::seconds(std::min(seconds, longest));
        } else if (detail::same_name(name, "domain")) {
            found.domain = lower(value.substr(value.starts_with('.') ? 1 : 0));
        } else if (detail::same_name(name, "path")) {
            found.path = value;
        } else if (detail::same_name(name, "secure")) {
            found.is_secure = true;
        }
    }
    return found;
}

std::optional<CookieJar::Cookie> CookieJar::parse(std::string_view text, const Uri& from,
                                                  Clock::time_point now) {
    std::string_view pair = take_until(text, ';');
    if (!detail::all_are(pair, detail::kValueCharacter) ||
        pair.find('=') == std::string_view::npos || pair.size() > kLongestCookie) {
        return std::nullopt;
    }
    Cookie cookie;
    cookie.name = take_until(pair, '=');
    cookie.value = detail::trim(pair);
    Attributes attributes = parse_attributes(text, now);

    cookie.is_secure = attributes.is_secure;
    cookie.expires = attributes.max_age ? attributes.max_age : attributes.expires;
    cookie.is_host_only = attributes.domain.empty();
    if (cookie.is_host_only) {
        cookie.domain = from.host();
    } else if (!is_in_domain(from.host(), attributes.domain) ||
               (attributes.domain != from.host() &&
                attributes.domain.find('.') == std::string::npos)) {
        return std::nullopt;
    } else {
        cookie.domain = std::move(attributes.domain);
    }
    const bool has_path = attributes.path.starts_with('/');
    cookie.path = has_path ? std::move(attributes.path) : default_path(from.path());

    const bool is_for_host = cookie.name.starts_with("__Host-");
    if (cookie.name.empty() || (cookie.is_secure && !from.is_https()) ||
        ((is_for_host || cookie.name.starts_with("__Secure-")) && !cookie.is_secure) ||
        (is_for_host && (!cookie.is_host_only || cookie.path != "/"))) {
        return std::nullopt;
    }
    return cookie;
}

bool CookieJar::set(std::string_view set_cookie, const Uri& from, Clock::time_point now) {
    std::optional<Cookie> cookie = parse(set_cookie, from, now);
    if (!cookie) {
        return false;
    }
    const std::lock_guard guard(mutex_);
    const auto same = std::ranges::find_if(cookies_, [&cookie](const Cookie& other) {
        return other.name == cookie->name && other.domain == cookie->domain &&
               other.path == cookie->path;
    });
    cookie->number = next_number_++;
    if (same != cookies_.end()) {
        if (same->is_secure && !from.is_https()) {
            return false;  // whoever listens on the way must not replace what was sent encrypted
        }
        cookie->number = same->number;
        cookies_.erase(same);
    }
    if (cookie->expires && *cookie->expires <= now) {
        return true;  // that is how cookies are removed
    }
    make_room(cookie->domain);
    cookies_.push_back(std::move(*cookie));
    return true;
}

void CookieJar::make_room(const std::string& domain) {
    const auto is_older = [](const Cookie& a, const Cookie& b) { return a.number < b.number; };
    const auto of_domain = [&domain](const Cookie& cookie) { return cookie.domain == domain; };
    if (std::ranges::count_if(cookies_, of_domain) >= std::ptrdiff_t(kMostOfOneDomain)) {
        auto oldest = cookies_.end();
        for (auto it = cookies_.begin(); it != cookies_.end(); ++it) {
            if (of_domain(*it) && (oldest == cookies_.end() || is_older(*it, *oldest))) {
                oldest = it;
            }
        }
        cookies_.erase(oldest);
    }
    if (cookies_.size() >= kMostCookies) {
        cookies_.erase(std::ranges::min_element(cookies_, is_older));
    }
}

bool CookieJar::goes_to(const Cookie& cookie, const Uri& to) {
    const bool is_right_host =
        cookie.is_host_only ? to.host() == cookie.domain : is_in_domain(to.host(), cookie.domain);
    return is_right_host && is_in_path(to.path(), cookie.path) &&
           (!cookie.is_secure || to.is_https());
}

std::string CookieJar::header_for(const Uri& to, Clock::time_point now) {
    const std::lock_guard guard(mutex_);
    std::erase_if(cookies_,
                  [now](const Cookie& cookie) { return cookie.expires && *cookie.expires <= now; });
    std::vector<const Cookie*> chosen;
    for (const Cookie& cookie : cookies_) {
        if (goes_to(cookie, to)) {
            chosen.push_back(&cookie);
        }
    }
    // The longest path first, then the oldest.
    std::ranges::sort(chosen, [](const Cookie* a, const Cookie* b) {
        return a->path.size() != b->path.size() ? a->path.size() > b->path.size()
                                                : a->number < b->number;
    });
    std::string header;
    for (const Cookie* const cookie : chosen) {
        if (!header.empty()) {
            header += "; ";
        }
        header += cookie->name;
        header += '=';
        header += cookie->value;
    }
    return header;
}

void CookieJar::clear() {
    const std::lock_guard guard(mutex_);
    cookies_.clear();
}

std::size_t CookieJar::size() const {
    const std::lock_guard guard(mutex_);
    return cookies_.size();
}

}  // namespace edo::http
