// SPDX-License-Identifier: MIT
#include "edo/runtime/io/stdio.hpp"
#include "edo/runtime/io/stdio_thread.hpp"

#include <algorithm>
#include <memory>
#include <mutex>
#include <system_error>
#include <unistd.h>

namespace edo {

namespace detail {

/// What was read from standard input and not taken yet. A thread reads only while someone wants
/// more; a read that nobody waits for any more goes on, and leaves its bytes for the next.
class InputChannel {
public:
    explicit InputChannel(int descriptor) noexcept : descriptor_(descriptor) {}

    Waiters waiters;

    /// Takes what there is, or sees to it that there will be something. Under the lock.
    bool take(std::span<std::byte> to, Result<std::size_t>& result) noexcept {
        if (begin_ < end_) {
            const std::size_t count = std::min(to.size(), end_ - begin_);
            std::copy_n(memory_.get() + begin_, count, to.data());
            begin_ += count;
            result = count;
            return true;
        }
        if (has_outcome_) {  // the end, or an error: for one reader, the next one asks again
            has_outcome_ = false;
            result = outcome_;
            return true;
        }
        if (!reading_ && !start()) {
            result = failure(std::errc::resource_unavailable_try_again);
            return true;
        }
        return false;
    }

private:
    bool start() noexcept {
        try {
            if (memory_ == nullptr) {
                memory_ = std::make_unique_for_overwrite<std::byte[]>(kStdioBuffer);
            }
            reading_ = true;
            stdio_threads().spawn([this] { fill(); }).detach();
        } catch (...) {
            reading_ = false;
        }
        return reading_;
    }

    void fill() noexcept {
        const Result<std::size_t> count =
            read_blocking(descriptor_, std::span(memory_.get(), kStdioBuffer));
        const std::lock_guard guard(waiters.lock);
        reading_ = false;
        begin_ = 0;
        end_ = count.value_or(0);
        has_outcome_ = end_ == 0;
        outcome_ = count;
        waiters.leaves.wake_all();
    }

    const int descriptor_;
    // Guarded by the lock. While `reading_`, the memory belongs to the thread, and is empty.
    std::unique_ptr<std::byte[]> memory_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    bool reading_ = false;
    bool has_outcome_ = false;
    Result<std::size_t> outcome_;
};

InputRead::InputRead(InputChannel& channel, std::span<std::byte> to) noexcept
    : GuardedWait(channel.waiters, &InputRead::attempt), channel_(channel), to_(to) {}

bool InputRead::attempt(GuardedWait& wait) noexcept {
    auto& self = static_cast<InputRead&>(wait);
    return self.to_.empty() || self.channel_.take(self.to_, self.result_);
}

}  // namespace detail

io::StandardInput io::stdin() {
    // Never destroyed: its thread may outlive `main`.
    static auto* const channel = new detail::InputChannel(STDIN_FILENO);
    return StandardInput(*channel);
}

}  // namespace edo
