// SPDX-License-Identifier: MIT
#include "edo/net/async_fd.hpp"

#include "edo/net/socket/system_error.hpp"
#include "edo/runtime/select.hpp"

#include <poll.h>
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

bool FdReadyOp::attempt(IoOp& op, std::uint32_t generation) noexcept {
    auto& self = static_cast<FdReadyOp&>(op);
    pollfd query{};
    query.fd = self.source().descriptor();
    query.events = self.direction() == Direction::Read ? POLLIN | POLLPRI : POLLOUT;
    self.generation_ = generation;
    return uninterrupted([&] { return ::poll(&query, 1, 0); }) != 0;
}

Result<net::ReadyGuard> FdReadyOp::await_resume() const noexcept {
    if (wait_error()) {
        return failure(wait_error());
    }
    const bool read = direction() == Direction::Read;
    return net::ReadyGuard(source(), net::Ready(read, !read), generation_, generation_);
}

Task<Result<net::ReadyGuard>> wait_for_fd(IoSource* source, net::Interest interest) {
    if (interest == net::Interest::Readable) {
        co_return co_await FdReadyOp(*source, Direction::Read);
    }
    if (interest == net::Interest::Writable) {
        co_return co_await FdReadyOp(*source, Direction::Write);
    }
    auto first =
        co_await select(FdReadyOp(*source, Direction::Read), FdReadyOp(*source, Direction::Write));
    if (auto* const readable = first.get_if<0>()) {
        co_return *readable;
    }
    co_return *first.get_if<1>();
}

}  // namespace edo::detail
