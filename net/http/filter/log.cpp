// SPDX-License-Identifier: MIT
#include "edo/net/http/filter/log.hpp"

#include "edo/runtime/diagnostics/log.hpp"
#include "edo/runtime/time/clock.hpp"

#include <array>
#include <chrono>
#include <cstdio>

namespace edo::http::filter {

std::string to_string(const LogEntry& entry) {
    std::string line = entry.peer ? entry.peer->to_string() : "-";
    line += " \"" + std::string(http::to_string(entry.method)) + " " + entry.path + "\" ";
    line += std::to_string(int(entry.status)) + " ";
    line += (entry.size ? std::to_string(*entry.size) : "-") + " ";
    std::array<char, 32> time{};
    const double ms = std::chrono::duration<double, std::milli>(entry.elapsed).count();
    const int length = std::snprintf(time.data(), time.size(), "%.1fms", ms);
    line.append(time.data(), std::size_t(length));
    line += " \"" + entry.user_agent + "\"";
    for (char& c : line) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
            c = '?';
        }
    }
    return line;
}

}  // namespace edo::http::filter

namespace edo::http::filter::detail {

LogState begin_log(const Input& input) {
    LogState state;
    const Request& request = input.request();
    state.entry.method = request.method;
    state.entry.path = request.path();
    state.entry.user_agent = request.headers.get("User-Agent").value_or(std::string_view());
    state.entry.peer = request.peer;
    state.start = now();
    return state;
}

void end_log(LogState& state, const ResponseOutcome& outcome) {
    state.entry.elapsed = now() - state.start;
    if (outcome) {
        state.entry.status = std::get<0>(*outcome).status;
        state.entry.size = std::get<0>(*outcome).body.size();
    } else {
        state.entry.status = outcome.error().status();
        state.entry.size = outcome.error().message().size();
    }
}

void write_log(const LogEntry& entry) {
    edo::detail::log_info("http: " + to_string(entry));
}

}  // namespace edo::http::filter::detail
