// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

namespace edo::detail {

class AwaitScope;

/// A value that a task, or a blocking function, has from the task that spawned it. Which value that
/// is, whoever made it knows.
class Inherited {
public:
    Inherited() = default;
    Inherited(const Inherited&) = delete;
    Inherited& operator=(const Inherited&) = delete;
    virtual ~Inherited() = default;

    [[nodiscard]] virtual AwaitScope& scope() noexcept = 0;

    std::unique_ptr<Inherited> next;  // further out
};

}  // namespace edo::detail
