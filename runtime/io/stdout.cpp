// SPDX-License-Identifier: MIT
#include "edo/runtime/io/stdio.hpp"
#include "edo/runtime/io/stdio_thread.hpp"
#include "edo/runtime/io/write.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace edo {

namespace detail {

/// What was handed over for standard output or error and not written yet.
class OutputChannel {
public:
    explicit OutputChannel(int descriptor) noexcept : descriptor_(descriptor) {}

    Waiters waiters;

    /// Takes over what there is room for. Under the lock.
    bool put(std::span<const std::byte> from, Result<std::size_t>& result) noexcept {
        if (error_) {
            result = failure(std::exchange(error_, {}));
            return true;
        }
        if (from.empty()) {
            return true;
        }
        // All of it or nothing, so that texts of several tasks are not torn apart.
        const std::size_t count = std::min(from.size(), kStdioBuffer);
        if (count > kStdioBuffer - pending_.size()) {
            return false;
        }
        try {
            pending_.reserve(kStdioBuffer);
            start();
        } catch (...) {
            result = failure(std::errc::resource_unavailable_try_again);
            return true;
        }
        pending_.insert(pending_.end(), from.begin(), from.begin() + std::ptrdiff_t(count));
        handed_over_ += count;
        result = count;
        return true;
    }

    /// Under the lock.
    [[nodiscard]] std::uint64_t handed_over() const noexcept { return handed_over_; }
    bool is_written(std::uint64_t target, Result<void>& result) noexcept {
        if (error_) {
            result = failure(std::exchange(error_, {}));
            return true;
        }
        return written_ >= target;
    }

    /// At the exit of the process.
    void wait_briefly() noexcept {
        std::unique_lock guard(waiters.lock);
        idle_.wait_for(guard, std::chrono::seconds(1), [this] { return !writing_; });
    }

private:
    void start() {
        if (!writing_) {
            stdio_threads().spawn([this] { write_pending(); }).detach();
            writing_ = true;
        }
    }

    void write_pending() noexcept {
        std::unique_lock guard(waiters.lock);
        while (!pending_.empty()) {
            batch_.swap(pending_);
            waiters.leaves.wake_all();  // there is room again
            guard.unlock();
            const std::error_code error = write_batch();
            guard.lock();
            error_ = error ? error : error_;
            written_ += batch_.size();  // what an error lost counts: nobody must wait for it
            batch_.clear();
            waiters.leaves.wake_all();
        }
        writing_ = false;
        idle_.notify_all();
    }

    std::error_code write_batch() noexcept {
        std::span<const std::byte> rest = batch_;
        while (!rest.empty()) {
            const Result<std::size_t> count = write_blocking(descriptor_, rest);
            if (!count) {
                return count.error();
            }
            rest = rest.subspan(*count);
        }
        return {};
    }

    const int descriptor_;
    std::vector<std::byte> batch_;  // belongs to the thread while `writing_`
    // Guarded by the lock.
    std::vector<std::byte> pending_;
    std::uint64_t handed_over_ = 0;
    std::uint64_t written_ = 0;
    std::error_code error_;
    bool writing_ = false;
    std::condition_variable idle_;
};

OutputWrite::OutputWrite(OutputChannel& channel, std::span<const std::byte> from) noexcept
    : GuardedWait(channel.waiters, &OutputWrite::attempt), channel_(channel), from_(from) {}

bool OutputWrite::attempt(GuardedWait& wait) noexcept {
    auto& self = static_cast<OutputWrite&>(wait);
    return self.channel_.put(self.from_, self.result_);
}

OutputFlush::OutputFlush(OutputChannel& channel) noexcept
    : GuardedWait(channel.waiters, &OutputFlush::attempt), channel_(channel) {}

bool OutputFlush::attempt(GuardedWait& wait) noexcept {
    auto& self = static_cast<OutputFlush&>(wait);
    if (self.target_ == 0) {
        self.target_ = self.channel_.handed_over();
    }
    return self.channel_.is_written(self.target_, self.result_);
}

namespace {

/// Made at the first use and never destroyed: its thread may outlive `main`.
template <int Descriptor>
OutputChannel& output() {
    static auto* const channel = [] {
        auto* const made = new OutputChannel(Descriptor);
        std::atexit([] { output<Descriptor>().wait_briefly(); });
        return made;
    }();
    return *channel;
}

/// Keeps a copy, which unlike a temporary lives as long as the task.
Task<Result<void>> write_all_to(io::StandardOutput output, std::span<const std::byte> bytes) {
    co_return co_await io::write_all(output, bytes);
}

}  // namespace

}  // namespace detail

namespace io {

Task<Result<void>> StandardOutput::write_all(std::span<const std::byte> bytes) const {
    return detail::write_all_to(*this, bytes);
}

Task<Result<void>> StandardOutput::write_all(std::string_view text) const {
    return write_all(std::as_bytes(std::span(text)));
}

StandardOutput stdout() {
    return StandardOutput(detail::output<STDOUT_FILENO>());
}

StandardOutput stderr() {
    return StandardOutput(detail::output<STDERR_FILENO>());
}

}  // namespace io

}  // namespace edo
