// SPDX-License-Identifier: MIT
#include "stress/stress.hpp"

#include <boost/test/results_collector.hpp>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <sys/socket.h>
#include <unistd.h>

namespace edo::test {

std::uint64_t stress_seed() {
    static const std::uint64_t seed = [] {
        const char* const given = std::getenv("EDO_STRESS_SEED");
        return given != nullptr ? std::strtoull(given, nullptr, 0) : std::random_device{}();
    }();
    return seed;
}

StressGuard::StressGuard(const char* test, std::chrono::seconds limit)
    : watcher_([this, test, limit] { watch(test, limit); }) {
    BOOST_TEST_MESSAGE("EDO_STRESS_SEED=" << stress_seed());
}

StressGuard::~StressGuard() {
    {
        const std::lock_guard guard(lock_);
        over_ = true;
        changed_.notify_one();
    }
    watcher_.join();
    const auto& results = boost::unit_test::results_collector_t::instance().results(
        boost::unit_test::framework::current_test_case_id());
    if (results.p_assertions_failed != 0) {
        std::fprintf(stderr, "EDO_STRESS_SEED=%llu\n", (unsigned long long)stress_seed());
    }
}

void StressGuard::watch(const char* test, std::chrono::seconds limit) {
    std::unique_lock guard(lock_);
    if (!changed_.wait_for(guard, limit, [this] { return over_; })) {
        std::fprintf(stderr, "%s hangs; EDO_STRESS_SEED=%llu\n", test,
                     (unsigned long long)stress_seed());
        std::abort();
    }
}

ForeignWakers::ForeignWakers(unsigned threads) {
    for (unsigned i = 0; i < threads; ++i) {
        threads_.emplace_back([this] { work(); });
    }
}

ForeignWakers::~ForeignWakers() {
    {
        const std::lock_guard guard(lock_);
        over_ = true;
        changed_.notify_all();
    }
    for (std::thread& thread : threads_) {
        thread.join();
    }
}

std::shared_ptr<Event> ForeignWakers::soon() {
    auto event = std::make_shared<Event>();
    const std::lock_guard guard(lock_);
    queue_.push_back(event);
    changed_.notify_one();
    return event;
}

void ForeignWakers::work() {
    std::unique_lock guard(lock_);
    for (;;) {
        changed_.wait(guard, [this] { return over_ || !queue_.empty(); });
        if (queue_.empty()) {
            return;
        }
        const std::shared_ptr<Event> event = std::move(queue_.back());
        queue_.pop_back();
        guard.unlock();
        event->set();
        guard.lock();
    }
}

namespace {

int checked(int result) {
    if (result < 0) {
        throw std::system_error(errno, std::generic_category());
    }
    return result;
}

}  // namespace

SocketPair::SocketPair() {
    int fds[2];
    checked(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds));
    a.reset(detail::IoSource::open(fds[0]));
    b.reset(detail::IoSource::open(fds[1]));
}

bool ReadByte::attempt(IoOp& op, std::uint32_t /*generation*/) noexcept {
    auto& self = static_cast<ReadByte&>(op);
    char byte = 0;
    self.count_ = ::recv(self.source().descriptor(), &byte, 1, 0);
    return self.count_ >= 0 || errno != EAGAIN;
}

bool WriteByte::attempt(IoOp& op, std::uint32_t /*generation*/) noexcept {
    auto& self = static_cast<WriteByte&>(op);
    const char byte = 'x';
    self.count_ = ::send(self.source().descriptor(), &byte, 1, MSG_NOSIGNAL);
    return self.count_ >= 0 || errno != EAGAIN;
}

void must(bool condition) {
    if (!condition) {
        std::fprintf(stderr, "a check of a task failed; EDO_STRESS_SEED=%llu\n",
                     (unsigned long long)stress_seed());
        std::abort();
    }
}

}  // namespace edo::test
