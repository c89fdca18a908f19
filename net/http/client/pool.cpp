// SPDX-License-Identifier: MIT
#include "edo/net/http/client/pool.hpp"

#include "edo/net/http/client/liveness.hpp"
#include "edo/net/http/h2/client_connection.hpp"
#include "edo/runtime/handle.hpp"
#include "edo/runtime/sleep.hpp"
#include "edo/runtime/spawn.hpp"
#include "edo/runtime/sync/semaphore.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace edo::http::detail {

std::string pool_key(const Uri& url, const Uri* proxy) {
    if (proxy == nullptr) {
        return std::string(url.origin());
    }
    // A proxy takes requests for all hosts on one connection; a tunnel leads to one of them.
    std::string key(url.is_https() ? url.origin() : "*");
    key += ' ';
    key += proxy->origin();
    if (proxy->has_credentials()) {
        key += ' ' + proxy->user_name() + ':' + proxy->password();
    }
    return key;
}

bool ClientPool::is_expired(const Idle& idle, Instant time) const noexcept {
    return idle_timeout_ && time - idle.since >= *idle_timeout_;
}

std::optional<Connected> ClientPool::take(const std::string& key) {
    Closing closing;
    const std::lock_guard guard(mutex_);
    const auto found = idle_.find(key);
    if (found == idle_.end()) {
        return std::nullopt;
    }
    std::vector<Idle>& list = found->second;
    std::optional<Connected> taken;
    while (!taken && !list.empty()) {
        Idle last = std::move(list.back());
        list.pop_back();
        if (!is_expired(last, now()) && may_be_alive(last.connection.io)) {
            taken = std::move(last.connection);
        } else {
            closing.idle.push_back(std::move(last));
        }
    }
    if (list.empty()) {
        idle_.erase(found);
    }
    return taken;
}

void ClientPool::put(const std::string& key, Connected connection) {
    Closing closing;
    const std::lock_guard guard(mutex_);
    const Instant time = now();
    std::vector<Idle>& list = idle_[key];
    list.emplace_back(std::move(connection), time);
    if (list.size() > idle_per_host_) {
        closing.idle.push_back(std::move(list.front()));
        list.erase(list.begin());
    }
    if (list.empty()) {
        idle_.erase(key);
        return;
    }
    start_sweeper(time);
}

void ClientPool::start_sweeper(Instant time) {
    const std::uint64_t runtime = Handle::current().id();
    if (!idle_timeout_ || sweepers_.contains(runtime)) {
        return;
    }
    std::erase_if(sweepers_, [](const auto& entry) { return entry.second.is_finished(); });
    const Instant first = edo::detail::saturating_add(time, *idle_timeout_);
    sweepers_.emplace(runtime, spawn(sweep(weak_from_this(), first)));
}

std::optional<Instant> ClientPool::take_expired(Closing& closing) {
    const std::lock_guard guard(mutex_);
    const Instant time = now();
    const Instant oldest =
        std::min(take_expired_idle(closing, time), take_expired_shared(closing, time));
    if (oldest == Instant::max()) {
        // The caller ends now: what comes later needs another one.
        if (const auto caller = sweepers_.find(Handle::current().id()); caller != sweepers_.end()) {
            const JoinHandle<void> ended = caller->second.detach();
            sweepers_.erase(caller);
        }
        return std::nullopt;
    }
    return edo::detail::saturating_add(oldest, *idle_timeout_);
}

Instant ClientPool::take_expired_idle(Closing& closing, Instant time) {
    Instant oldest = Instant::max();
    for (auto it = idle_.begin(); it != idle_.end();) {
        std::vector<Idle>& list = it->second;
        const auto end = std::ranges::find_if(
            list, [this, time](const Idle& idle) { return !is_expired(idle, time); });
        std::move(list.begin(), end, std::back_inserter(closing.idle));
        list.erase(list.begin(), end);
        if (list.empty()) {
            it = idle_.erase(it);
            continue;
        }
        oldest = std::min(oldest, list.front().since);
        ++it;
    }
    return oldest;
}

Task<void> ClientPool::sweep(std::weak_ptr<ClientPool> weak, Instant first) {
    std::optional<Instant> next = first;
    while (next) {
        co_await sleep_until(*next);
        Closing closing;
        const std::shared_ptr<ClientPool> pool = weak.lock();
        if (pool == nullptr) {
            co_return;
        }
        next = pool->take_expired(closing);
    }
}

std::size_t ClientPool::size() const {
    const std::lock_guard guard(mutex_);
    std::size_t count = 0;
    for (const auto& [key, list] : idle_) {
        count += list.size();
    }
    for (const auto& [key, list] : shared_) {
        count += std::size_t(std::ranges::count_if(list, [](const auto& connection) {
            return connection->core().is_open() && connection->core().idle_since();
        }));
    }
    return count;
}

}  // namespace edo::http::detail
