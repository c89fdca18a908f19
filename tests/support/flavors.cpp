// SPDX-License-Identifier: MIT
#include "support/flavors.hpp"

namespace edo::test {

std::vector<RuntimeKind> flavors() {
    std::vector<RuntimeKind> kinds;
    kinds.emplace_back("current_thread", Builder::current_thread());
    kinds.emplace_back("multi_thread(1)", Builder::multi_thread(1));
    kinds.emplace_back("multi_thread(4)", Builder::multi_thread(4));
    return kinds;
}

std::vector<RuntimeKind> flavors_and_reactors() {
    std::vector<RuntimeKind> kinds;
    for (const RuntimeKind& kind : flavors()) {
        Builder epoll = kind.builder;
        Builder asio = kind.builder;
        kinds.emplace_back(kind.name + " with epoll", epoll.reactor(ReactorKind::Epoll));
        kinds.emplace_back(kind.name + " with asio", asio.reactor(ReactorKind::Asio));
    }
    // With several workers io_uring is epoll.
    kinds.emplace_back("current_thread with io_uring",
                       Builder::current_thread().reactor(ReactorKind::IoUring));
    kinds.emplace_back("multi_thread(1) with io_uring",
                       Builder::multi_thread(1).reactor(ReactorKind::IoUring));
    return kinds;
}

}  // namespace edo::test
