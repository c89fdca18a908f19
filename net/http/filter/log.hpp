// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/filter/around.hpp"
#include "edo/net/socket_addr.hpp"
#include "edo/runtime/time/instant.hpp"

#include <optional>
#include <string>
#include <utility>

namespace edo::http::filter {

/// One request that was answered.
struct LogEntry {
    LogEntry() = default;
    Method method = Method::Get;
    std::string path;  ///< as it was sent, without the query, which may hold secrets
    std::string user_agent;
    std::optional<net::SocketAddr> peer;
    Status status = Status::Ok;
    /// From the first filter to the answer; its body may still have to be made and sent.
    Duration elapsed{};
    /// The length of the answer's body, if it is known.
    std::optional<std::uint64_t> size;
};

/// The entry in one line: `127.0.0.1:4711 "GET /a" 200 12 0.8ms "curl/8"`. Control characters are
/// shown as `?`, so that no request can forge lines.
[[nodiscard]] std::string to_string(const LogEntry& entry);

}  // namespace edo::http::filter

namespace edo::http::filter::detail {

struct LogState {
    LogEntry entry;
    Instant start;
};
[[nodiscard]] LogState begin_log(const Input& input);
void end_log(LogState& state, const ResponseOutcome& outcome);
/// The library's own log: shown with EDO_LOG=info.
void write_log(const LogEntry& entry);

template <class Fn>
class Log {
public:
    using State = LogState;
    explicit Log(Fn function) : function_(std::move(function)) {}

    template <Filter F>
    [[nodiscard]] auto wrap(F filter) const {
        return wrap_around(std::move(filter), *this);
    }
    [[nodiscard]] State before(const Input& input) const { return begin_log(input); }
    [[nodiscard]] std::optional<Response> answer(State& /*state*/, const Input& /*input*/) const {
        return std::nullopt;
    }
    void after(State& state, ResponseOutcome& outcome) const {
        end_log(state, outcome);
        function_(std::as_const(state.entry));
    }

private:
    Fn function_;
};

}  // namespace edo::http::filter::detail

namespace edo::http::filter {

/// `filter | with(log())`: a line for each request in the library's log, which is shown where the
/// environment says `EDO_LOG=info`; or a call of `function(const LogEntry&)`.
///
/// A rejection is logged with its status: put `log` outside of everything that may still recover
/// it. A request that ends in an exception, or is dropped, is not logged here.
/// @par Example
/// @snippet http_wrappers.cpp wrappers
[[nodiscard]] inline auto log() {
    return detail::Log(&detail::write_log);
}
template <class Fn>
[[nodiscard]] auto log(Fn function) {
    return detail::Log<Fn>(std::move(function));
}

}  // namespace edo::http::filter
