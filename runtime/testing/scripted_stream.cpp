// SPDX-License-Identifier: MIT
#include "edo/runtime/testing/scripted_stream.hpp"

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/errors.hpp"
#include "edo/runtime/scheduler/scheduler.hpp"
#include "edo/runtime/sleep.hpp"
#include "edo/runtime/task/ready.hpp"
#include "edo/runtime/testing/script.hpp"
#include "edo/runtime/timeout.hpp"

#include <chrono>
#include <utility>

namespace edo::testing {

namespace {

using detail::Script;
using detail::ScriptOperation;
using detail::ScriptPlan;
using detail::ScriptStep;

[[noreturn]] void fail(Script& script, const std::string& text) {
    script.report(text);
    throw ScriptError(text);
}

/// How long a blocked operation waits for the other direction; nothing outside a runtime, where
/// there are no timers. A paused clock only gets that far when nothing else is left to do: any time
/// that is longer than what tests sleep is right.
std::optional<Duration> patience() {
    detail::Scheduler* const scheduler = detail::context().scheduler;
    if (scheduler == nullptr) {
        return std::nullopt;
    }
    return scheduler->clock().is_paused() ? std::chrono::hours(24 * 365) : std::chrono::seconds(10);
}

/// Waits until the script has gone on; false if it does not.
Task<bool> wait_for_other_direction(sync::Notified changed) {
    const std::optional<Duration> limit = patience();
    if (!limit) {
        co_await changed;
        co_return true;
    }
    const Result<void> in_time = co_await timeout(*limit, changed);
    co_return in_time.has_value();
}

Task<Result<std::size_t>> perform(Script& script, ScriptOperation operation) {
    if (script.suspending()) {
        co_await yield_now();
    } else {
        co_await detail::Charge();
    }
    for (;;) {
        sync::Notified changed = script.notified();  // before the script is looked at
        switch (script.attempt(operation)) {
            case ScriptOperation::Outcome::Done:
                co_return operation.result;
            case ScriptOperation::Outcome::Failed:
                fail(script, operation.failure);
            case ScriptOperation::Outcome::Later:
                co_await sleep_until(operation.until);
                break;
            case ScriptOperation::Outcome::Blocked: {
                const bool goes_on = co_await wait_for_other_direction(std::move(changed));
                if (!goes_on) {
                    fail(script, script.blocked(operation));
                }
                break;
            }
        }
    }
}

ScriptStep step_with_bytes(ScriptStep::Kind kind, std::span<const std::byte> bytes) {
    ScriptStep step(kind);
    step.bytes.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return step;
}

ScriptStep step_with_error(ScriptStep::Kind kind, std::error_code error) {
    ScriptStep step(kind);
    step.error = error;
    return step;
}

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

}  // namespace

ScriptedStream::ScriptedStream(std::unique_ptr<Script> script) noexcept
    : script_(std::move(script)) {}
ScriptedStream::ScriptedStream(ScriptedStream&& other) noexcept = default;

ScriptedStream& ScriptedStream::operator=(ScriptedStream&& other) noexcept {
    ScriptedStream old(std::move(*this));
    script_ = std::move(other.script_);
    return *this;
}

ScriptedStream::~ScriptedStream() {
    if (script_ != nullptr) {
        script_->end();
    }
}

Script& ScriptedStream::script() const {
    if (script_ == nullptr) {
        throw UsageError("edo: this ScriptedStream was moved from");
    }
    return *script_;
}

Task<Result<std::size_t>> ScriptedStream::read(std::span<std::byte> buffer) {
    return perform(script(), ScriptOperation(buffer));
}

Task<Result<std::size_t>> ScriptedStream::write(std::span<const std::byte> bytes) {
    return perform(script(), ScriptOperation(bytes));
}

Task<Result<std::size_t>> ScriptedStream::write(std::string_view text) {
    return write(bytes_of(text));
}

Task<Result<void>> ScriptedStream::flush() {
    static_cast<void>(script());
    co_await detail::Charge();
    co_return Result<void>();
}

Task<Result<void>> ScriptedStream::shutdown() {
    Script& ended = script();
    co_await detail::Charge();
    ended.shut_down();
    co_return Result<void>();
}

bool ScriptedStream::is_shut_down() const {
    return script().is_shut_down();
}

bool ScriptedStream::is_finished() const {
    return script().is_finished();
}

void ScriptedStream::verify() const {
    if (!is_finished()) {
        fail(script(), script().unfinished());
    }
}

void ScriptedStream::abandon() noexcept {
    if (script_ != nullptr) {
        script_->abandon();
    }
}

// ---- The builder
// ---------------------------------------------------------------------------------

ScriptedStream::Builder::Builder() : plan_(std::make_unique<ScriptPlan>()) {}
ScriptedStream::Builder::Builder(const Builder& other)
    : plan_(std::make_unique<ScriptPlan>(*other.plan_)) {}
ScriptedStream::Builder::~Builder() = default;

ScriptedStream::Builder& ScriptedStream::Builder::read(std::string_view text) {
    return read(bytes_of(text));
}

ScriptedStream::Builder& ScriptedStream::Builder::read(std::span<const std::byte> bytes) {
    plan_->add(step_with_bytes(ScriptStep::Kind::Read, bytes));
    return *this;
}

ScriptedStream::Builder& ScriptedStream::Builder::write(std::string_view text) {
    return write(bytes_of(text));
}

ScriptedStream::Builder& ScriptedStream::Builder::write(std::span<const std::byte> bytes) {
    plan_->add(step_with_bytes(ScriptStep::Kind::Write, bytes));
    return *this;
}

ScriptedStream::Builder& ScriptedStream::Builder::wait(Duration time) {
    ScriptStep step(ScriptStep::Kind::Wait);
    step.time = time;
    plan_->add(std::move(step));
    return *this;
}

ScriptedStream::Builder& ScriptedStream::Builder::read_error(std::error_code error) {
    plan_->add(step_with_error(ScriptStep::Kind::ReadError, error));
    return *this;
}

ScriptedStream::Builder& ScriptedStream::Builder::write_error(std::error_code error) {
    plan_->add(step_with_error(ScriptStep::Kind::WriteError, error));
    return *this;
}

ScriptedStream::Builder& ScriptedStream::Builder::eof() {
    plan_->add(ScriptStep(ScriptStep::Kind::Eof));
    return *this;
}

ScriptedStream::Builder& ScriptedStream::Builder::suspending(bool each_operation) {
    plan_->suspending = each_operation;
    return *this;
}

ScriptedStream::Builder& ScriptedStream::Builder::on_failure(
    std::function<void(const std::string&)> report) {
    plan_->on_failure = std::move(report);
    return *this;
}

ScriptedStream ScriptedStream::Builder::build() const {
    return ScriptedStream(std::make_unique<Script>(*plan_));
}

}  // namespace edo::testing
