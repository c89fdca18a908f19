// SPDX-License-Identifier: MIT
#include "edo/net/http/client/multipart.hpp"

#include "edo/net/http/boundary.hpp"
#include "edo/net/http/characters.hpp"
#include "edo/runtime/errors.hpp"
#include "edo/runtime/propagate.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace edo::http {

namespace {

void append_quoted(std::string& to, std::string_view text) {
    to += '"';
    for (const char c : text) {
        switch (c) {
            case '"':
                to += "%22";
                break;
            case '\r':
                to += "%0D";
                break;
            case '\n':
                to += "%0A";
                break;
            default:
                to += c;
        }
    }
    to += '"';
}

/// One body after the other.
class Chained final : public BodySource {
public:
    explicit Chained(std::vector<Body> parts) : parts_(std::move(parts)) {}

    Task<Result<std::optional<std::string>>> next() override {
        while (at_ < parts_.size()) {
            auto piece = co_await propagate(co_await parts_[at_].next());
            if (piece) {
                co_return piece;
            }
            ++at_;
        }
        co_return std::optional<std::string>();
    }
    [[nodiscard]] std::optional<std::uint64_t> size() const override {
        std::uint64_t sum = 0;
        for (std::size_t i = at_; i < parts_.size(); ++i) {
            const auto size = parts_[i].size();
            if (!size) {
                return std::nullopt;
            }
            sum += *size;
        }
        return sum;
    }

private:
    std::vector<Body> parts_;
    std::size_t at_ = 0;
};

}  // namespace

Multipart::Multipart() : boundary_(detail::make_boundary()) {}

void Multipart::begin_part(std::string_view name) {
    text_ += "--";
    text_ += boundary_;
    text_ += "\r\nContent-Disposition: form-data; name=";
    append_quoted(text_, name);
}

Multipart& Multipart::text(std::string_view name, std::string_view value) & {
    begin_part(name);
    text_ += "\r\n\r\n";
    text_ += value;
    text_ += "\r\n";
    return *this;
}

Multipart&& Multipart::text(std::string_view name, std::string_view value) && {
    return std::move(text(name, value));
}

Multipart& Multipart::file(std::string_view name, std::string_view file_name, Body content,
                           std::string_view content_type) & {
    if (!detail::all_are(content_type, detail::kValueCharacter)) {
        throw UsageError("the type of a file must not hold control characters");
    }
    begin_part(name);
    text_ += "; filename=";
    append_quoted(text_, file_name);
    text_ += "\r\nContent-Type: ";
    text_ += content_type;
    text_ += "\r\n\r\n";
    if (content.is_text()) {
        text_ += content.text();
    } else {
        parts_.emplace_back(std::exchange(text_, std::string()));
        parts_.push_back(std::move(content));
    }
    text_ += "\r\n";
    return *this;
}

Multipart&& Multipart::file(std::string_view name, std::string_view file_name, Body content,
                            std::string_view content_type) && {
    return std::move(file(name, file_name, std::move(content), content_type));
}

std::string Multipart::content_type() const {
    return "multipart/form-data; boundary=" + boundary_;
}

Body Multipart::into_body() && {
    text_ += "--";
    text_ += boundary_;
    text_ += "--\r\n";
    if (parts_.empty()) {
        return std::move(text_);
    }
    parts_.emplace_back(std::move(text_));
    return Body(std::make_unique<Chained>(std::move(parts_)));
}

}  // namespace edo::http
