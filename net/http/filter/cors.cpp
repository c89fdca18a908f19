// SPDX-License-Identifier: MIT
#include "edo/net/http/filter/cors.hpp"

#include "edo/net/http/characters.hpp"
#include "edo/net/http/filter/extract.hpp"
#include "edo/runtime/errors.hpp"

#include <algorithm>

namespace edo::http::filter {

namespace {

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) {
        text += text.empty() ? "" : ", ";
        text += word;
    }
    return text;
}

}  // namespace

Cors::Cors() : settings_(std::make_shared<Settings>()) {
    settings_->methods = detail::method_bit(Method::Get) | detail::method_bit(Method::Head) |
                         detail::method_bit(Method::Post);
}

Cors&& Cors::allow_origin(std::string origin) && {
    if (origin.find("://") == std::string::npos || origin.ends_with('/')) {
        throw UsageError("cors().allow_origin(\"" + origin +
                         "\"): write scheme and host, as in \"https://example.org\"");
    }
    settings_->origins.push_back(std::move(origin));
    return std::move(*this);
}

Cors&& Cors::allow_any_origin() && {
    settings_->any_origin = true;
    return std::move(*this);
}

Cors&& Cors::allow_methods(std::initializer_list<Method> methods) && {
    for (const Method method : methods) {
        settings_->methods |= detail::method_bit(method);
    }
    return std::move(*this);
}

Cors&& Cors::allow_headers(std::initializer_list<std::string_view> names) && {
    for (const std::string_view name : names) {
        settings_->headers.push_back(detail::checked_name(std::string(name)));
    }
    return std::move(*this);
}

Cors&& Cors::expose_headers(std::initializer_list<std::string_view> names) && {
    for (const std::string_view name : names) {
        settings_->exposed += settings_->exposed.empty() ? "" : ", ";
        settings_->exposed += detail::checked_name(std::string(name));
    }
    return std::move(*this);
}

Cors&& Cors::allow_credentials() && {
    settings_->credentials = true;
    return std::move(*this);
}

Cors&& Cors::max_age(std::chrono::seconds time) && {
    settings_->max_age = time;
    return std::move(*this);
}

void Cors::check() const {
    if (settings_->any_origin && settings_->credentials) {
        throw UsageError("cors: with allow_credentials() name the origins with allow_origin");
    }
}

Cors::State Cors::before(const Input& input) const {
    State state;
    if (const auto origin = input.headers().get("Origin")) {
        const auto& known = settings_->origins;
        state.allowed =
            settings_->any_origin || std::find(known.begin(), known.end(), *origin) != known.end();
        state.origin = *origin;
    }
    return state;
}

std::optional<Response> Cors::answer(State& state, const Input& input) const {
    const Headers& headers = input.headers();
    const auto wanted = headers.get("Access-Control-Request-Method");
    if (input.request().method != Method::Options || state.origin.empty() || !wanted) {
        return std::nullopt;
    }
    const auto method = parse_method(*wanted);
    bool allowed =
        state.allowed && method && (detail::method_bit(*method) & settings_->methods) != 0;
    for (std::string_view list : headers.all("Access-Control-Request-Headers")) {
        while (!list.empty()) {
            const std::string_view name = http::detail::next_element(list);
            allowed = allowed && std::any_of(settings_->headers.begin(), settings_->headers.end(),
                                             [name](const std::string& known) {
                                                 return detail::equal_ignoring_case(known, name);
                                             });
        }
    }
    if (!allowed) {
        state.allowed = false;
        return Rejection(Status::Forbidden, "this is not allowed for other sites").into_response();
    }
    Response response(Status::NoContent);
    response.headers.set("Access-Control-Allow-Methods", detail::allow_text(settings_->methods));
    if (!settings_->headers.empty()) {
        response.headers.set("Access-Control-Allow-Headers", joined(settings_->headers));
    }
    if (settings_->max_age) {
        response.headers.set("Access-Control-Max-Age", std::to_string(settings_->max_age->count()));
    }
    return response;
}

void Cors::after(State& state, detail::ResponseOutcome& outcome) const {
    const auto add = [&outcome](std::string_view name, std::string_view value) {
        if (outcome) {
            std::get<0>(*outcome).headers.append(name, value);
        } else {
            outcome.error().add_header(name, value);
        }
    };
    if (!settings_->any_origin) {
        add("Vary", "Origin");
    }
    if (!state.allowed) {
        return;
    }
    add("Access-Control-Allow-Origin", settings_->any_origin ? "*" : state.origin);
    if (settings_->credentials) {
        add("Access-Control-Allow-Credentials", "true");
    }
    if (!settings_->exposed.empty()) {
        add("Access-Control-Expose-Headers", settings_->exposed);
    }
}

}  // namespace edo::http::filter
