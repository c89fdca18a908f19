// SPDX-License-Identifier: MIT
// The global `operator new` of this executable, which can be told to fail.
#pragma once

namespace edo::test {

/// The number of blocks that are allocated now, by all threads.
[[nodiscard]] long live_blocks() noexcept;

/// For as long as it lives, lets the n-th allocation of this thread fail, counted from 1; the ones
/// after it succeed.
class [[nodiscard]] FailingAllocation {
public:
    explicit FailingAllocation(int n) noexcept;
    ~FailingAllocation();
    FailingAllocation(const FailingAllocation&) = delete;
    FailingAllocation& operator=(const FailingAllocation&) = delete;

    /// Whether it has failed by now.
    [[nodiscard]] bool happened() const noexcept;
};

}  // namespace edo::test
