// SPDX-License-Identifier: MIT
// The runtime's side of one file descriptor: is it ready, and who waits for it.
//
// Readiness is edge-triggered and remembered. For each direction there are two generations:
// `ready_` counts the events, `drained_` is the event after which an operation found nothing more
// to do. The direction may be ready while they differ. An operation reads `ready_` first, then
// makes its system call, and only then stores what it read to `drained_`: an event in between
// leaves them different, so no edge is lost, without a compare-and-swap.
//
// Some events say that a direction stays ready: the peer has closed it, no further edge will come.
// The lowest bit of `ready_` remembers that, until a system call blocks that was made after the
// latest event. Who reads a generation reads the bit with it.
//
// Sources are never freed, only recycled: an event that was fetched from the kernel before the
// descriptor was closed may still arrive afterwards, and finds a source, perhaps with a new
// descriptor. That costs the new owner one futile system call, and nothing else: the call blocks,
// which also refutes what the event said of the old descriptor's end.
#pragma once

#include "edo/runtime/core/leaf.hpp"
#include "edo/runtime/core/spin_lock.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <system_error>

namespace edo::detail {

class Reactor;
class ReadAhead;

/// `Except` is what is neither: urgent data and errors. Only `net::Interest` asks for it.
enum class Direction : std::uint8_t { Read = 0, Write = 1, Except = 2 };

/// What the kernel said of a descriptor.
struct Readiness {
    bool readable = false;
    bool writable = false;
    bool read_lasting = false;   ///< whatever a read returns, another one is worth trying
    bool write_lasting = false;  ///< the same for writes
    bool except = false;         ///< urgent data, an error, or the end of either stream
    bool except_lasting = false;
};

class alignas(64) IoSource {  // a line of the cache, and no more
public:
    IoSource(const IoSource&) = delete;
    IoSource& operator=(const IoSource&) = delete;

    /// A source for `descriptor`, which it owns from now on. Throws `std::bad_alloc`, and closes
    /// the descriptor then.
    [[nodiscard]] static IoSource* open(int descriptor);
    /// A source for a descriptor that stays somebody else's: end it with `release`. Throws
    /// `std::bad_alloc`.
    [[nodiscard]] static IoSource* borrow(int descriptor);

    /// Takes the descriptor off its reactor, closes it, and recycles the source. No operation may
    /// be waiting.
    void close() noexcept;

    /// Like `close`, but gives the descriptor back instead of closing it.
    [[nodiscard]] int release() noexcept;

    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
    /// Whether it was made by `borrow`: others may read from the descriptor, too.
    [[nodiscard]] bool is_borrowed() const noexcept { return is_borrowed_; }

    /// What the home reactor receives for this source before it is read, or null. Acquire pairs
    /// with the release in `set_home`: the writing task may register what the reading one is about
    /// to use.
    [[nodiscard]] ReadAhead* read_ahead() const noexcept {
        const std::uintptr_t home = home_.load(std::memory_order_acquire);
        return (home & kReadsAhead) != 0 ? reinterpret_cast<ReadAhead*>(home - kReadsAhead)
                                         : nullptr;
    }
    /// For the home reactor, in `watch` and `unwatch`: it receives ahead, or does no longer.
    void set_home(ReadAhead& ahead) noexcept;
    void set_home(Reactor& home) noexcept;

    /// The descriptor is used for reads of somebody else's: nothing is received ahead any more.
    /// What was received before stays for reads. False where another thread has still to end it; a
    /// read that waits is told then.
    bool stop_reading_ahead() noexcept;
    [[nodiscard]] bool may_read_ahead() const noexcept {
        return !reads_directly_.load(std::memory_order_seq_cst);
    }

    /// Whether events are delivered: from the first wait on. Relaxed: who is told no tries in vain.
    [[nodiscard]] bool is_registered() const noexcept {
        return home_.load(std::memory_order_relaxed) != 0;
    }

