// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/result.hpp"
#include "edo/runtime/sync/semaphore_core.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace edo::sync {

class Semaphore;

/// Why `Semaphore::acquire` failed: the semaphore is closed.
class AcquireError {
public:
    AcquireError() noexcept = default;
    [[nodiscard]] std::string message() const;
    friend bool operator==(const AcquireError&, const AcquireError&) = default;
};

/// Why `Semaphore::try_acquire` failed.
class TryAcquireError {
public:
    enum class Kind : std::uint8_t { NoPermits, Closed };

    explicit TryAcquireError(Kind kind) noexcept : kind_(kind) {}
    /// Not enough permits are free now.
    [[nodiscard]] bool is_no_permits() const noexcept { return kind_ == Kind::NoPermits; }
    /// There will never be a permit again.
    [[nodiscard]] bool is_closed() const noexcept { return kind_ == Kind::Closed; }
    [[nodiscard]] std::string message() const;
    friend bool operator==(const TryAcquireError&, const TryAcquireError&) = default;

private:
    Kind kind_;
};

/// Permits of a `Semaphore`, returned when this is destroyed. The semaphore must outlive it.
///
/// @par Thread safety
/// None; may be handed to another thread.
class [[nodiscard("an unused permit is returned at once")]] SemaphorePermit {
public:
    /// Holds no permit; nothing but assignment and destruction makes sense.
    SemaphorePermit() noexcept = default;

    [[nodiscard]] std::size_t num_permits() const noexcept { return permits_.count(); }
    /// Never returns the permits: the semaphore has that many fewer from now on.
    void forget() noexcept { permits_.forget(); }
    /// Returns the permits now.
    void release() noexcept { permits_.give_back(); }
    /// Moves `count` permits into an object of their own.
    /// @throws UsageError if there are not that many.
    SemaphorePermit split(std::size_t count);
    /// Takes over the permits of `other`, which is empty afterwards.
    /// @throws UsageError if they belong to another semaphore.
    void merge(SemaphorePermit&& other);

private:
    friend class Semaphore;
    friend class OwnedSemaphorePermit;
    explicit SemaphorePermit(detail::Permits permits) noexcept : permits_(std::move(permits)) {}

    detail::Permits permits_;
};

/// Permits that keep their semaphore alive: for tasks that outlive the one that made it. Otherwise
/// like `SemaphorePermit`.
class [[nodiscard("an unused permit is returned at once")]] OwnedSemaphorePermit {
public:
    OwnedSemaphorePermit() noexcept = default;
    OwnedSemaphorePermit(OwnedSemaphorePermit&&) noexcept = default;
    OwnedSemaphorePermit& operator=(OwnedSemaphorePermit&& other) noexcept {
        permit_ = std::move(other.permit_);  // before the semaphore that the old permits belong to
        semaphore_ = std::move(other.semaphore_);
        return *this;
    }
    ~OwnedSemaphorePermit() = default;

    [[nodiscard]] std::size_t num_permits() const noexcept { return permit_.num_permits(); }
    /// @copydoc SemaphorePermit::forget
    void forget() noexcept { permit_.forget(); }
    /// @copydoc SemaphorePermit::release
    void release() noexcept { permit_.release(); }
    /// @copydoc SemaphorePermit::split
    OwnedSemaphorePermit split(std::size_t count) { return {semaphore_, permit_.split(count)}; }
    /// @copydoc SemaphorePermit::merge
    void merge(OwnedSemaphorePermit&& other) { permit_.merge(std::move(other.permit_)); }
    /// The semaphore that the permits belong to; null for an empty object.
    [[nodiscard]] const std::shared_ptr<Semaphore>& semaphore() const noexcept {
        return semaphore_;
    }

private:
    friend class Semaphore;
    OwnedSemaphorePermit(std::shared_ptr<Semaphore> semaphore, SemaphorePermit permit) noexcept
        : semaphore_(std::move(semaphore)), permit_(std::move(permit)) {}

    std::shared_ptr<Semaphore> semaphore_;
    SemaphorePermit permit_;  // destroyed, hence returned, first
};

/// Limits how many tasks do something at the same time: each takes a permit first, and waits until
/// there is one.
///
/// It is fair. Tasks get their permits in the order in which they asked, and nobody takes a permit
/// past a task that waits: a request for many permits at the head of the queue collects what is
/// returned, and later requests for few wait behind it.
///
/// Taking a permit synchronises with the return of the permits it could not have been taken
/// without, so a semaphore of one permit works as a lock.
///
/// @par Cancel safety
/// Every wait is cancel safe: it loses its place in the queue, and what it was given already goes
/// to the next.
///
/// @par Thread safety
/// Everything but construction and destruction may be called from any thread, inside any runtime
/// or none.
///
/// @par Misuse
/// It must outlive its permits and those who wait, except owned ones. A task that asks for more
/// permits than will ever be returned waits for ever.
///
/// @par Example
/// @snippet sync.cpp semaphore
class Semaphore {
public:
    /// The most permits a semaphore may have.
    static constexpr std::size_t kMaxPermits = detail::SemaphoreCore::kMaxPermits;

    /// @throws UsageError for more than `kMaxPermits`.
    explicit Semaphore(std::size_t permits);

    class Acquire;
    class AcquireOwned;

