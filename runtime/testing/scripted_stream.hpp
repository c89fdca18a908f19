// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/result.hpp"
#include "edo/runtime/task/task.hpp"
#include "edo/runtime/time/instant.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace edo::detail {
class Script;
class ScriptPlan;
}  // namespace edo::detail

namespace edo::testing {

/// What a `ScriptedStream` throws where the code that uses it does not keep to the script. The text
/// says which step it was, what the script has there, and what came.
class ScriptError : public std::logic_error {
public:
    using std::logic_error::logic_error;
};

/// A stream whose peer is a script: what it sends, what it expects, and when. For tests of code
/// that takes any reader or writer. Made by `ScriptedStream::Builder`.
///
/// The steps are taken in their order. A read that comes while the script waits for a write waits,
/// too, and the other way round: so two tasks may use the two directions. A step is taken in
/// pieces where the buffer of a read, or what is written, is shorter; no operation goes beyond one
/// step, so a script with many short steps tests code that reads or writes in pieces.
///
/// After the last step reads yield 0, the end of the stream, and every write is a failure.
///
/// What fails:
/// - Something is written that differs from the script, or that the script does not have: the
///   `co_await` throws `ScriptError`.
/// - An operation waits for a step that only another operation can take, and none comes: the
///   `co_await` throws `ScriptError`. On a paused clock that is seen at once, otherwise after 10 s
///   (not at all outside a runtime).
/// - The stream is destroyed and steps are left. A destructor cannot throw: the text is written to
///   standard error and the process is aborted, unless `Builder::on_failure` says something else.
///   To have an exception, call `verify` at the end of the test.
///
/// Nothing is reported at the destruction of a stream that has failed before or was moved from, or
/// while an exception is under way.
///
/// @par Cancel safety
/// Its operations are cancel safe: what is cancelled has taken nothing from the script.
///
/// @par Thread safety
/// One task may read while another one writes.
///
/// @par Misuse
/// Using a stream that was moved from throws `UsageError`. It must not be moved or destroyed while
/// an operation waits.
///
/// @par Example
/// @snippet testing.cpp scripted_stream
class ScriptedStream {
public:
    class Builder;

    ScriptedStream(ScriptedStream&& other) noexcept;
    /// The script that was here before ends, as in the destructor.
    ScriptedStream& operator=(ScriptedStream&& other) noexcept;
    ~ScriptedStream();

    /// Reads what the script sends next, as much of one step as fits.
    ///
    /// @param buffer Must outlive the operation.
    /// @return The number of bytes; 0 at the end of the stream.
    /// @par Errors
    /// Those of `read_error`.
    [[nodiscard]] Task<Result<std::size_t>> read(std::span<std::byte> buffer);

    /// Compares with what the script expects next, as much as is in one step.
    ///
    /// @param bytes Must outlive the operation.
    /// @return The number of bytes accepted.
    /// @par Errors
    /// Those of `write_error`.
    [[nodiscard]] Task<Result<std::size_t>> write(std::span<const std::byte> bytes);
    /// The same with text.
    [[nodiscard]] Task<Result<std::size_t>> write(std::string_view text);

    /// Does nothing: what was written was compared already.
    [[nodiscard]] Task<Result<void>> flush();
    /// Ends the stream towards the script: what is written afterwards is a failure.
    [[nodiscard]] Task<Result<void>> shutdown();
    [[nodiscard]] bool is_shut_down() const;

    /// Whether all steps were taken, but for a `wait` at the end.
    [[nodiscard]] bool is_finished() const;
    /// @throws ScriptError if steps are left, and says which one is next.
    void verify() const;
    /// Gives up what is left of the script: its destruction reports nothing. For streams that the
    /// test cancels on purpose.
    void abandon() noexcept;

private:
    explicit ScriptedStream(std::unique_ptr<detail::Script> script) noexcept;
    [[nodiscard]] detail::Script& script() const;

    std::unique_ptr<detail::Script> script_;  // null when moved from
};

/// Writes the script of a `ScriptedStream`, step by step.
///
/// @par Misuse
/// Nothing can be read after `eof`, and an empty step is no step: both throw `UsageError`.
class ScriptedStream::Builder {
public:
    Builder();
    Builder(const Builder& other);
    Builder& operator=(const Builder&) = delete;
    ~Builder();

    /// The peer sends these bytes. All are copied here and below.
    Builder& read(std::string_view text);
    Builder& read(std::span<const std::byte> bytes);
    /// The peer expects exactly these bytes.
    Builder& write(std::string_view text);
    Builder& write(std::span<const std::byte> bytes);
    /// The peer is silent: the operation that meets this step waits that long before the next one.
    /// Counted from when an operation first meets it, on edo's clock, which a paused clock makes
    /// exact and immediate.
    Builder& wait(Duration time);
    /// The next read fails, once.
    Builder& read_error(std::error_code error);
    Builder& read_error(std::errc error) { return read_error(std::make_error_code(error)); }
    /// The next write fails, once.
    Builder& write_error(std::error_code error);
    Builder& write_error(std::errc error) { return write_error(std::make_error_code(error)); }
    /// The peer ends its stream: a read must see that, and all later ones yield 0, too. The peer
    /// may go on to expect writes.
    Builder& eof();

    /// Lets every operation suspend once before it does anything, as if the bytes were never there
    /// yet. With `cancel_everywhere` each operation is then cancelled.
    Builder& suspending(bool each_operation = true);

    /// Called with the text of every failure, for example to tell the test framework: before a
    /// `ScriptError` is thrown, and in place of the abort when a stream is destroyed unfinished. It
    /// must not throw.
    Builder& on_failure(std::function<void(const std::string&)> report);

    /// Makes a stream. The builder may be used again, for example for each run of a test.
    [[nodiscard]] ScriptedStream build() const;

private:
    std::unique_ptr<detail::ScriptPlan> plan_;
};

}  // namespace edo::testing
