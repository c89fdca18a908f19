// SPDX-License-Identifier: MIT
#include "edo/runtime/fs/file.hpp"

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/fs/blocking_call.hpp"
#include "edo/runtime/fs/file_state.hpp"
#include "edo/runtime/sleep.hpp"

#include <algorithm>
#include <climits>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace edo::fs {

namespace {

using State = std::shared_ptr<detail::FileState>;

/// What a job has moved; never threw, or ran out of memory.
Result<detail::Moved> moved_by(JoinResult<detail::Moved> joined) {
    if (joined) {
        return std::move(*joined);
    }
    if (joined.error().is_exception()) {
        joined.error().rethrow();
    }
    return failure(Errc::RuntimeShutdown);
}

std::vector<std::byte> copy_for_job(std::span<const std::byte> bytes) {
    bytes = bytes.first(std::min(bytes.size(), detail::kMostInJob));
    return {bytes.begin(), bytes.end()};
}

auto read_job(State state, std::size_t size, std::uint64_t offset) {
    return spawn_blocking([state = std::move(state), size, offset] {
        return detail::read_blocking(*state, size, offset);
    });
}

auto write_job(State state, std::span<const std::byte> bytes, std::uint64_t offset) {
    return spawn_blocking([state = std::move(state), copy = copy_for_job(bytes), offset] {
        return detail::write_blocking(*state, copy, offset);
    });
}

Task<Result<std::size_t>> read_from(State state, std::span<std::byte> buffer,
                                    std::uint64_t offset) {
    if (buffer.empty()) {
        co_return 0;
    }
    if (!detail::spend_budget()) {
        co_await yield_now();
    }
    if (!state->seekable) {
        co_return failure(std::errc::invalid_seek);
    }
    if (const auto now = detail::read_now(*state, buffer, offset)) {
        co_return *now;
    }
    auto job = read_job(std::move(state), buffer.size(), offset);
    auto moved = moved_by(co_await job);
    if (!moved || moved->error) {
        co_return failure(moved ? moved->error : moved.error());
    }
    std::memcpy(buffer.data(), moved->bytes.get(), moved->count);
    co_return moved->count;
}

Task<Result<std::size_t>> write_to(State state, std::span<const std::byte> bytes,
                                   std::uint64_t offset) {
    if (bytes.empty()) {
        co_return 0;
    }
    if (!detail::spend_budget()) {
        co_await yield_now();
    }
    if (!state->seekable) {
        co_return failure(std::errc::invalid_seek);
    }
    if (const auto now = detail::write_now(*state, bytes, offset)) {
        co_return *now;
    }
    auto job = write_job(std::move(state), bytes, offset);
    const auto moved = moved_by(co_await job);
    if (!moved || moved->error) {
        co_return failure(moved ? moved->error : moved.error());
    }
    co_return moved->count;
}

template <class Function>
auto call_on(State state, Function function) -> Task<std::invoke_result_t<Function&, int>> {
    auto job = spawn_blocking([state = std::move(state), function = std::move(function)]() mutable {
        return function(state->fd.descriptor());
    });
    co_return detail::unwrap(co_await job);
}

}  // namespace

// ---- opening and closing -----------------------------------------------------------------------

File::File(std::shared_ptr<detail::FileState> state) noexcept
    : state_(std::move(state)), position_(state_->start) {}

Task<PathResult<File>> File::open(std::string path) {
    return OpenOptions().read(true).open(std::move(path));
}

Task<PathResult<File>> File::create(std::string path) {
    return OpenOptions().write(true).create(true).truncate(true).open(std::move(path));
}

File File::from_fd(io::OwnedFd descriptor) {
    return File(std::make_shared<detail::FileState>(std::move(descriptor)));
}

io::OwnedFd File::into_fd() && {
    if (pending_.valid() || state().use_count() > 1) {
        throw UsageError(
            "edo: a call on this file that was dropped may still be at work; await another one "
            "first, for example seek(0, SeekFrom::Current)");
    }
    if (state_->seekable) {
        ::lseek(state_->fd.descriptor(), static_cast<off_t>(position_), SEEK_SET);
    }
    io::OwnedFd descriptor = std::move(state_->fd);
    state_.reset();
    return descriptor;
}

const std::shared_ptr<detail::FileState>& File::state() const {
    if (state_ == nullptr) {
        throw UsageError("edo: this File is empty: it was moved from, closed, or given away");
    }
    return state_;
}

int File::descriptor() const {
    return state()->fd.descriptor();
}

Task<Result<void>> File::close_now(File file) {
    co_await settle(&file);
    auto job = spawn_blocking([state = std::move(file.state_)]() -> Result<void> {
        if (state.use_count() > 1) {  // a dropped `read_at`, which closes it when it is over
            return {};
        }
        return detail::check(::close(state->fd.release()));
    });
    co_return detail::unwrap(co_await job);
}

Task<Result<void>> File::close() && {
    static_cast<void>(state());
    return close_now(std::move(*this));
}

/// Waits for a call that was dropped: only then the cursor is known.
Task<Result<File>> File::clone(File* file) {
    co_await settle(file);
    io::OwnedFd copy(::fcntl(file->state_->fd.descriptor(), F_DUPFD_CLOEXEC, 0));
    if (!copy.valid()) {
        co_return failure(detail::last_error());
    }
    File other = from_fd(std::move(copy));
    other.position_ = file->position_;
    co_return std::move(other);
}

