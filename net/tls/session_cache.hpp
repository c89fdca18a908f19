// SPDX-License-Identifier: MIT
// The tickets of servers that a connector has spoken to, by the name of the host.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

struct ssl_session_st;

namespace edo::detail {

struct FreeSession {
    void operator()(ssl_session_st* session) const noexcept;
};
using SessionPtr = std::unique_ptr<ssl_session_st, FreeSession>;

class SessionCache {
public:
    /// Hosts and tickets of a host that are kept; what was used longest ago goes first.
    static constexpr std::size_t kMostHosts = 256;
    static constexpr std::size_t kMostOfHost = 4;

    void put(std::string_view host, SessionPtr session);
    /// The newest ticket, or null. One of TLS 1.3 is used once, lest an observer can tell that two
    /// connections come from the same client; one of TLS 1.2 stays.
    [[nodiscard]] SessionPtr take(std::string_view host);

private:
    struct Host {
        std::string name;
        std::vector<SessionPtr> tickets;  // the newest at the end
    };
    using Hosts = std::list<Host>;  // the one used last at the front

    std::mutex mutex_;
    Hosts hosts_;
    std::unordered_map<std::string_view, Hosts::iterator> by_name_;  // views into `hosts_`
};

}  // namespace edo::detail
