// SPDX-License-Identifier: MIT
#include "edo/net/tls/socket_pull.hpp"

#include "edo/net/socket/receive.hpp"

#include <algorithm>
#include <memory>
#include <new>

namespace edo::detail {

namespace {

constexpr std::size_t kOneRecord = 16384 + 512;
constexpr std::size_t kMost = 4 * kOneRecord;

/// Memory of the thread, used between two suspensions only; empty if there is none.
Bytes scratch(std::size_t size) noexcept {
    static thread_local std::unique_ptr<std::byte[]> memory;
    if (memory == nullptr) {
        memory.reset(new (std::nothrow) std::byte[kMost]);
    }
    return memory != nullptr ? Bytes(memory.get(), size) : Bytes();
}

}  // namespace

tls::Step digest(tls::Session& session, TlsPurpose purpose, Bytes to,
                 ConstBytes received) noexcept {
    if (received.empty()) {
        session.receive_end();
    }
    return purpose == TlsPurpose::Read ? session.read(to, received) : session.receive(received);
}

std::size_t pull_size(std::size_t room) noexcept {
    return std::clamp(room + room / 32, kOneRecord, kMost);
}

bool SocketPull::attempt(IoOp& op, std::uint32_t generation) noexcept {
    auto& self = static_cast<SocketPull&>(op);
    const Bytes buffer = scratch(pull_size(self.to_.size()));
    if (buffer.empty()) {
        self.fail(tls::Errc::OutOfMemory);
        return true;
    }
    const ssize_t returned = receive(self.source(), buffer);
    if (returned < 0) {
        return self.failed();
    }
    const auto count = static_cast<std::size_t>(returned);
    if (count != 0 && count < buffer.size()) {
        self.source().set_drained(self.direction(), generation);
    }
    self.step_ = digest(self.session_, self.purpose_, self.to_, buffer.first(count));
    return true;
}

}  // namespace edo::detail
