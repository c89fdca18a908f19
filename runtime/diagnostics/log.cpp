// SPDX-License-Identifier: MIT
#include "edo/runtime/diagnostics/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <memory>

namespace edo::detail {

namespace {

/// The logger, or null when it cannot be made; never destroyed, since threads may log at exit.
spdlog::logger* logger() noexcept {
    static spdlog::logger* const instance = []() -> spdlog::logger* {
        try {
            auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
            auto* const made = new spdlog::logger("edo", std::move(sink));
            const char* const level = std::getenv("EDO_LOG");
            made->set_level(level != nullptr ? spdlog::level::from_str(level) : spdlog::level::err);
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

}  // namespace edo::detail
