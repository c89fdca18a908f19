// SPDX-License-Identifier: MIT
#include "edo/runtime/testing/script.hpp"

#include "edo/runtime/errors.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string_view>
#include <utility>

namespace edo::detail {

namespace {

/// Bytes as they would stand in a source file; of many only the first.
std::string quoted(std::string_view bytes) {
    constexpr std::size_t kShown = 64;
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text = "\"";
    for (const char c : bytes.substr(0, kShown)) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '\n') {
            text += "\\n";
        } else if (c == '\r') {
            text += "\\r";
        } else if (c == '"' || c == '\\') {
            text += {'\\', c};
        } else if (byte < 0x20 || byte >= 0x7f) {
            text += {'\\', 'x', kDigits[byte / 16], kDigits[byte % 16]};
        } else {
            text += c;
        }
    }
    text += '"';
    if (bytes.size() > kShown) {
        text += "... (" + std::to_string(bytes.size()) + " bytes)";
    }
    return text;
}

std::string_view text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

std::string ScriptStep::message() const {
    using std::chrono::milliseconds;
    switch (kind) {
        case Kind::Read:
            return "a read of " + quoted(bytes);
        case Kind::Write:
            return "a write of " + quoted(bytes);
        case Kind::Wait:
            return "a wait of " +
                   std::to_string(std::chrono::duration_cast<milliseconds>(time).count()) + " ms";
        case Kind::ReadError:
            return "a read that fails with '" + error.message() + "'";
        case Kind::WriteError:
            return "a write that fails with '" + error.message() + "'";
        case Kind::Eof:
            break;
    }
    return "a read of the end of the stream";
}

void ScriptPlan::add(ScriptStep step) {
    using Kind = ScriptStep::Kind;
    const bool has_bytes = step.kind == Kind::Read || step.kind == Kind::Write;
    if (has_bytes && step.bytes.empty()) {
        throw UsageError(
            "edo: a step of a script needs at least one byte; for the end of the "
            "stream call eof()");
    }
    const bool ended = std::any_of(steps.begin(), steps.end(), [](const ScriptStep& earlier) {
        return earlier.kind == Kind::Eof;
    });
    if (ended && step.is_for_read()) {
        throw UsageError("edo: nothing can be read after the eof() of a script");
    }
    steps.push_back(std::move(step));
}

ScriptOperation::Outcome Script::attempt(ScriptOperation& operation) {
    std::size_t before = 0;
    std::size_t after = 0;
    Outcome outcome = Outcome::Done;
    {
        const std::lock_guard guard(mutex_);
        before = at_;
        outcome = attempt_locked(operation);
        after = at_;
    }
    if (before != after) {
        changed_.notify_waiters();
    }
    return outcome;
}

ScriptOperation::Outcome Script::attempt_locked(ScriptOperation& operation) {
    if (operation.is_read ? operation.into.empty() : operation.from.empty()) {
        return Outcome::Done;
    }
    if (operation.is_read && eof_) {
        return Outcome::Done;
    }
    if (!operation.is_read && shut_down_) {
        operation.failure =
            "edo: " + quoted(text_of(operation.from)) + " was written after shutdown()";
        return Outcome::Failed;
    }
    while (!has_ended() && plan_.steps[at_].kind == ScriptStep::Kind::Wait) {
        if (!until_) {
            until_ = saturating_add(now(), plan_.steps[at_].time);
        }
        if (now() < *until_) {
            operation.until = *until_;
            return Outcome::Later;
        }
        next_step();
    }
    if (has_ended() && operation.is_read) {
        return Outcome::Done;
    }
    if (!operation.is_read && !has_later_write()) {
        operation.failure = "edo: " + quoted(text_of(operation.from)) +
                            " was written, but the script expects no more writes" + place();
        return Outcome::Failed;
    }
    return take(plan_.steps[at_], operation);
}

