// SPDX-License-Identifier: MIT
#include "edo/net/socket/relay.hpp"

#include "edo/net/socket/splice_pipe.hpp"
#include "edo/net/socket/stream_ops.hpp"
#include "edo/runtime/core/context.hpp"
#include "edo/runtime/propagate.hpp"

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace edo::detail {

namespace {

constexpr std::size_t kSmallBuffer = 8 * 1024;
constexpr std::size_t kLargeBuffer = 64 * 1024;
constexpr std::uint64_t kSpliceAfter = 256 * 1024;

/// A read and a write charge the budget as if they were small; this adds what is due for more.
void charge(std::size_t bytes) noexcept {
    constexpr std::size_t kBytesAnOperation = 32 * 1024;
    for (; bytes > kBytesAnOperation; bytes -= kBytesAnOperation) {
        static_cast<void>(spend_budget());  // when it is used up, the next operation yields
    }
}

/// The way of the bytes: through a buffer first, through a pipe later.
class Passage {
public:
    /// Makes the change where it is due.
    void prepare(std::uint64_t copied) {
        if (copied < kSpliceAfter || is_refused_ || pipe_.is_open()) {
            return;
        }
        is_refused_ = !pipe_.open();
        if (!is_refused_) {
            buffer_ = {};
        }
    }
    /// Makes room for longer reads after one that could have been longer.
    void grow(std::size_t count) {
        if (count == buffer_.size() && count < kLargeBuffer) {
            buffer_ = std::vector<std::byte>(kLargeBuffer);
        }
    }
    /// Whether an error of the first splice means no more than that there is no splicing.
    [[nodiscard]] bool give_up_splicing(std::error_code error) {
        if (error != std::errc::invalid_argument && error != std::errc::function_not_supported &&
            error != std::errc::operation_not_permitted) {
            return false;
        }
        is_refused_ = true;
        pipe_.close();
        buffer_.resize(kLargeBuffer);
        return true;
    }
    [[nodiscard]] bool splices() const noexcept { return pipe_.is_open(); }
    [[nodiscard]] std::span<std::byte> buffer() noexcept { return buffer_; }
    [[nodiscard]] const SplicePipe& pipe() const noexcept { return pipe_; }

private:
    std::vector<std::byte> buffer_ = std::vector<std::byte>(kSmallBuffer);
    SplicePipe pipe_;
    bool is_refused_ = false;
};

}  // namespace

Task<Result<std::uint64_t>> relay(IoSource& from, IoSource& to) {
    Passage passage;
    std::uint64_t copied = 0;
    for (;;) {
        passage.prepare(copied);
        std::size_t count = 0;
        if (passage.splices()) {
            Result<std::size_t> moved = co_await SpliceInOp(from, passage.pipe());
            if (!moved && passage.give_up_splicing(moved.error())) {
                continue;
            }
            count = co_await propagate(std::move(moved));
            co_await propagate(co_await SpliceOutOp(passage.pipe(), to, count));
        } else {
            count = co_await propagate(co_await ReadOp(from, passage.buffer()));
            co_await propagate(co_await WriteAllOp(to, passage.buffer().first(count)));
            passage.grow(count);
        }
        if (count == 0) {
            co_return copied;
        }
        copied += count;
        charge(count);
    }
}

}  // namespace edo::detail
