// SPDX-License-Identifier: MIT
#include "edo/runtime/diagnostics/log.hpp"

#include "edo/runtime/errors.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>

namespace edo::detail {

namespace {

/// Nothing if the environment asks for a level that there is none of.
std::optional<spdlog::level::level_enum> level_of_environment() {
    const char* const variable = std::getenv("EDO_LOG");
    const std::string name = variable != nullptr ? variable : "";
    if (name.empty()) {
        return spdlog::level::err;
    }
    const auto level = spdlog::level::from_str(name);  // off for anything unknown
    return level != spdlog::level::off || name == "off" ? std::optional(level) : std::nullopt;
}

/// The logger, or null when it cannot be made; never destroyed, since threads may log at exit.
spdlog::logger* logger() noexcept {
    static spdlog::logger* const instance = []() -> spdlog::logger* {
        try {
            auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
            auto* const made = new spdlog::logger("edo", std::move(sink));
            made->set_level(level_of_environment().value_or(spdlog::level::err));
            made->flush_on(spdlog::level::warn);
            return made;
        } catch (...) {
            return nullptr;
        }
    }();
    return instance;
}

void write(spdlog::level::level_enum level, std::string_view text) noexcept {
    if (spdlog::logger* const log = logger()) {
        log->log(level, spdlog::string_view_t(text.data(), text.size()));
    }
}

}  // namespace

void log_error(std::string_view text) noexcept {
    write(spdlog::level::err, text);
}

void log_warning(std::string_view text) noexcept {
    write(spdlog::level::warn, text);
}

void log_info(std::string_view text) noexcept {
    write(spdlog::level::info, text);
}

void log_debug(std::string_view text) noexcept {
    write(spdlog::level::debug, text);
}

void check_log_level() {
    if (!level_of_environment()) {
        throw UsageError(
            "edo: EDO_LOG must be trace, debug, info, warn, error, critical or off, not '" +
            std::string(std::getenv("EDO_LOG")) + "'");
    }
}

}  // namespace edo::detail
