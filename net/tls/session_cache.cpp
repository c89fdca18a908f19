// SPDX-License-Identifier: MIT
#include "edo/net/tls/session_cache.hpp"

#include <openssl/ssl.h>

#include <utility>

namespace edo::detail {

void FreeSession::operator()(ssl_session_st* session) const noexcept {
    SSL_SESSION_free(session);
}

void SessionCache::put(std::string_view host, SessionPtr session) {
    const std::lock_guard guard(mutex_);
    const auto found = by_name_.find(host);
    if (found != by_name_.end()) {
        hosts_.splice(hosts_.begin(), hosts_, found->second);
    } else {
        if (hosts_.size() == kMostHosts) {
            by_name_.erase(hosts_.back().name);
            hosts_.pop_back();
        }
        Host& added = hosts_.emplace_front();
        added.name = host;
        by_name_.emplace(added.name, hosts_.begin());
    }
    std::vector<SessionPtr>& tickets = hosts_.front().tickets;
    if (tickets.size() == kMostOfHost) {
        tickets.erase(tickets.begin());
    }
    tickets.push_back(std::move(session));
}

SessionPtr SessionCache::take(std::string_view host) {
    const std::lock_guard guard(mutex_);
    const auto found = by_name_.find(host);
    if (found == by_name_.end()) {
        return nullptr;
    }
    std::vector<SessionPtr>& tickets = found->second->tickets;
    while (!tickets.empty()) {
        SSL_SESSION* const newest = tickets.back().get();
        if (SSL_SESSION_is_resumable(newest) == 0) {
            tickets.pop_back();
            continue;
        }
        if (SSL_SESSION_get_protocol_version(newest) < TLS1_3_VERSION) {
            SSL_SESSION_up_ref(newest);
            return SessionPtr(newest);
        }
        SessionPtr taken = std::move(tickets.back());
        tickets.pop_back();
        return taken;
    }
    return nullptr;
}

}  // namespace edo::detail
