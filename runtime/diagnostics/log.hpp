// SPDX-License-Identifier: MIT
// The library's own log: spdlog, on standard error, silent unless `EDO_LOG` says otherwise.
#pragma once

#include <string_view>

namespace edo::detail {

// `EDO_LOG` is one of trace, debug, info, warn, error, critical, off; without it only errors that
// would otherwise be lost (exceptions of detached tasks) are written.
void log_error(std::string_view text) noexcept;
void log_warning(std::string_view text) noexcept;
void log_info(std::string_view text) noexcept;
void log_debug(std::string_view text) noexcept;

/// @throws UsageError if `EDO_LOG` is something else, and not empty. Who logs takes it for `error`.
void check_log_level();

}  // namespace edo::detail
