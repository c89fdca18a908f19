// SPDX-License-Identifier: MIT
// `testing::cancel_everywhere` for Boost.Test: failed checks say where the run was cancelled, and
// what leaks is a failed check.
#pragma once

#include <edo/runtime/testing/cancel_everywhere.hpp>

#include <boost/test/unit_test.hpp>

#include <concepts>
#include <memory>
#include <optional>
#include <utility>

namespace edo::test {

class CancelScenario : public testing::CancelScenario {
public:
    void begin(testing::CancelPoint point) override;

private:
    std::optional<boost::test_tools::tt_detail::context_frame> context_;
};

using Driven = testing::CancelReport;

/// Checks that nothing has leaked.
[[nodiscard]] Task<Driven> check_clean(Task<Driven> running);

/// ```cpp
/// class Receiving : public edo::test::CancelScenario { ... };
/// runtime.block_on(edo::test::drive<Receiving>());
/// ```
template <std::derived_from<CancelScenario> Scenario>
[[nodiscard]] Task<Driven> drive() {
    return check_clean(testing::cancel_everywhere<Scenario>());
}

/// The same for a function that makes the subject's task and needs nothing else:
///
/// ```cpp
/// runtime.block_on(edo::test::drive([]() -> edo::Task<void> { co_await edo::sleep(1ms); }));
/// ```
template <class MakeSubject>
    requires std::invocable<MakeSubject&>
[[nodiscard]] Task<Driven> drive(MakeSubject make_subject) {
    class Simple final : public CancelScenario {
    public:
        explicit Simple(MakeSubject& make) : make_(make) {}
        Task<void> subject() override { return make_(); }

    private:
        MakeSubject& make_;
    };
    return check_clean(testing::cancel_everywhere(
        [make = std::move(make_subject)]() mutable { return std::make_unique<Simple>(make); }));
}

}  // namespace edo::test
