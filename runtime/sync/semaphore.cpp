// SPDX-License-Identifier: MIT
#include "edo/runtime/sync/semaphore.hpp"

#include "edo/runtime/errors.hpp"

namespace edo::sync {

namespace {

std::size_t checked(const char* what, std::size_t permits) {
    if (permits > Semaphore::kMaxPermits) {
        throw UsageError(std::string("edo: ") + what + ": a semaphore has at most " +
                         std::to_string(Semaphore::kMaxPermits) +
                         " permits; was the number negative?");
    }
    return permits;
}

TryAcquireError error_of(detail::SemaphoreCore::Try result) noexcept {
    return TryAcquireError(result == detail::SemaphoreCore::Try::Closed
                               ? TryAcquireError::Kind::Closed
                               : TryAcquireError::Kind::NoPermits);
}

}  // namespace

std::string AcquireError::message() const {
    return "the semaphore is closed";
}

std::string TryAcquireError::message() const {
    return is_closed() ? "the semaphore is closed" : "not enough permits are free";
}

SemaphorePermit SemaphorePermit::split(std::size_t count) {
    if (count > num_permits()) {
        throw UsageError("edo: SemaphorePermit::split(" + std::to_string(count) + ") of only " +
                         std::to_string(num_permits()) + " permits");
    }
    return count == 0 ? SemaphorePermit() : SemaphorePermit(permits_.split(count));
}

void SemaphorePermit::merge(SemaphorePermit&& other) {
    if (other.num_permits() == 0) {
        return;
    }
    if (permits_.core() == nullptr) {
        permits_ = std::move(other.permits_);
        return;
    }
    if (permits_.core() != other.permits_.core()) {
        throw UsageError("edo: SemaphorePermit::merge: the permits belong to different semaphores");
    }
    permits_.merge(std::move(other.permits_));
}

Semaphore::Semaphore(std::size_t permits) : core_(checked("Semaphore", permits)) {}

Semaphore::Acquire Semaphore::acquire_many(std::size_t count) {
    return {core_, checked("Semaphore::acquire_many", count)};
}

Semaphore::AcquireOwned Semaphore::acquire_many_owned(std::shared_ptr<Semaphore> semaphore,
                                                      std::size_t count) {
    return {std::move(semaphore), checked("Semaphore::acquire_many_owned", count)};
}

Result<SemaphorePermit, TryAcquireError> Semaphore::try_acquire() noexcept {
    const auto result = core_.try_acquire(1);
    if (result != detail::SemaphoreCore::Try::Acquired) {
        return failure(error_of(result));
    }
    return SemaphorePermit(detail::Permits(core_, 1));
}

Result<SemaphorePermit, TryAcquireError> Semaphore::try_acquire_many(std::size_t count) {
    const auto result = core_.try_acquire(checked("Semaphore::try_acquire_many", count));
    if (result != detail::SemaphoreCore::Try::Acquired) {
        return failure(error_of(result));
    }
    return SemaphorePermit(detail::Permits(core_, count));
}

Result<OwnedSemaphorePermit, TryAcquireError> Semaphore::try_acquire_owned(
    std::shared_ptr<Semaphore> semaphore) noexcept {
    auto permit = semaphore->try_acquire();
    if (!permit) {
        return failure(permit.error());
    }
    return OwnedSemaphorePermit(std::move(semaphore), std::move(*permit));
}

Result<OwnedSemaphorePermit, TryAcquireError> Semaphore::try_acquire_many_owned(
    std::shared_ptr<Semaphore> semaphore, std::size_t count) {
    auto permit = semaphore->try_acquire_many(count);
    if (!permit) {
        return failure(permit.error());
    }
    return OwnedSemaphorePermit(std::move(semaphore), std::move(*permit));
}

Result<SemaphorePermit, AcquireError> Semaphore::blocking_acquire() {
    if (!detail::blocking_acquire("Semaphore::blocking_acquire", core_, 1)) {
        return failure(AcquireError());
    }
    return SemaphorePermit(detail::Permits(core_, 1));
}

Result<SemaphorePermit, AcquireError> Semaphore::blocking_acquire_many(std::size_t count) {
    checked("Semaphore::blocking_acquire_many", count);
    if (!detail::blocking_acquire("Semaphore::blocking_acquire_many", core_, count)) {
        return failure(AcquireError());
    }
    return SemaphorePermit(detail::Permits(core_, count));
}

Result<OwnedSemaphorePermit, AcquireError> Semaphore::blocking_acquire_owned(
    std::shared_ptr<Semaphore> semaphore) {
    return blocking_acquire_many_owned(std::move(semaphore), 1);
}

Result<OwnedSemaphorePermit, AcquireError> Semaphore::blocking_acquire_many_owned(
    std::shared_ptr<Semaphore> semaphore, std::size_t count) {
    auto permit = semaphore->blocking_acquire_many(count);
    if (!permit) {
        return failure(permit.error());
    }
    return OwnedSemaphorePermit(std::move(semaphore), std::move(*permit));
}

void Semaphore::add_permits(std::size_t count) {
    if (count > kMaxPermits || available_permits() > kMaxPermits - count) {
        throw UsageError("edo: Semaphore::add_permits: with " + std::to_string(count) +
                         " more there would be more than " + std::to_string(kMaxPermits) +
                         " permits, the most a semaphore may have");
    }
    core_.release(count);
}

}  // namespace edo::sync