ScriptOperation::Outcome Script::take(const ScriptStep& step, ScriptOperation& operation) {
    if (operation.is_read ? !step.is_for_read() : !step.is_for_write()) {
        return Outcome::Blocked;
    }
    switch (step.kind) {
        case ScriptStep::Kind::Read: {
            const std::size_t count = std::min(operation.into.size(), step.bytes.size() - offset_);
            std::memcpy(operation.into.data(), step.bytes.data() + offset_, count);
            operation.result = count;
            take_bytes(step, count);
            return Outcome::Done;
        }
        case ScriptStep::Kind::Write:
            return take_write(step, operation);
        case ScriptStep::Kind::Eof:
            eof_ = true;
            break;
        case ScriptStep::Kind::ReadError:
        case ScriptStep::Kind::WriteError:
            operation.result = failure(step.error);
            break;
        case ScriptStep::Kind::Wait:  // is over by now
            break;
    }
    next_step();
    return Outcome::Done;
}

ScriptOperation::Outcome Script::take_write(const ScriptStep& step, ScriptOperation& operation) {
    const std::string_view expected = std::string_view(step.bytes).substr(offset_);
    const std::string_view written = text_of(operation.from);
    const std::size_t count = std::min(expected.size(), written.size());
    const auto differing =
        std::mismatch(expected.begin(), expected.begin() + std::ptrdiff_t(count), written.begin());
    const auto same = std::size_t(differing.first - expected.begin());
    if (same != count) {
        operation.failure = "edo: " + quoted(written) + " was written, but the script expects " +
                            quoted(expected) + "; byte " + std::to_string(same) +
                            ", counted from 0, differs" + place();
        return Outcome::Failed;
    }
    operation.result = count;
    take_bytes(step, count);
    return Outcome::Done;
}

void Script::take_bytes(const ScriptStep& step, std::size_t count) {
    offset_ += count;
    if (offset_ == step.bytes.size()) {
        next_step();
    }
}

void Script::next_step() noexcept {
    ++at_;
    offset_ = 0;
    until_.reset();
}

bool Script::has_later_write() const noexcept {
    return std::any_of(plan_.steps.begin() + std::ptrdiff_t(at_), plan_.steps.end(),
                       [](const ScriptStep& step) { return step.is_for_write(); });
}

/// Where the script stands, as the end of a sentence.
std::string Script::place() const {
    if (has_ended()) {
        return " (at the end of the script)";
    }
    std::string text = " (at step " + std::to_string(at_ + 1) + " of " +
                       std::to_string(plan_.steps.size()) + ", " + plan_.steps[at_].message();
    if (offset_ != 0) {
        text += ", of which " + std::to_string(offset_) + " bytes are done";
    }
    return text + ")";
}

void Script::shut_down() {
    const std::lock_guard guard(mutex_);
    shut_down_ = true;
}

void Script::abandon() noexcept {
    const std::lock_guard guard(mutex_);
    silent_ = true;
}

bool Script::is_shut_down() const {
    const std::lock_guard guard(mutex_);
    return shut_down_;
}

bool Script::is_finished_locked() const noexcept {
    return std::all_of(plan_.steps.begin() + std::ptrdiff_t(at_), plan_.steps.end(),
                       [](const ScriptStep& step) { return step.kind == ScriptStep::Kind::Wait; });
}

bool Script::is_finished() const {
    const std::lock_guard guard(mutex_);
    return is_finished_locked();
}

std::string Script::unfinished() const {
    const std::lock_guard guard(mutex_);
    return "edo: a scripted stream has ended before its script" + place();
}

std::string Script::blocked(const ScriptOperation& operation) const {
    const std::lock_guard guard(mutex_);
    std::string text = "edo: a read";
    if (!operation.is_read) {
        text = "edo: a write of " + quoted(text_of(operation.from));
    }
    return text + " waits, and nobody does what the script has next" + place();
}

void Script::report(const std::string& failure) {
    abandon();
    if (plan_.on_failure) {
        plan_.on_failure(failure);
    }
}

void Script::end() noexcept {
    {
        const std::lock_guard guard(mutex_);
        // With an exception under way it is no news that something was not finished.
        if (silent_ || is_finished_locked() || std::uncaught_exceptions() > 0) {
            return;
        }
    }
    const std::string failure = unfinished();
    report(failure);
    if (!plan_.on_failure) {
        static_cast<void>(std::fprintf(stderr, "%s\n", failure.c_str()));
        std::abort();
    }
}

}  // namespace edo::detail