    /// The current event generation. Acquire pairs with the release in `deliver`: the system call
    /// that follows sees at least the state that the event announced.
    [[nodiscard]] std::uint32_t generation(Direction direction) const noexcept {
        return side(direction).ready.load(std::memory_order_acquire);
    }
    /// Whether a system call is worth trying.
    [[nodiscard]] bool may_be_ready(Direction direction) const noexcept {
        const Side& s = side(direction);
        const std::uint32_t ready = s.ready.load(std::memory_order_relaxed);
        // Other than in `drained`, which may have the bit of an event that was refuted since.
        return ((ready ^ s.drained.load(std::memory_order_relaxed)) & ~kLasting) != 0 ||
               (ready & kLasting) != 0;
    }
    /// Whether the direction is ready for good, so that not even a short transfer uses it up.
    [[nodiscard]] bool is_lasting(Direction direction) const noexcept {
        return (side(direction).ready.load(std::memory_order_relaxed) & kLasting) != 0;
    }
    /// A system call made after `generation` was read has done all there was to do.
    void set_drained(Direction direction, std::uint32_t generation) noexcept {
        side(direction).drained.store(generation, std::memory_order_relaxed);
    }
    /// A system call made after `generation` was read would have blocked.
    void set_blocked(Direction direction, std::uint32_t generation) noexcept;

    enum class [[nodiscard]] Wait : std::uint8_t { Waiting, Retry, Failed };
    /// Makes a bound leaf wait for readiness. At the first wait the descriptor is registered with
    /// the reactor of the running worker, which is its home from then on.
    Wait wait(Direction direction, Leaf& leaf, std::error_code& error) noexcept;

    /// Takes a suspended leaf back. Only the thread that runs its task.
    void stop_waiting(Leaf& leaf) noexcept;

    /// An event: called by whoever turns the reactor.
    void deliver(Readiness readiness) noexcept;

    /// Whether someone waits in that direction. For reactors that must be asked each time.
    [[nodiscard]] bool has_waiter(Direction direction) noexcept;

private:
    friend class Reactor;
    friend class IoSourcePool;

    static constexpr std::uintptr_t kReadsAhead = 1;
    // Of a generation; the next one is `kNext` more.
    static constexpr std::uint32_t kLasting = 1;
    static constexpr std::uint32_t kNext = 2;

    struct Side {
        std::atomic<std::uint32_t> ready{kNext};
        std::atomic<std::uint32_t> drained{0};
    };

    IoSource() = default;
    [[nodiscard]] static std::uint8_t tag(Direction d) noexcept { return std::uint8_t(d); }
    [[nodiscard]] const Side& side(Direction d) const noexcept { return sides_[std::size_t(d)]; }
    [[nodiscard]] Side& side(Direction d) noexcept { return sides_[std::size_t(d)]; }
    [[nodiscard]] Reactor* home() const noexcept;
    void wake(Direction direction, bool lasting) noexcept;
    void shut_down() noexcept;

    SpinLock lock_;
    bool shut_down_ : 1 = false;       // guarded by `lock_`
    bool is_registering_ : 1 = false;  // the same: a task is adding the source to its home
    bool is_borrowed_ = false;
    std::atomic<bool> reads_directly_{false};
    int descriptor_ = -1;
    std::array<Side, 3> sides_;
    // Of all directions, since seldom more than one waits; each is tagged with its own. Guarded by
    // `lock_`.
    TaggedLeafList waiting_;
    // The address of the reactor, or of its `ReadAhead` for this source, plus `kReadsAhead`. Set
    // under `lock_`, or in `watch` and `unwatch`; 0 until the first wait. It lives as long as it
    // lists the source.
    std::atomic<std::uintptr_t> home_{0};
    IoSource* next_ = nullptr;      // of the reactor's list, or of the pool's free list
    IoSource* previous_ = nullptr;  // of the reactor's list
};

/// Owns one `IoSource`.
struct IoSourceCloser {
    void operator()(IoSource* source) const noexcept { source->close(); }
};
using IoSourcePtr = std::unique_ptr<IoSource, IoSourceCloser>;

}  // namespace edo::detail
