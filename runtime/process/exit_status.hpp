// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

namespace edo::process {

/// How a process has ended: by itself with a code, or by a signal.
class ExitStatus {
public:
    /// Whether it ended by itself with code 0.
    [[nodiscard]] bool success() const noexcept { return signal_ == 0 && code_ == 0; }
    /// Its exit code, unless a signal has ended it.
    [[nodiscard]] std::optional<int> code() const noexcept {
        return signal_ == 0 ? std::optional<int>(code_) : std::nullopt;
    }
    /// The number of the signal that has ended it, if one has.
    [[nodiscard]] std::optional<int> signal() const noexcept {
        return signal_ != 0 ? std::optional<int>(signal_) : std::nullopt;
    }
    /// Whether it has left a core dump.
    [[nodiscard]] bool core_dumped() const noexcept { return core_dumped_; }
    /// For example "exit code 1", or "signal 9 (Killed)".
    [[nodiscard]] std::string to_string() const;

    friend bool operator==(const ExitStatus&, const ExitStatus&) = default;

    /// For the runtime.
    [[nodiscard]] static ExitStatus exited(int code) noexcept { return {code, 0, false}; }
    [[nodiscard]] static ExitStatus killed(int signal, bool core_dumped) noexcept {
        return {0, signal, core_dumped};
    }

private:
    ExitStatus(int code, int signal, bool core_dumped) noexcept
        : code_(code), signal_(signal), core_dumped_(core_dumped) {}

    int code_;
    int signal_;  // 0 if none
    bool core_dumped_;
};

}  // namespace edo::process
