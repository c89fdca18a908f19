// SPDX-License-Identifier: MIT
// The steps of a scripted stream, and how far it has come.
#pragma once

#include "edo/runtime/result.hpp"
#include "edo/runtime/sync/notify.hpp"
#include "edo/runtime/time/instant.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <vector>

namespace edo::detail {

/// One step of a script.
struct ScriptStep {
    enum class Kind : std::uint8_t { Read, Write, Wait, ReadError, WriteError, Eof };

    explicit ScriptStep(Kind step_kind) : kind(step_kind) {}

    /// Whether a read takes it (else a write does, or, for `Wait`, either).
    [[nodiscard]] bool is_for_read() const noexcept {
        return kind == Kind::Read || kind == Kind::ReadError || kind == Kind::Eof;
    }
    [[nodiscard]] bool is_for_write() const noexcept {
        return kind == Kind::Write || kind == Kind::WriteError;
    }
    /// For messages.
    [[nodiscard]] std::string message() const;

    Kind kind;
    std::string bytes;      // of Read and Write
    Duration time{};        // of Wait
    std::error_code error;  // of ReadError and WriteError
};

/// What the builder writes.
class ScriptPlan {
public:
    using Report = std::function<void(const std::string&)>;

    ScriptPlan() = default;
    /// @throws UsageError for a step that no operation could take.
    void add(ScriptStep step);

    std::vector<ScriptStep> steps;
    bool suspending = false;
    Report on_failure;
};

/// What an operation wants, and what has come of it.
class ScriptOperation {
public:
    enum class Outcome : std::uint8_t {
        Done,     ///< see `result`
        Later,    ///< not before `until`
        Blocked,  ///< not before the other direction has taken its step
        Failed,   ///< see `failure`
    };

    explicit ScriptOperation(std::span<std::byte> to) noexcept : is_read(true), into(to) {}
    explicit ScriptOperation(std::span<const std::byte> bytes) noexcept
        : is_read(false), from(bytes) {}

    const bool is_read;
    const std::span<std::byte> into;
    const std::span<const std::byte> from;

    Result<std::size_t> result{0};
    Instant until;
    std::string failure;
};

/// A script in progress. Its functions may be called by a reading and a writing thread at once.
class Script {
public:
    explicit Script(const ScriptPlan& plan) : plan_(plan) {}

    /// Tries the operation. Where it is blocked, a `notified()` from before the call tells when to
    /// try again.
    [[nodiscard]] ScriptOperation::Outcome attempt(ScriptOperation& operation);
    [[nodiscard]] sync::Notified notified() noexcept { return changed_.notified(); }

    void shut_down();
    void abandon() noexcept;
    [[nodiscard]] bool is_shut_down() const;
    [[nodiscard]] bool is_finished() const;
    /// What is left, as a sentence.
    [[nodiscard]] std::string unfinished() const;
    /// Why a blocked operation has failed.
    [[nodiscard]] std::string blocked(const ScriptOperation& operation) const;

    /// Tells the callback, and that there is nothing more to report.
    void report(const std::string& failure);
    /// Called at the end of the stream's life.
    void end() noexcept;

    [[nodiscard]] bool suspending() const noexcept { return plan_.suspending; }

private:
    using Outcome = ScriptOperation::Outcome;

    // All with `mutex_` held.
    [[nodiscard]] bool has_ended() const noexcept { return at_ == plan_.steps.size(); }
    [[nodiscard]] bool is_finished_locked() const noexcept;
    [[nodiscard]] bool has_later_write() const noexcept;
    [[nodiscard]] std::string place() const;
    [[nodiscard]] Outcome attempt_locked(ScriptOperation& operation);
    [[nodiscard]] Outcome take(const ScriptStep& step, ScriptOperation& operation);
    [[nodiscard]] Outcome take_write(const ScriptStep& step, ScriptOperation& operation);
    void take_bytes(const ScriptStep& step, std::size_t count);
    void next_step() noexcept;

    const ScriptPlan plan_;
    mutable std::mutex mutex_;
    sync::Notify changed_;  // the script has gone on to another step

    // Guarded by `mutex_`.
    std::size_t at_ = 0;            // the next step
    std::size_t offset_ = 0;        // how much of its bytes was taken
    std::optional<Instant> until_;  // the end of a wait that was met
    bool eof_ = false;
    bool shut_down_ = false;
    bool silent_ = false;  // has failed already, or was abandoned
};

}  // namespace edo::detail
