// SPDX-License-Identifier: MIT
#include "edo/runtime/fs/read_dir.hpp"

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/fs/blocking_call.hpp"
#include "edo/runtime/sleep.hpp"

#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>

namespace edo::detail {

/// Used by one job at a time.
struct OpenDirectory {
    OpenDirectory(std::string name, DIR* opened) : path(std::move(name)), stream(opened) {}
    ~OpenDirectory() { ::closedir(stream); }
    OpenDirectory(const OpenDirectory&) = delete;
    OpenDirectory& operator=(const OpenDirectory&) = delete;

    const std::string path;
    DIR* const stream;
};

namespace {

constexpr std::size_t kEntriesInBatch = 64;

DirBatch read_batch(const OpenDirectory& directory) {
    DirBatch batch;
    while (batch.entries.size() < kEntriesInBatch) {
        errno = 0;
        const dirent* const entry = ::readdir(directory.stream);
        if (entry == nullptr) {
            batch.error = errno != 0 ? last_error() : std::error_code();
            batch.at_end = true;
            break;
        }
        const std::string_view name(entry->d_name);
        if (name != "." && name != "..") {
            batch.entries.emplace_back(directory.path, std::string(name),
                                       file_type_of(mode_t(DTTOIF(entry->d_type))), entry->d_ino);
        }
    }
    return batch;
}

}  // namespace

}  // namespace edo::detail

namespace edo::fs {

std::string DirEntry::path() const {
    return directory_.ends_with('/') ? directory_ + name_ : directory_ + '/' + name_;
}

Task<PathResult<Metadata>> DirEntry::metadata() const {
    return detail::call_with_path("cannot look at", path(), [](const std::string& name) {
        return Metadata::query(AT_FDCWD, name.c_str(), AT_SYMLINK_NOFOLLOW);
    });
}

Task<PathResult<FileType>> DirEntry::file_type() const {
    return [](FileType known, Task<PathResult<Metadata>> asked) -> Task<PathResult<FileType>> {
        if (known != FileType::Unknown) {
            co_return known;
        }
        auto metadata = co_await std::move(asked);
        if (!metadata) {
            co_return failure(std::move(metadata.error()));
        }
        co_return metadata->file_type();
    }(type_, type_ == FileType::Unknown ? metadata() : Task<PathResult<Metadata>>());
}

Task<PathResult<std::optional<DirEntry>>> ReadDir::read_next(ReadDir* self) {
    if (!detail::spend_budget()) {
        co_await yield_now();
    }
    while (self->used_ == self->batch_.entries.size()) {
        if (self->batch_.at_end) {
            const std::error_code error = std::exchange(self->batch_.error, {});
            if (error) {
                co_return failure(PathError(error, "cannot list", self->directory_->path));
            }
            co_return std::nullopt;
        }
        if (!self->pending_.valid()) {
            self->pending_ = spawn_blocking(
                [directory = self->directory_] { return detail::read_batch(*directory); });
        }
        auto batch = co_await self->pending_;
        if (!batch && batch.error().is_exception()) {
            batch.error().rethrow();
        }
        if (batch) {
            self->batch_ = std::move(*batch);
        } else {
            self->batch_.error = Errc::RuntimeShutdown;
            self->batch_.at_end = true;
            self->batch_.entries.clear();
        }
        self->used_ = 0;
    }
    co_return std::move(self->batch_.entries[self->used_++]);
}

Task<std::optional<PathResult<DirEntry>>> ReadDir::next_item(ReadDir* self) {
    auto entry = co_await read_next(self);
    if (!entry) {
        co_return PathResult<DirEntry>(failure(std::move(entry.error())));
    }
    if (!*entry) {
        co_return std::nullopt;
    }
    co_return PathResult<DirEntry>(std::move(**entry));
}

Task<PathResult<ReadDir>> read_dir(std::string path) {
    using Opened = std::shared_ptr<detail::OpenDirectory>;
    auto opened = co_await detail::call_with_path(
        "cannot list", std::move(path), [](const std::string& name) -> Result<Opened> {
            DIR* const stream = ::opendir(name.c_str());  // closed on exec
            if (stream == nullptr) {
                return failure(detail::last_error());
            }
            return std::make_shared<detail::OpenDirectory>(name, stream);
        });
    if (!opened) {
        co_return failure(std::move(opened.error()));
    }
    co_return ReadDir(std::move(*opened));
}

}  // namespace edo::fs
