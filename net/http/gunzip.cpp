// SPDX-License-Identifier: MIT
#include "edo/net/http/gunzip.hpp"

#include "edo/net/http/error.hpp"
#include "edo/runtime/coop.hpp"
#include "edo/runtime/propagate.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <zlib.h>

namespace edo::http::detail {

namespace {

constexpr std::size_t kPiece = 64 * 1024;  // what is made in one go
constexpr int kGzip = 15 + 16;             // the largest window, and the header of gzip

/// The state of zlib.
class Inflater {
public:
    Inflater() {
        if (::inflateInit2(&stream_, kGzip) != Z_OK) {
            throw std::bad_alloc();
        }
    }
    ~Inflater() { ::inflateEnd(&stream_); }
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;

    void give(std::string compressed) {
        input_ = std::move(compressed);
        stream_.next_in = reinterpret_cast<Bytef*>(input_.data());
        stream_.avail_in = static_cast<uInt>(input_.size());
    }
    /// Whether all that was given is used up, and nothing more can come out of it.
    [[nodiscard]] bool wants_input() const noexcept { return stream_.avail_in == 0 && !has_more_; }
    /// Whether what has been given ends where a member of the file ends.
    [[nodiscard]] bool is_at_end() const noexcept { return is_at_end_; }

    Result<std::string> take() {
        if (is_at_end_) {  // another member follows
            ::inflateReset(&stream_);
            is_at_end_ = false;
        }
        const std::size_t guess = std::size_t{stream_.avail_in} * 4 + 1024;
        std::string output(std::min(guess, kPiece), '\0');
        stream_.next_out = reinterpret_cast<Bytef*>(output.data());
        stream_.avail_out = static_cast<uInt>(output.size());
        const int result = ::inflate(&stream_, Z_NO_FLUSH);
        if (result == Z_MEM_ERROR) {
            throw std::bad_alloc();
        }
        if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
            return failure(make_error_code(Errc::BadContentEncoding));
        }
        is_at_end_ = result == Z_STREAM_END;
        has_more_ = !is_at_end_ && stream_.avail_out == 0;
        output.resize(output.size() - stream_.avail_out);
        return output;
    }

private:
    z_stream stream_{};
    std::string input_;
    bool is_at_end_ = false;
    bool has_more_ = false;  // the output was full
};

class Gunzip final : public BodySource {
public:
    Gunzip(Body compressed, std::uint64_t limit)
        : compressed_(std::move(compressed)), left_(limit) {}

    Task<Result<std::optional<std::string>>> next() override {
        for (;;) {
            co_await consume_budget();
            if (inflater_.wants_input()) {
                auto piece = co_await propagate(co_await compressed_.next());
                if (!piece) {
                    if (was_fed_ && !inflater_.is_at_end()) {
                        co_return failure(make_error_code(Errc::Truncated));
                    }
                    co_return std::optional<std::string>();
                }
                was_fed_ = true;
                inflater_.give(std::move(*piece));
            }
            std::string output = co_await propagate(inflater_.take());
            if (output.size() > left_) {
                co_return failure(make_error_code(Errc::BodyTooLarge));
            }
            left_ -= output.size();
            if (!output.empty()) {
                co_return std::optional<std::string>(std::move(output));
            }
        }
    }
    [[nodiscard]] const Headers* trailers() const override { return compressed_.trailers(); }

private:
    Body compressed_;
    Inflater inflater_;
    std::uint64_t left_;  // of the limit
    bool was_fed_ = false;
};

}  // namespace

Body gunzip(Body compressed, std::uint64_t limit) {
    return Body(std::make_unique<Gunzip>(std::move(compressed), limit));
}

}  // namespace edo::http::detail
