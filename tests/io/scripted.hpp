// SPDX-License-Identifier: MIT
// Readers and writers in memory that do what the test says, and suspend before each operation.
#pragma once

#include <edo/runtime/io/concepts.hpp>
#include <edo/runtime/propagate.hpp>
#include <edo/runtime/sleep.hpp>
#include <edo/runtime/task/task.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace edo::test {

[[nodiscard]] inline std::string text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
[[nodiscard]] inline std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

/// Yields a text in pieces, then the end of the stream, or an error if there is one.
class ScriptedReader {
public:
    explicit ScriptedReader(std::string text, std::size_t piece = 1)
        : text_(std::move(text)), piece_(piece) {}

    void fail_at_end(std::errc error) { error_ = std::make_error_code(error); }
    [[nodiscard]] std::size_t reads() const noexcept { return reads_; }
    [[nodiscard]] std::size_t left() const noexcept { return text_.size() - at_; }

    Task<Result<std::size_t>> read(std::span<std::byte> to) {
        co_await yield_now();
        ++reads_;
        if (error_ && left() == 0) {
            co_return failure(error_);
        }
        const std::size_t count = std::min({piece_, to.size(), left()});
        std::copy_n(bytes_of(text_).data() + at_, count, to.data());
        at_ += count;
        co_return count;
    }

private:
    std::string text_;
    std::size_t piece_;
    std::size_t at_ = 0;
    std::size_t reads_ = 0;
    std::error_code error_;
};

/// Accepts a few bytes at a time and keeps them.
class ScriptedWriter {
public:
    explicit ScriptedWriter(std::size_t piece = 1) : piece_(piece) {}

    /// Fails once it has accepted that many bytes.
    void fail_after(std::size_t bytes, std::errc error) {
        room_ = bytes;
        error_ = std::make_error_code(error);
    }
    /// Accepts nothing any more after that many bytes.
    void stop_after(std::size_t bytes) { room_ = bytes; }

    Task<Result<std::size_t>> write(std::span<const std::byte> bytes) {
        co_await yield_now();
        const std::size_t count = std::min({piece_, bytes.size(), room_});
        if (count == 0 && error_) {
            co_return failure(error_);
        }
        written += text_of(bytes.first(count));
        room_ -= count;
        sizes.push_back(count);
        co_return count;
    }
    Task<Result<void>> flush() {
        co_await yield_now();
        flushed = written;
        co_return Result<void>();
    }
    Task<Result<void>> shutdown() {
        co_await yield_now();
        is_shut_down = true;
        co_return Result<void>();
    }

    std::string written;
    std::string flushed;  ///< what was written before the last flush
    std::vector<std::size_t> sizes;
    bool is_shut_down = false;

private:
    std::size_t piece_;
    std::size_t room_ = SIZE_MAX;
    std::error_code error_;
};

/// Has neither `flush` nor `shutdown`, and never suspends.
class PlainWriter {
public:
    Task<Result<std::size_t>> write(std::span<const std::byte> bytes) {
        written += text_of(bytes);
        co_return bytes.size();
    }
    std::string written;
};

static_assert(io::AsyncRead<ScriptedReader>);
static_assert(io::AsyncWrite<ScriptedWriter>);
static_assert(io::AsyncWrite<PlainWriter>);
static_assert(!io::AsyncRead<PlainWriter>);
static_assert(!io::AsyncWrite<ScriptedReader>);

}  // namespace edo::test
