// SPDX-License-Identifier: MIT
#pragma once

namespace edo::detail {

/// What a function returns that is to be awaited: `co_await` makes the awaiter in its place. An
/// awaiter that a function returned would be moved there by g++ 12, and none of edo's can be.
template <class Awaiter, class Source>
class [[nodiscard("this does nothing until it is awaited")]] WaitOn {
public:
    explicit WaitOn(Source& source) noexcept : source_(&source) {}
    Awaiter operator co_await() const noexcept { return Awaiter(*source_); }

private:
    Source* source_;
};

}  // namespace edo::detail
