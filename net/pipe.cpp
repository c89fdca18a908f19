// SPDX-License-Identifier: MIT
#include "edo/net/pipe.hpp"

#include "edo/net/socket/system_error.hpp"
#include "edo/runtime/errors.hpp"

#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace edo::net::pipe {

namespace {

bool is_pipe(int descriptor) noexcept {
    struct ::stat status{};
    return ::fstat(descriptor, &status) == 0 && S_ISFIFO(status.st_mode);
}

/// Makes a pipe ready for edo if it can be used in that way, O_RDONLY or O_WRONLY.
Result<detail::IoSourcePtr> adopt(io::OwnedFd descriptor, int mode) {
    const int fd = descriptor.descriptor();
    const int status = ::fcntl(fd, F_GETFL);
    if (status < 0) {
        return failure(detail::last_error());
    }
    const int access = status & O_ACCMODE;
    if (!is_pipe(fd) || (access != mode && access != O_RDWR)) {
        return failure(std::errc::invalid_argument);
    }
    if (::fcntl(fd, F_SETFL, status | O_NONBLOCK) < 0 || ::fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) {
        return failure(detail::last_error());
    }
    return detail::IoSourcePtr(detail::IoSource::open(descriptor.release()));
}

detail::IoSource& check(const detail::IoSourcePtr& source) {
    if (source == nullptr) {
        throw UsageError("edo: this end of a pipe is empty: it was moved from, or given away");
    }
    return *source;
}

io::OwnedFd release(detail::IoSourcePtr& source) {
    detail::IoSource& mine = check(source);
    static_cast<void>(source.release());  // `IoSource::release` recycles it
    return io::OwnedFd(mine.release());
}

Result<io::OwnedFd> make_blocking(io::OwnedFd descriptor) {
    const int status = ::fcntl(descriptor.descriptor(), F_GETFL);
    if (status < 0 || ::fcntl(descriptor.descriptor(), F_SETFL, status & ~O_NONBLOCK) < 0) {
        return failure(detail::last_error());
    }
    return descriptor;
}

}  // namespace

Result<Sender> Sender::from_fd(io::OwnedFd descriptor) {
    auto source = adopt(std::move(descriptor), O_WRONLY);
    if (!source) {
        return failure(source.error());
    }
    return Sender(std::move(*source));
}

io::OwnedFd Sender::into_fd() && {
    return release(source_);
}

Result<io::OwnedFd> Sender::into_blocking_fd() && {
    return make_blocking(release(source_));
}

detail::IoSource& Sender::io_source() const {
    return check(source_);
}

Result<Receiver> Receiver::from_fd(io::OwnedFd descriptor) {
    auto source = adopt(std::move(descriptor), O_RDONLY);
    if (!source) {
        return failure(source.error());
    }
    return Receiver(std::move(*source));
}

io::OwnedFd Receiver::into_fd() && {
    return release(source_);
}

Result<io::OwnedFd> Receiver::into_blocking_fd() && {
    return make_blocking(release(source_));
}

detail::IoSource& Receiver::io_source() const {
    return check(source_);
}

Result<std::pair<Sender, Receiver>> pipe() {
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0) {
        return failure(detail::last_error());
    }
    io::OwnedFd write_end(ends[1]);  // `IoSource::open` may throw
    detail::IoSourcePtr receiver(detail::IoSource::open(ends[0]));
    detail::IoSourcePtr sender(detail::IoSource::open(write_end.release()));
    return std::pair<Sender, Receiver>(Sender(std::move(sender)), Receiver(std::move(receiver)));
}

// ---- FIFOs -------------------------------------------------------------------------------------

AddressResult<io::OwnedFd> OpenOptions::open(std::string_view path, int mode,
                                             const char* action) const {
    std::string name(path);
    const int flags = (read_write_ ? O_RDWR : mode) | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
    io::OwnedFd descriptor(
        detail::uninterrupted([&] { return ::open(name.c_str(), flags); }));  // NOLINT
    if (!descriptor.valid()) {
        const std::error_code error = detail::last_error();
        std::string hint;
        if (error == std::errc::no_such_device_or_address) {
            hint = "nobody has opened it for reading: try again later, or use read_write";
        }
        return failure(AddressError(error, action, std::move(name), std::move(hint)));
    }
    if (!unchecked_ && !is_pipe(descriptor.descriptor())) {
        return failure(AddressError(std::make_error_code(std::errc::invalid_argument), action,
                                    std::move(name), "it is not a FIFO"));
    }
    return descriptor;
}

AddressResult<Receiver> OpenOptions::open_receiver(std::string_view path) const {
    auto descriptor = open(path, O_RDONLY, "cannot open for reading the FIFO");
    if (!descriptor) {
        return failure(std::move(descriptor.error()));
    }
    return Receiver(detail::IoSourcePtr(detail::IoSource::open(descriptor->release())));
}

AddressResult<Sender> OpenOptions::open_sender(std::string_view path) const {
    auto descriptor = open(path, O_WRONLY, "cannot open for writing the FIFO");
    if (!descriptor) {
        return failure(std::move(descriptor.error()));
    }
    return Sender(detail::IoSourcePtr(detail::IoSource::open(descriptor->release())));
}

}  // namespace edo::net::pipe
