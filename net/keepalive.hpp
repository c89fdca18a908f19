// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <optional>

namespace edo::net {

/// When and how often the system asks an idle peer whether it is still there. What is not set keeps
/// the system's default (Linux: two hours, then every 75 s, nine times).
///
/// ```cpp
/// stream.set_keepalive(edo::net::Keepalive().idle(30s).interval(5s).count(3));
/// ```
class Keepalive {
public:
    Keepalive() noexcept = default;

    /// How long the connection must be idle before the first probe; whole seconds, at least one.
    Keepalive& idle(std::chrono::seconds time) noexcept {
        idle_ = time;
        return *this;
    }
    /// The time between probes; whole seconds, at least one.
    Keepalive& interval(std::chrono::seconds time) noexcept {
        interval_ = time;
        return *this;
    }
    /// How many probes may stay unanswered before the connection fails.
    Keepalive& count(int probes) noexcept {
        count_ = probes;
        return *this;
    }

    [[nodiscard]] std::optional<std::chrono::seconds> idle() const noexcept { return idle_; }
    [[nodiscard]] std::optional<std::chrono::seconds> interval() const noexcept {
        return interval_;
    }
    [[nodiscard]] std::optional<int> count() const noexcept { return count_; }

private:
    std::optional<std::chrono::seconds> idle_;
    std::optional<std::chrono::seconds> interval_;
    std::optional<int> count_;
};

}  // namespace edo::net