    /// Waits for a permit.
    /// @return The permit, or `AcquireError` when the semaphore is closed, now or while waiting.
    [[nodiscard]] Acquire acquire() noexcept;
    /// Waits for `count` permits, and takes all or none of them.
    /// @throws UsageError for more than `kMaxPermits`.
    [[nodiscard]] Acquire acquire_many(std::size_t count);
    /// The same; the wait and the permits keep the semaphore alive.
    [[nodiscard]] static AcquireOwned acquire_owned(std::shared_ptr<Semaphore> semaphore) noexcept;
    [[nodiscard]] static AcquireOwned acquire_many_owned(std::shared_ptr<Semaphore> semaphore,
                                                         std::size_t count);

    /// Takes a permit if one is free and nobody waits for it.
    [[nodiscard]] Result<SemaphorePermit, TryAcquireError> try_acquire() noexcept;
    /// The same for `count` permits at once.
    /// @throws UsageError for more than `kMaxPermits`.
    [[nodiscard]] Result<SemaphorePermit, TryAcquireError> try_acquire_many(std::size_t count);
    [[nodiscard]] static Result<OwnedSemaphorePermit, TryAcquireError> try_acquire_owned(
        std::shared_ptr<Semaphore> semaphore) noexcept;
    [[nodiscard]] static Result<OwnedSemaphorePermit, TryAcquireError> try_acquire_many_owned(
        std::shared_ptr<Semaphore> semaphore, std::size_t count);

    /// Blocks the calling thread until it has a permit: for threads that run no tasks.
    /// @throws UsageError if the thread runs tasks.
    [[nodiscard]] Result<SemaphorePermit, AcquireError> blocking_acquire();
    /// The same for `count` permits.
    [[nodiscard]] Result<SemaphorePermit, AcquireError> blocking_acquire_many(std::size_t count);
    /// The same; the permits keep the semaphore alive.
    [[nodiscard]] static Result<OwnedSemaphorePermit, AcquireError> blocking_acquire_owned(
        std::shared_ptr<Semaphore> semaphore);
    [[nodiscard]] static Result<OwnedSemaphorePermit, AcquireError> blocking_acquire_many_owned(
        std::shared_ptr<Semaphore> semaphore, std::size_t count);

    /// Adds new permits.
    /// @throws UsageError if there were more than `kMaxPermits` then.
    void add_permits(std::size_t count);
    /// Takes up to `count` free permits away for good. Returns how many: fewer if not that many
    /// are free now.
    std::size_t forget_permits(std::size_t count) noexcept { return core_.forget(count); }
    /// Permits that are free now. While somebody waits there is none.
    [[nodiscard]] std::size_t available_permits() const noexcept { return core_.available(); }

    /// Ends all waits with `AcquireError`, and all later attempts. Permits that are held stay valid
    /// and are returned as ever.
    void close() noexcept { core_.close(); }
    [[nodiscard]] bool is_closed() const noexcept { return core_.is_closed(); }

private:
    detail::SemaphoreCore core_;
};

/// What `acquire` returns: waits when it is awaited, each time anew.
class [[nodiscard("acquire() does nothing until it is awaited")]] Semaphore::Acquire {
public:
    class Awaiter : public detail::AcquireWait {
    public:
        Awaiter(detail::SemaphoreCore& core, std::size_t count) noexcept
            : AcquireWait(core, count), core_(&core), count_(count) {}
        [[nodiscard]] Result<SemaphorePermit, AcquireError> await_resume() const noexcept {
            if (!AcquireWait::await_resume()) {
                return failure(AcquireError());
            }
            return SemaphorePermit(detail::Permits(*core_, count_));
        }

    private:
        detail::SemaphoreCore* core_;
        std::size_t count_;
    };
    Awaiter operator co_await() const noexcept { return {*core_, count_}; }

private:
    friend class Semaphore;
    Acquire(detail::SemaphoreCore& core, std::size_t count) noexcept
        : core_(&core), count_(count) {}

    detail::SemaphoreCore* core_;
    std::size_t count_;
};

/// What `acquire_owned` returns.
class [[nodiscard("acquire_owned() does nothing until it is awaited")]] Semaphore::AcquireOwned {
public:
    class Awaiter : public detail::AcquireWait {
    public:
        Awaiter(std::shared_ptr<Semaphore> semaphore, std::size_t count) noexcept
            : AcquireWait(semaphore->core_, count),
              semaphore_(std::move(semaphore)),
              count_(count) {}
        ~Awaiter() { stop(); }  // before the semaphore may go
        [[nodiscard]] Result<OwnedSemaphorePermit, AcquireError> await_resume() noexcept {
            if (!AcquireWait::await_resume()) {
                return failure(AcquireError());
            }
            detail::Permits permits(semaphore_->core_, count_);
            return OwnedSemaphorePermit(std::move(semaphore_), SemaphorePermit(std::move(permits)));
        }

    private:
        std::shared_ptr<Semaphore> semaphore_;
        std::size_t count_;
    };
    Awaiter operator co_await() const& noexcept { return {semaphore_, count_}; }
    Awaiter operator co_await() && noexcept { return {std::move(semaphore_), count_}; }

private:
    friend class Semaphore;
    AcquireOwned(std::shared_ptr<Semaphore> semaphore, std::size_t count) noexcept
        : semaphore_(std::move(semaphore)), count_(count) {}

    std::shared_ptr<Semaphore> semaphore_;
    std::size_t count_;
};

inline Semaphore::Acquire Semaphore::acquire() noexcept {
    return {core_, 1};
}

inline Semaphore::AcquireOwned Semaphore::acquire_owned(
    std::shared_ptr<Semaphore> semaphore) noexcept {
    return {std::move(semaphore), 1};
}

}  // namespace edo::sync
