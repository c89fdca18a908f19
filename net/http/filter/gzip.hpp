// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/filter/around.hpp"

#include <cstdint>
#include <string_view>
#include <utility>

namespace edo::http::filter::detail {

/// Whether an Accept-Encoding wants gzip rather than the plain bytes, by its weights.
[[nodiscard]] bool wants_gzip(const Headers& headers) noexcept;
[[nodiscard]] bool is_compressible(std::string_view content_type) noexcept;
/// Compresses the answer if that makes sense, and says in Vary that it depends on the request.
void compress(Response& response, bool wanted, std::uint64_t min_size, int level);

}  // namespace edo::http::filter::detail

namespace edo::http::filter {

/// `filter | with(gzip())`: compresses answers for clients that ask for it (Accept-Encoding, with
/// weights).
///
/// Compressed are text, JSON, XML, JavaScript, SVG and the like, of at least `min_size` bytes or of
/// unknown length; not parts (206), nor what is encoded already, nor what `Cache-Control` forbids
/// to transform. A stream is compressed piece by piece, and each piece goes out at once. A strong
/// `ETag` becomes a weak one. All such answers say `Vary: Accept-Encoding`.
///
/// Answers that hold secrets beside text that the client chose can be guessed at by their
/// compressed length (BREACH): leave them out.
class Gzip {
public:
    struct State {
        bool wanted = false;
    };

    Gzip() = default;
    /// Answers that are known to be shorter stay as they are. Default: 1024.
    Gzip&& min_size(std::uint64_t bytes) && {
        min_size_ = bytes;
        return std::move(*this);
    }
    /// From 1, fast, to 9, small. Default: 5.
    Gzip&& level(int level) &&;

    template <Filter F>
    [[nodiscard]] auto wrap(F filter) const {
        return detail::wrap_around(std::move(filter), *this);
    }
    [[nodiscard]] State before(const Input& input) const {
        return {detail::wants_gzip(input.headers())};
    }
    [[nodiscard]] std::optional<Response> answer(State& /*state*/, const Input& /*input*/) const {
        return std::nullopt;
    }
    void after(State& state, detail::ResponseOutcome& outcome) const {
        if (outcome) {
            detail::compress(std::get<0>(*outcome), state.wanted, min_size_, level_);
        }
    }

private:
    std::uint64_t min_size_ = 1024;
    int level_ = 5;
};

/// See `Gzip`.
/// @par Example
/// @snippet http_wrappers.cpp wrappers
[[nodiscard]] inline Gzip gzip() {
    return {};
}

}  // namespace edo::http::filter
