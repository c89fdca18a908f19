// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/filter/rejection.hpp"
#include "edo/net/http/request.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/task/task.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace edo::http::filter {

/// What filters see of one request: the request, how much of its path is used up, its body.
///
/// It lives in the task that serves the request, as long as the filters and handlers run: views
/// into it are valid until the answer is made, unless `request()` has taken the request away.
///
/// @par Thread safety
/// None; it belongs to one task.
class Input {
public:
    /// A part of the path that a router has named: `id` in "/users/{id}".
    struct Parameter {
        std::string_view name;
        std::string_view value;  // as sent, percent-encoded
    };
    static constexpr std::size_t kMaxParameters = 16;
    /// How long a body may be that is read as a whole, if no filter says otherwise: 2 MiB.
    static constexpr std::uint64_t kDefaultBodyLimit = 2 * 1024 * 1024;

    /// @param request Must outlive the object.
    explicit Input(Request& request) noexcept;
    Input(const Input&) = delete;
    Input& operator=(const Input&) = delete;
    ~Input() = default;

    [[nodiscard]] const Request& request() const noexcept { return *request_; }
    [[nodiscard]] const Headers& headers() const noexcept { return request_->headers; }

    /// What is left of the path, percent-encoded, without the slash in front.
    [[nodiscard]] std::string_view rest() const noexcept { return rest_; }
    /// The first segment of the rest; nothing if there is none.
    [[nodiscard]] std::optional<std::string_view> peek_segment() const noexcept;
    /// Takes the first segment, and the slash behind it, off the rest.
    void take_segment() noexcept;
    void take_rest() noexcept { rest_ = {}; }
    /// Leaves that many bytes of the rest.
    void keep_rest(std::size_t bytes) noexcept { rest_.remove_prefix(rest_.size() - bytes); }

    [[nodiscard]] std::size_t parameter_count() const noexcept { return parameter_count_; }
    /// The value of a named part of the path, as sent; nothing without one of that name.
    [[nodiscard]] std::optional<std::string_view> parameter(std::string_view name) const noexcept;
    /// By position, from 0.
    [[nodiscard]] Parameter parameter(std::size_t index) const noexcept {
        return parameters_[index];
    }
    void add_parameter(std::string_view name, std::string_view value) noexcept;

    /// Where `or` goes back to before it tries the next alternative.
    struct Mark {
        std::string_view rest;
        std::size_t parameter_count = 0;
        std::uint64_t body_limit = 0;
    };
    [[nodiscard]] Mark mark() const noexcept { return {rest_, parameter_count_, body_limit_}; }
    void reset(const Mark& mark) noexcept;

    void set_body_limit(std::uint64_t bytes) noexcept { body_limit_ = bytes; }
    [[nodiscard]] std::uint64_t body_limit() const noexcept { return body_limit_; }

    /// Whether the body is in memory, so that `body_text` may be called.
    [[nodiscard]] bool has_body_text() const noexcept;
    /// The body. Only if `has_body_text()`, or after `read_body` has succeeded.
    [[nodiscard]] std::string_view body_text() const noexcept;
    /// Reads the body into memory, once; several filters may look at it.
    /// @return Nothing; or the rejection: 413, or what fits the error.
    /// @par Cancel safety
    /// Not cancel safe: what was read is lost.
    [[nodiscard]] Task<Result<void, Rejection>> read_body();
    /// Whether the body is longer than the limit by what is known of it, or was taken.
    [[nodiscard]] std::optional<Rejection> check_body() const;
    /// From now on, also for other alternatives, the body is what comes out of the one that was
    /// sent when it is decompressed, at most so many bytes; `Errc::BodyTooLarge` beyond. Headers
    /// that describe what was sent are removed. Not after the body was taken.
    void gunzip_body(std::uint64_t limit);
    /// Gives the body away. Filters that want it later reject with 500.
    [[nodiscard]] Body take_body();
    /// Gives everything away; no other alternative is tried after that.
    [[nodiscard]] Request take_request();
    [[nodiscard]] bool body_taken() const noexcept { return body_taken_; }
    [[nodiscard]] bool request_taken() const noexcept { return request_taken_; }

private:
    Request* request_;
    std::string_view rest_;
    std::uint64_t body_limit_ = kDefaultBodyLimit;
    std::optional<std::string> collected_;
    bool body_taken_ = false;
    bool request_taken_ = false;
    std::size_t parameter_count_ = 0;
    std::array<Parameter, kMaxParameters> parameters_;
};

}  // namespace edo::http::filter