Task<Result<File>> File::try_clone() {
    static_cast<void>(state());
    return clone(this);
}

// ---- at the cursor -----------------------------------------------------------------------------

/// Waits for a call that was dropped, and takes note of what it has written.
Task<void> File::settle(File* file) {
    if (file->pending_.valid()) {
        const auto moved = moved_by(co_await file->pending_);
        if (moved && moved->position) {
            file->position_ = *moved->position;
        }
    }
}

Task<Result<std::size_t>> File::read_next(File* file, std::span<std::byte> buffer) {
    if (buffer.empty()) {
        co_return 0;
    }
    if (file->pending_.valid()) {
        co_await settle(file);
    }
    if (!detail::spend_budget()) {
        co_await yield_now();
    }
    if (const auto now = detail::read_now(*file->state_, buffer, file->position_)) {
        file->position_ += now->value_or(0);
        co_return *now;
    }
    file->pending_ = read_job(file->state_, buffer.size(), file->position_);
    const auto moved = moved_by(co_await file->pending_);
    if (!moved || moved->error) {
        co_return failure(moved ? moved->error : moved.error());
    }
    std::memcpy(buffer.data(), moved->bytes.get(), moved->count);
    file->position_ += moved->count;
    co_return moved->count;
}

Task<Result<std::size_t>> File::read(std::span<std::byte> buffer) {
    static_cast<void>(state());
    return read_next(this, buffer);
}

Task<Result<std::size_t>> File::write_next(File* file, std::span<const std::byte> bytes) {
    if (bytes.empty()) {
        co_return 0;
    }
    if (file->pending_.valid()) {
        co_await settle(file);
    }
    if (!detail::spend_budget()) {
        co_await yield_now();
    }
    if (const auto now = detail::write_now(*file->state_, bytes, file->position_)) {
        file->position_ += now->value_or(0);
        co_return *now;
    }
    file->pending_ = write_job(file->state_, bytes, file->position_);
    const auto moved = moved_by(co_await file->pending_);
    if (!moved || moved->error) {
        co_return failure(moved ? moved->error : moved.error());
    }
    file->position_ = *moved->position;
    co_return moved->count;
}

Task<Result<std::size_t>> File::write(std::span<const std::byte> bytes) {
    static_cast<void>(state());
    return write_next(this, bytes);
}

Task<Result<std::uint64_t>> File::move_cursor(File* file, std::int64_t offset, SeekFrom from) {
    co_await settle(file);
    if (!file->state_->seekable) {
        co_return failure(std::errc::invalid_seek);
    }
    std::uint64_t base = 0;
    if (from == SeekFrom::Current) {
        base = file->position_;
    } else if (from == SeekFrom::End) {
        const auto end = co_await call_on(file->state_, [](int fd) -> Result<std::uint64_t> {
            const off_t size = ::lseek(fd, 0, SEEK_END);  // of block devices, too
            if (size < 0) {
                return failure(detail::last_error());
            }
            return static_cast<std::uint64_t>(size);
        });
        if (!end) {
            co_return failure(end.error());
        }
        base = *end;
    }
    // `base` fits, as it is the position or size of a file.
    std::int64_t target = 0;
    if (__builtin_add_overflow(static_cast<std::int64_t>(base), offset, &target) || target < 0) {
        co_return failure(std::errc::invalid_argument);
    }
    file->position_ = static_cast<std::uint64_t>(target);
    co_return file->position_;
}

Task<Result<std::uint64_t>> File::seek(std::int64_t offset, SeekFrom from) {
    static_cast<void>(state());
    return move_cursor(this, offset, from);
}

// ---- the rest ----------------------------------------------------------------------------------

Task<Result<std::size_t>> File::read_at(std::span<std::byte> buffer, std::uint64_t offset) const {
    return read_from(state(), buffer, offset);
}

Task<Result<std::size_t>> File::write_at(std::span<const std::byte> bytes,
                                         std::uint64_t offset) const {
    return write_to(state(), bytes, offset);
}

/// Calls `function` when what was written before, also by a call that was dropped, is done.
template <class Function>
Task<Result<void>> File::after_writes(File* file, Function function) {
    co_await settle(file);
    co_return co_await call_on(file->state_, std::move(function));
}

Task<Result<void>> File::sync_all() {
    static_cast<void>(state());
    return after_writes(this, [](int fd) {
        return detail::check(detail::uninterrupted([fd] { return ::fsync(fd); }));
    });
}

Task<Result<void>> File::sync_data() {
    static_cast<void>(state());
    return after_writes(this, [](int fd) {
        return detail::check(detail::uninterrupted([fd] { return ::fdatasync(fd); }));
    });
}

Task<Result<void>> File::set_len(std::uint64_t size) {
    static_cast<void>(state());
    return after_writes(this, [size](int fd) -> Result<void> {
        if (size > std::uint64_t(INT64_MAX)) {
            return failure(std::errc::file_too_large);
        }
        return detail::check(detail::uninterrupted(
            [fd, size] { return ::ftruncate(fd, static_cast<off_t>(size)); }));
    });
}

Task<Result<Metadata>> File::metadata() const {
    return call_on(state(), [](int fd) { return Metadata::query(fd, "", AT_EMPTY_PATH); });
}

Task<Result<void>> File::set_permissions(Permissions permissions) const {
    return call_on(
        state(), [permissions](int fd) { return detail::check(::fchmod(fd, permissions.mode())); });
}

}  // namespace edo::fs
