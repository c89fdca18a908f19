// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/method.hpp"
#include "edo/net/http/response.hpp"
#include "edo/net/http/status.hpp"
#include "edo/runtime/result.hpp"

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

namespace edo::http::filter::detail {

/// One object a type, whose address stands for the type.
template <class T>
inline constexpr char kTypeTag = 0;

/// What is seldom there: the text, and what a custom rejection carries.
struct RejectionDetails {
    std::string message;
    std::vector<std::pair<std::string, std::string>> headers;
    std::shared_ptr<const void> cause;
    const char* cause_type = nullptr;
};

/// A set of methods, a bit each.
using MethodSet = std::uint16_t;
[[nodiscard]] constexpr MethodSet method_bit(Method method) noexcept {
    return MethodSet(1U << unsigned(method));
}
/// "GET, HEAD", as it stands in Allow.
[[nodiscard]] std::string allow_text(MethodSet methods);

}  // namespace edo::http::filter::detail

namespace edo::http::filter {

/// Why a filter does not take a request: a status, a sentence, and perhaps a value of one's own.
///
/// A rejection is not yet an answer. `or` tries the next alternative first; `recover` may turn it
/// into any answer; what is left at the end becomes an answer with its status and its sentence as
/// plain text. Of the rejections of several alternatives one is kept: "no such path" gives way to
/// all others, 405 to all but that (two of 405 add up their methods), then the higher status wins,
/// then the first. A 404 that `and_then` rejects with, for a path that is there, is like any other
/// status.
///
/// "Not found" and "method not allowed", which most alternatives yield, allocate nothing.
///
/// @par Thread safety
/// That of a value.
/// @par Example
/// @snippet http_filters.cpp rejection
class [[nodiscard]] Rejection {
public:
    /// 404.
    Rejection() noexcept = default;
    /// @param message Part of the answer: say what the client can do better, and nothing secret.
    explicit Rejection(Status status, std::string message = {});
    Rejection(Rejection&&) noexcept = default;
    Rejection& operator=(Rejection&&) noexcept = default;
    ~Rejection() = default;

    [[nodiscard]] static Rejection not_found() noexcept { return {}; }
    /// 405 with `Allow: method`.
    [[nodiscard]] static Rejection method_not_allowed(Method method) noexcept;
    [[nodiscard]] static Rejection method_not_allowed(detail::MethodSet methods) noexcept;
    /// 400.
    [[nodiscard]] static Rejection bad_request(std::string message);
    /// What fits an error of reading the body, or of anything else: that of `status_of`.
    [[nodiscard]] static Rejection from_error(const std::error_code& error);

    [[nodiscard]] Status status() const noexcept { return status_; }
    /// The sentence; that of the status if none was given.
    [[nodiscard]] std::string_view message() const noexcept;
    [[nodiscard]] bool is_not_found() const noexcept { return status_ == Status::NotFound; }

    /// The value that `reject` was given, if it was of type `T`, or null. Valid as long as the
    /// rejection.
    template <class T>
    [[nodiscard]] const T* find() const noexcept {
        return details_ != nullptr && details_->cause_type == &detail::kTypeTag<T>
                   ? static_cast<const T*>(details_->cause.get())
                   : nullptr;
    }

    /// Adds a header to the answer it may become.
    void add_header(std::string_view name, std::string_view value);
    /// The same. @return `*this`.
    Rejection&& with_header(std::string_view name, std::string_view value) &&;

    /// The answer: its status, `message()` as plain text, Allow where it belongs.
    [[nodiscard]] Response into_response() &&;

    /// Keeps the one of both that says more.
    void merge(Rejection other) noexcept;
    /// For the library: makes a 404 one of a handler, which does not give way to 405.
    void mark_as_answer() noexcept { is_answer_ = true; }

private:
    template <class T>
    friend Rejection reject(T cause);

    [[nodiscard]] unsigned rank() const noexcept;
    detail::RejectionDetails& details();

    std::unique_ptr<detail::RejectionDetails> details_;
    Status status_ = Status::NotFound;
    detail::MethodSet allow_ = 0;
    bool is_answer_ = false;
};

/// Rejects with a value of one's own, which `recover` finds again with `find<T>()`.
///
/// Its status is `cause.status()` if there is such a function, else 500; its sentence is
/// `cause.message()` if there is one.
///
/// @par Example
/// @snippet http_filters.cpp custom_rejection
template <class T>
[[nodiscard]] Rejection reject(T cause) {
    static_assert(!std::is_same_v<T, Rejection>, "this is a Rejection already: return it as it is");
    Status status = Status::InternalServerError;
    if constexpr (requires {
                      { cause.status() } -> std::convertible_to<Status>;
                  }) {
        status = cause.status();
    }
    Rejection rejection(status);
    if constexpr (requires {
                      { cause.message() } -> std::convertible_to<std::string>;
                  }) {
        rejection.details().message = cause.message();
    }
    rejection.details().cause_type = &detail::kTypeTag<T>;
    rejection.details().cause = std::make_shared<const T>(std::move(cause));
    return rejection;
}

}  // namespace edo::http::filter
