// SPDX-License-Identifier: MIT
#include "edo/net/http/filter/gzip.hpp"

#include "edo/net/http/characters.hpp"
#include "edo/net/http/filter/extract.hpp"
#include "edo/runtime/errors.hpp"

#include <algorithm>
#include <memory>
#include <new>
#include <zlib.h>

namespace edo::http::filter::detail {

namespace {

/// The weight behind a ';', in thousandths; 1000 without one, 0 for a malformed one.
int weight_of(std::string_view parameters) noexcept {
    const std::string_view text = http::detail::trim(parameters);
    if (text.empty()) {
        return 1000;
    }
    if (text.size() < 3 || (text[0] != 'q' && text[0] != 'Q') || text[1] != '=' ||
        (text[2] != '0' && text[2] != '1')) {
        return 0;
    }
    int weight = (text[2] - '0') * 1000;
    int digit = 100;
    for (std::size_t i = 4; i < std::min<std::size_t>(text.size(), 7); ++i, digit /= 10) {
        if (text[i] < '0' || text[i] > '9') {
            return 0;
        }
        weight += (text[i] - '0') * digit;
    }
    return std::min(weight, 1000);
}

/// A gzip stream that is being written.
class Deflater {
public:
    explicit Deflater(int level) {
        // 15 bits of window, and 16 for the frame of gzip.
        if (::deflateInit2(&stream_, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
            throw std::bad_alloc();
        }
    }
    Deflater(const Deflater&) = delete;
    Deflater& operator=(const Deflater&) = delete;
    ~Deflater() { ::deflateEnd(&stream_); }

    /// Appends what comes of `text`. @param flush Z_NO_FLUSH, Z_SYNC_FLUSH or Z_FINISH.
    void write(std::string_view text, int flush, std::string& out) {
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
        stream_.avail_in = uInt(text.size());
        do {
            const std::size_t before = out.size();
            out.resize(before + std::max<std::size_t>(text.size() / 2, 512));
            stream_.next_out = reinterpret_cast<Bytef*>(out.data() + before);
            stream_.avail_out = uInt(out.size() - before);
            ::deflate(&stream_, flush);
            out.resize(out.size() - stream_.avail_out);
            // A full buffer means that there may be more.
        } while (stream_.avail_out == 0);
    }

private:
    z_stream stream_{};
};

/// How much of a body in memory is compressed at a time, so that other tasks get their turn.
constexpr std::size_t kSlice = 64 * 1024;

class GzipSource final : public BodySource {
public:
    GzipSource(Body body, int level)
        : body_(std::move(body)), deflater_(level), is_live_(!body_.size().has_value()) {}

    Task<Result<std::optional<std::string>>> next() override {
        std::string out;
        while (out.empty() && !is_over_) {
            if (at_ == piece_.size()) {
                auto piece = co_await body_.next();
                if (!piece) {
                    co_return failure(piece.error());
                }
                if (!*piece) {
                    is_over_ = true;
                    deflater_.write({}, Z_FINISH, out);
                    break;
                }
                piece_ = std::move(**piece);
                at_ = 0;
            }
            const std::string_view slice = std::string_view(piece_).substr(at_, kSlice);
            at_ += slice.size();
            // Who waits for the pieces of a stream is to get each at once.
            const bool flush = is_live_ && at_ == piece_.size();
            deflater_.write(slice, flush ? Z_SYNC_FLUSH : Z_NO_FLUSH, out);
        }
        if (out.empty()) {
            co_return std::optional<std::string>();
        }
        co_return std::optional<std::string>(std::move(out));
    }

private:
    Body body_;
    Deflater deflater_;
    bool is_live_;
    bool is_over_ = false;
    std::string piece_;
    std::size_t at_ = 0;
};

void add_vary(Headers& headers, std::string_view name) {
    if (!headers.has_token("Vary", name) && !headers.has_token("Vary", "*")) {
        headers.append("Vary", name);
    }
}

}  // namespace

bool wants_gzip(const Headers& headers) noexcept {
    int gzip = -1;
    int any = -1;
    int identity = -1;
    for (std::string_view list : headers.all("Accept-Encoding")) {
        while (!list.empty()) {
            const std::string_view element = http::detail::next_element(list);
            const std::size_t semicolon = std::min(element.find(';'), element.size());
            const std::string_view name = http::detail::trim(element.substr(0, semicolon));
            const int weight = weight_of(element.substr(std::min(semicolon + 1, element.size())));
            if (equal_ignoring_case(name, "gzip") || equal_ignoring_case(name, "x-gzip")) {
                gzip = weight;
            } else if (name == "*") {
                any = weight;
            } else if (equal_ignoring_case(name, "identity")) {
                identity = weight;
            }
        }
    }
    const int wanted = gzip >= 0 ? gzip : any;
    return wanted > 0 && wanted >= identity;
}

bool is_compressible(std::string_view content_type) noexcept {
    const std::string_view type =
        http::detail::trim(content_type.substr(0, content_type.find(';')));
    const auto starts_with = [type](std::string_view prefix) {
        return equal_ignoring_case(type.substr(0, prefix.size()), prefix);
    };
    const auto ends_with = [type](std::string_view suffix) {
        return type.size() > suffix.size() &&
               equal_ignoring_case(type.substr(type.size() - suffix.size()), suffix);
    };
    return starts_with("text/") || ends_with("/json") || ends_with("+json") || ends_with("/xml") ||
           ends_with("+xml") || ends_with("/javascript") || ends_with("/wasm");
}

void compress(Response& response, bool wanted, std::uint64_t min_size, int level) {
    Headers& headers = response.headers;
    const auto type = headers.get("Content-Type");
    const auto size = response.body.size();
    if (!type || !is_compressible(*type) || headers.contains("Content-Encoding") ||
        has_no_body(response.status) || response.status == Status::PartialContent ||
        headers.has_token("Cache-Control", "no-transform") || (size && *size < min_size)) {
        return;
    }
    add_vary(headers, "Accept-Encoding");
    if (!wanted) {
        return;
    }
    headers.set("Content-Encoding", "gzip");
    headers.remove("Content-Length");
    headers.remove("Accept-Ranges");
    if (const auto etag = headers.get("ETag"); etag && !etag->starts_with("W/")) {
        headers.set("ETag", "W/" + std::string(*etag));
    }
    if (response.body.is_text() && *size <= kSlice) {
        std::string out;
        Deflater(level).write(response.body.text(), Z_FINISH, out);
        response.body = Body(std::move(out));
    } else {
        response.body = Body(std::make_unique<GzipSource>(std::move(response.body), level));
    }
}

}  // namespace edo::http::filter::detail

namespace edo::http::filter {

Gzip&& Gzip::level(int level) && {
    if (level < 1 || level > 9) {
        throw UsageError("gzip().level(n): n is from 1 to 9");
    }
    level_ = level;
    return std::move(*this);
}

}  // namespace edo::http::filter
