// SPDX-License-Identifier: MIT
// What the functions of channels return: something that does nothing before it is awaited.
#pragma once

#include <tuple>
#include <utility>

namespace edo::detail {

/// Keeps the arguments of an operation and makes its awaiter in the frame that awaits it. Other
/// than the awaiter it may be moved, for example into a branch of `select`. May be awaited again.
template <class Awaiter, class... Args>
class [[nodiscard("the operation does nothing until it is awaited")]] Operation {
public:
    explicit Operation(Args... args) noexcept : args_(args...) {}

    Awaiter operator co_await() const {
        return std::apply([](const Args&... args) { return Awaiter(args...); }, args_);
    }

private:
    std::tuple<Args...> args_;
};

}  // namespace edo::detail
