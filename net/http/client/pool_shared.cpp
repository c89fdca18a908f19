// SPDX-License-Identifier: MIT
// The part of the pool that is about HTTP/2.
#include "edo/net/http/client/h2_exchange.hpp"
#include "edo/net/http/client/pool.hpp"
#include "edo/runtime/sync/semaphore.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace edo::http::detail {

namespace {

/// Of how many servers the pool remembers that they do not speak HTTP/2.
constexpr std::size_t kMostLearned = 1024;

}  // namespace

std::unique_ptr<Exchange> ClientPool::join(const std::string& key, const ExchangeOptions& options) {
    Closing closing;
    const std::lock_guard guard(mutex_);
    const auto found = shared_.find(key);
    if (found == shared_.end()) {
        return nullptr;
    }
    SharedList& list = found->second;
    // Those that take no more requests live on as long as the ones in progress need them.
    const auto gone = std::partition(list.begin(), list.end(), [](const auto& connection) {
        return connection->core().is_open();
    });
    std::move(gone, list.end(), std::back_inserter(closing.shared));
    list.erase(gone, list.end());
    for (const std::shared_ptr<h2::ClientConnection>& connection : list) {
        if (auto place = connection->core().reserve()) {
            return std::make_unique<H2Exchange>(connection, std::move(place), options);
        }
    }
    if (list.empty()) {
        shared_.erase(found);
    }
    return nullptr;
}

void ClientPool::share(const std::string& key, std::shared_ptr<h2::ClientConnection> connection) {
    if (idle_per_host_ == 0) {
        return;
    }
    const std::lock_guard guard(mutex_);
    shared_[key].push_back(std::move(connection));
    start_sweeper(now());
}

std::shared_ptr<sync::Semaphore> ClientPool::gate(const std::string& key) {
    const std::lock_guard guard(mutex_);
    if (idle_per_host_ == 0 || without_http2_.contains(key)) {
        return nullptr;
    }
    std::shared_ptr<sync::Semaphore> gate = gates_[key].lock();
    if (gate == nullptr) {
        std::erase_if(gates_, [](const auto& entry) { return entry.second.expired(); });
        gate = std::make_shared<sync::Semaphore>(1);
        gates_[key] = gate;
    }
    return gate;
}

void ClientPool::learn(const std::string& key, bool is_http2) {
    const std::lock_guard guard(mutex_);
    if (is_http2) {
        without_http2_.erase(key);
        return;
    }
    if (without_http2_.size() >= kMostLearned) {
        without_http2_.clear();
    }
    without_http2_.insert(key);
}

Instant ClientPool::take_expired_shared(Closing& closing, Instant time) {
    Instant oldest = Instant::max();
    for (auto it = shared_.begin(); it != shared_.end();) {
        SharedList& list = it->second;
        const auto gone = std::partition(list.begin(), list.end(), [&](const auto& entry) {
            h2::detail::ClientCore& core = entry->core();
            const Instant since = core.idle_since().value_or(time);
            if (!core.is_open() || time - since >= *idle_timeout_) {
                return false;
            }
            oldest = std::min(oldest, since);
            return true;
        });
        std::move(gone, list.end(), std::back_inserter(closing.shared));
        list.erase(gone, list.end());
        it = list.empty() ? shared_.erase(it) : std::next(it);
    }
    return oldest;
}

}  // namespace edo::http::detail
