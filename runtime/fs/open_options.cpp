// SPDX-License-Identifier: MIT
#include "edo/runtime/fs/open_options.hpp"

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/fs/blocking_call.hpp"
#include "edo/runtime/fs/file.hpp"
#include "edo/runtime/fs/file_state.hpp"
#include "edo/runtime/sleep.hpp"

#include <fcntl.h>
#include <memory>

namespace edo::fs {

namespace {

using State = std::shared_ptr<detail::FileState>;

Task<PathResult<State>> open_on_pool(std::string path, int flags, mode_t mode) {
    return detail::call_with_path(
        "cannot open", std::move(path), [flags, mode](const std::string& name) -> Result<State> {
            io::OwnedFd fd(
                detail::uninterrupted([&] { return ::open(name.c_str(), flags, mode); }));
            if (!fd.valid()) {
                return failure(detail::last_error());
            }
            return std::make_shared<detail::FileState>(std::move(fd));
        });
}

}  // namespace

Result<int> OpenOptions::flags() const noexcept {
    const bool writes = write_ || append_;
    const bool makes = create_ || create_new_;
    if ((!read_ && !writes) || (makes && !writes) || (truncate_ && (!write_ || append_))) {
        return failure(std::errc::invalid_argument);
    }
    int flags = O_CLOEXEC | (custom_flags_ & ~O_ACCMODE);
    flags |= writes ? (read_ ? O_RDWR : O_WRONLY) : O_RDONLY;
    flags |= append_ ? O_APPEND : 0;
    if (create_new_) {
        flags |= O_CREAT | O_EXCL;
    } else {
        flags |= (create_ ? O_CREAT : 0) | (truncate_ ? O_TRUNC : 0);
    }
    return flags;
}

Task<PathResult<File>> OpenOptions::open(std::string path) const {
    return [](std::string name, Result<int> flags, mode_t mode) -> Task<PathResult<File>> {
        if (!flags) {
            co_return failure(PathError(flags.error(), "cannot open", std::move(name),
                                        ", with options that contradict each other"));
        }
        if (*flags == (O_RDONLY | O_CLOEXEC) && name.find('\0') == std::string::npos) {
            if (!detail::spend_budget()) {
                co_await yield_now();
            }
            detail::CachedFile cached = detail::open_cached(name.c_str());
            if (cached.fd.valid()) {
                co_return File(std::make_shared<detail::FileState>(std::move(cached)));
            }
        }
        auto state = co_await open_on_pool(std::move(name), *flags, mode);
        if (!state) {
            co_return failure(std::move(state.error()));
        }
        co_return File(std::move(*state));
    }(std::move(path), flags(), mode_);
}

}  // namespace edo::fs
