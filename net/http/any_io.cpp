// SPDX-License-Identifier: MIT
#include "edo/net/http/any_io.hpp"

#include "edo/runtime/coop.hpp"
#include "edo/runtime/errors.hpp"

#include <algorithm>
#include <cstring>

namespace edo::http {

detail::IoBase& AnyIo::io() const {
    if (io_ == nullptr) {
        throw UsageError("this connection is empty, or was moved from");
    }
    return *io_;
}

Task<Result<std::size_t>> AnyIo::read(std::span<std::byte> buffer) {
    if (read_before_.empty()) {
        co_return co_await io().read(buffer);
    }
    co_await consume_budget();
    const std::size_t count = std::min(buffer.size(), read_before_.size());
    std::memcpy(buffer.data(), read_before_.data(), count);
    if (count == read_before_.size()) {
        read_before_ = std::string();
    } else {
        read_before_.erase(0, count);
    }
    co_return count;
}

Task<Result<std::size_t>> AnyIo::write(std::span<const std::byte> bytes) {
    return io().write(bytes);
}

Task<Result<void>> AnyIo::flush() {
    return io().flush();
}

Task<Result<void>> AnyIo::shutdown() {
    return io().shutdown();
}

Task<void> Upgrade::operator()(AnyIo io) {
    if (function_ == nullptr) {
        throw UsageError("there is no function for this upgrade");
    }
    return function_->call(std::move(io));
}

}  // namespace edo::http
