// SPDX-License-Identifier: MIT
#include "edo/runtime/fs/metadata.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <system_error>

namespace edo::detail {

fs::FileType file_type_of(mode_t mode) noexcept {
    switch (mode & S_IFMT) {
        case S_IFREG:
            return fs::FileType::Regular;
        case S_IFDIR:
            return fs::FileType::Directory;
        case S_IFLNK:
            return fs::FileType::Symlink;
        case S_IFBLK:
            return fs::FileType::BlockDevice;
        case S_IFCHR:
            return fs::FileType::CharacterDevice;
        case S_IFIFO:
            return fs::FileType::Fifo;
        case S_IFSOCK:
            return fs::FileType::Socket;
        default:
            return fs::FileType::Unknown;
    }
}

}  // namespace edo::detail

namespace edo::fs {

namespace {

Metadata::Time time_of(const statx_timestamp& stamp) noexcept {
    return Metadata::Time(std::chrono::seconds(stamp.tv_sec) +
                          std::chrono::nanoseconds(stamp.tv_nsec));
}

}  // namespace

Result<Metadata> Metadata::query(int descriptor, const char* path, int flags) {
    struct ::statx raw{};
    if (::statx(descriptor, path, flags, STATX_BASIC_STATS | STATX_BTIME, &raw) != 0) {
        return failure(std::error_code(errno, std::generic_category()));
    }
    Metadata metadata;
    metadata.type_ = detail::file_type_of(raw.stx_mode);
    metadata.permissions_ = Permissions(raw.stx_mode);
    metadata.size_ = raw.stx_size;
    metadata.modified_ = time_of(raw.stx_mtime);
    metadata.accessed_ = time_of(raw.stx_atime);
    if ((raw.stx_mask & STATX_BTIME) != 0) {
        metadata.created_ = time_of(raw.stx_btime);
    }
    metadata.uid_ = raw.stx_uid;
    metadata.gid_ = raw.stx_gid;
    metadata.device_ = makedev(raw.stx_dev_major, raw.stx_dev_minor);
    metadata.inode_ = raw.stx_ino;
    metadata.links_ = raw.stx_nlink;
    return metadata;
}

}  // namespace edo::fs
