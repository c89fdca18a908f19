// SPDX-License-Identifier: MIT
// A pipe in memory: one writer, one reader, and a ring of bytes between them that neither locks.
//
// `written_` and `read_` count all bytes that ever went in and out; their difference is what the
// ring holds. Each is advanced by one side only, so that side alone owns the bytes (or the room) up
// to the other's count, and copies without a lock.
//
// Who finds nothing to do publishes its leaf in its slot and looks once more. Whoever advances a
// count, or closes a side, looks into the other's slot afterwards. All of these four accesses are
// sequentially consistent: at least one of the two sees what the other did, and no wake-up is lost.
// A slot is emptied with an exchange, so exactly one party gets the leaf: the waker, who delivers
// it, or the awaiter itself.
#pragma once

#include "edo/runtime/core/leaf.hpp"
#include "edo/runtime/errors.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/task/promise.hpp"

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace edo::detail {

class MemoryPipe {
public:
    /// @throws UsageError unless `capacity` is positive.
    explicit MemoryPipe(std::size_t capacity);
    MemoryPipe(const MemoryPipe&) = delete;
    MemoryPipe& operator=(const MemoryPipe&) = delete;
    ~MemoryPipe() = default;

    /// Takes out what fits. False when there is nothing, and the writer may still bring more.
    [[nodiscard]] bool read(std::span<std::byte> to, Result<std::size_t>& result) noexcept;
    /// Puts in what fits. False when there is no room, and the reader may still make some.
    [[nodiscard]] bool write(std::span<const std::byte> from, Result<std::size_t>& result) noexcept;

    /// The writer brings no more: the reader gets what is there, then the end of the stream.
    void close_writer() noexcept;
    /// The reader takes no more: writes fail.
    void close_reader() noexcept;

private:
    friend class PipeWait;
    using Slot = std::atomic<Leaf*>;

    /// Copies between the ring and memory of others, in at most two pieces.
    template <class Copy>
    void in_pieces(std::uint64_t position, std::size_t count, Copy copy) const noexcept;
    static void wake(Slot& slot) noexcept;

    const std::size_t capacity_;
    const std::unique_ptr<std::byte[]> ring_;

    // A cache line for each side. Written by the reader:
    alignas(64) std::atomic<std::uint64_t> read_{0};
    std::atomic<bool> reader_closed_{false};
    Slot waiting_reader_{nullptr};
    // Written by the writer:
    alignas(64) std::atomic<std::uint64_t> written_{0};
    std::atomic<bool> writer_closed_{false};
    Slot waiting_writer_{nullptr};
};

/// The pipe of an end.
/// @throws UsageError if there is none: the end was moved from.
[[nodiscard]] inline MemoryPipe& pipe_of_end(MemoryPipe* pipe) {
    if (pipe == nullptr) [[unlikely]] {
        throw UsageError("edo: this end of a stream in memory was moved from");
    }
    return *pipe;
}

/// Base of the two operations.
class PipeWait : public HookLeaf {
public:
    [[nodiscard]] bool await_ready() noexcept;
    bool await_suspend(TaskHandle task) noexcept;
    /// @throws UsageError if another operation of the same kind waits already.
    [[nodiscard]] Result<std::size_t> await_resume() const;

    /// Only while it is not suspended.
    PipeWait(PipeWait&& other) noexcept : PipeWait(other.slot_, other.attempt_) {}

protected:
    using Attempt = bool (*)(PipeWait& wait) noexcept;

    PipeWait(std::atomic<Leaf*>& slot, Attempt attempt) noexcept
        : HookLeaf(&PipeWait::on_wake), slot_(slot), attempt_(attempt) {}
    ~PipeWait();

    [[nodiscard]] static std::atomic<Leaf*>& reader_slot(MemoryPipe& pipe) noexcept {
        return pipe.waiting_reader_;
    }
    [[nodiscard]] static std::atomic<Leaf*>& writer_slot(MemoryPipe& pipe) noexcept {
        return pipe.waiting_writer_;
    }

    Result<std::size_t> result_;

private:
    [[nodiscard]] bool poll() noexcept;
    void take_back() noexcept;
    static std::coroutine_handle<> on_wake(HookLeaf& leaf) noexcept;

    std::atomic<Leaf*>& slot_;
    Attempt attempt_;
    bool charged_ = false;
    bool second_ = false;  // another one waits in the slot
};

class [[nodiscard("a read does nothing until it is awaited")]] PipeRead : public PipeWait {
public:
    PipeRead(MemoryPipe& pipe, std::span<std::byte> to) noexcept
        : PipeWait(reader_slot(pipe), &PipeRead::attempt), pipe_(pipe), to_(to) {}

private:
    static bool attempt(PipeWait& wait) noexcept {
        auto& self = static_cast<PipeRead&>(wait);
        return self.pipe_.read(self.to_, self.result_);
    }
    MemoryPipe& pipe_;
    std::span<std::byte> to_;
};

class [[nodiscard("a write does nothing until it is awaited")]] PipeWrite : public PipeWait {
public:
    PipeWrite(MemoryPipe& pipe, std::span<const std::byte> from) noexcept
        : PipeWait(writer_slot(pipe), &PipeWrite::attempt), pipe_(pipe), from_(from) {}

private:
    static bool attempt(PipeWait& wait) noexcept {
        auto& self = static_cast<PipeWrite&>(wait);
        return self.pipe_.write(self.from_, self.result_);
    }
    MemoryPipe& pipe_;
    std::span<const std::byte> from_;
};

}  // namespace edo::detail
