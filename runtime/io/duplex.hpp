// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/io/memory_pipe.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/task/ready.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace edo::io {

/// The reading end of a pipe in memory; made by `simplex`.
///
/// @par Thread safety
/// None; one read at a time. The other end may be used by another task at the same time.
///
/// @par Misuse
/// Reading from an end that was moved from throws `UsageError`. An end must not be moved or
/// destroyed while a read waits.
class SimplexReader {
public:
    explicit SimplexReader(std::shared_ptr<detail::MemoryPipe> pipe) noexcept
        : pipe_(std::move(pipe)) {}
    SimplexReader(SimplexReader&&) noexcept = default;
    SimplexReader& operator=(SimplexReader&& other) noexcept {
        SimplexReader old(std::exchange(pipe_, std::move(other.pipe_)));
        return *this;
    }
    /// What is still in the pipe is lost; the writer gets `std::errc::broken_pipe`.
    ~SimplexReader() {
        if (pipe_ != nullptr) {
            pipe_->close_reader();
        }
    }

    /// Reads what has been written, as much as there is and fits; waits if there is nothing.
    ///
    /// @param buffer Must outlive the operation.
    /// @return The number of bytes; 0 when the writer is gone, or was shut down, and all was read.
    /// @par Errors
    /// None.
    /// @par Cancel safety
    /// Cancel safe: what arrives later is there for the next read.
    /// @throws UsageError if another read waits already.
    [[nodiscard]] detail::PipeRead read(std::span<std::byte> buffer) {
        return {detail::pipe_of_end(pipe_.get()), buffer};
    }

private:
    std::shared_ptr<detail::MemoryPipe> pipe_;
};

/// The writing end of a pipe in memory; made by `simplex`.
///
/// @par Thread safety
/// None; one write at a time. The other end may be used by another task at the same time.
///
/// @par Misuse
/// Writing to an end that was moved from throws `UsageError`. An end must not be moved or destroyed
/// while a write waits.
class SimplexWriter {
public:
    explicit SimplexWriter(std::shared_ptr<detail::MemoryPipe> pipe) noexcept
        : pipe_(std::move(pipe)) {}
    SimplexWriter(SimplexWriter&&) noexcept = default;
    SimplexWriter& operator=(SimplexWriter&& other) noexcept {
        SimplexWriter old(std::exchange(pipe_, std::move(other.pipe_)));
        return *this;
    }
    /// The reader gets what is still in the pipe, then the end of the stream.
    ~SimplexWriter() {
        if (pipe_ != nullptr) {
            pipe_->close_writer();
        }
    }

    /// Writes as many bytes as there is room for; waits while there is none.
    ///
    /// @param bytes Must outlive the operation.
    /// @return How many were written.
    /// @par Errors
    /// `std::errc::broken_pipe`: the reader is gone, or this end was shut down.
    /// @par Cancel safety
    /// Cancel safe: a cancelled write has written nothing.
    /// @throws UsageError if another write waits already.
    [[nodiscard]] detail::PipeWrite write(std::span<const std::byte> bytes) {
        return {detail::pipe_of_end(pipe_.get()), bytes};
    }
    /// The same with text.
    [[nodiscard]] detail::PipeWrite write(std::string_view text) {
        return write(std::as_bytes(std::span(text.data(), text.size())));
    }

    /// Ends the stream: the reader gets what is still in the pipe, then the end. Does not wait.
    [[nodiscard]] detail::Ready<Result<void>> shutdown() {
        detail::pipe_of_end(pipe_.get()).close_writer();
        return detail::Ready<Result<void>>(Result<void>());
    }

private:
    std::shared_ptr<detail::MemoryPipe> pipe_;
};

/// One end of a connection in memory; made by `duplex`. What is written to one end is read from the
/// other.
///
/// @par Thread safety
/// One task may read while another one writes. The two ends are independent of each other.
///
/// @par Misuse
/// Using an end that was moved from throws `UsageError`. An end must not be moved or destroyed
/// while an operation on it waits.
class DuplexStream {
public:
    DuplexStream(SimplexReader reader, SimplexWriter writer) noexcept
        : reader_(std::move(reader)), writer_(std::move(writer)) {}

    /// Reads what the other end has written; see `SimplexReader::read`.
    [[nodiscard]] detail::PipeRead read(std::span<std::byte> buffer) {
        return reader_.read(buffer);
    }
    /// Writes to the other end; see `SimplexWriter::write`.
    [[nodiscard]] detail::PipeWrite write(std::span<const std::byte> bytes) {
        return writer_.write(bytes);
    }
    /// The same with text.
    [[nodiscard]] detail::PipeWrite write(std::string_view text) { return writer_.write(text); }
    /// Ends the stream towards the other end; this one can still be read. Does not wait.
    [[nodiscard]] detail::Ready<Result<void>> shutdown() { return writer_.shutdown(); }

    /// The two directions, to be owned by two tasks.
    [[nodiscard]] std::pair<SimplexReader, SimplexWriter> into_split() && noexcept {
        return {std::move(reader_), std::move(writer_)};
    }

private:
    SimplexReader reader_;
    SimplexWriter writer_;
};

/// A pipe in memory, which holds at most `max_bytes`: a writer with nobody reading waits.
///
/// Dropping the writer ends the stream for the reader, after what was written. Dropping the reader
/// fails the writer with `std::errc::broken_pipe`.
///
/// @param max_bytes At least 1; allocated at once.
/// @throws UsageError if `max_bytes` is 0.
///
/// @par Example
/// @snippet io_streams.cpp simplex
[[nodiscard]] inline std::pair<SimplexReader, SimplexWriter> simplex(std::size_t max_bytes) {
    auto pipe = std::make_shared<detail::MemoryPipe>(max_bytes);
    return {SimplexReader(pipe), SimplexWriter(pipe)};
}

/// The two ends of a connection in memory, for tests of protocols and for parts of one program.
/// Each direction holds at most `max_bytes`.
///
/// Dropping an end ends the stream for the other one, after what was written, and fails its writes
/// with `std::errc::broken_pipe`.
///
/// @param max_bytes At least 1; allocated at once, twice.
/// @throws UsageError if `max_bytes` is 0.
///
/// @par Example
/// @snippet io_streams.cpp duplex
[[nodiscard]] inline std::pair<DuplexStream, DuplexStream> duplex(std::size_t max_bytes) {
    auto [left_reader, right_writer] = simplex(max_bytes);
    auto [right_reader, left_writer] = simplex(max_bytes);
    return {DuplexStream(std::move(left_reader), std::move(left_writer)),
            DuplexStream(std::move(right_reader), std::move(right_writer))};
}

}  // namespace edo::io
