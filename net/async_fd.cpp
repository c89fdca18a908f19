// SPDX-License-Identifier: MIT
#include "edo/net/async_fd.hpp"

#include "edo/net/socket/system_error.hpp"

#include <string>
#include <sys/stat.h>

namespace edo::detail {

net::AddressResult<void> check_pollable(int descriptor) {
    struct ::stat status{};
    std::error_code error;
    std::string what = "descriptor " + std::to_string(descriptor);
    std::string hint;
    if (::fstat(descriptor, &status) != 0) {
        error = last_error();
    } else if (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)) {
        error = std::make_error_code(std::errc::operation_not_permitted);
        hint = S_ISREG(status.st_mode)
                   ? "it is a regular file, which is always ready: use edo::fs::File"
                   : "it is a directory: use edo::fs::read_dir";
    } else {
        return {};
    }
    return failure(net::AddressError(error, "cannot wait for", std::move(what), std::move(hint)));
}

}  // namespace edo::detail
