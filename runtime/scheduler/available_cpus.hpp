// SPDX-License-Identifier: MIT
#pragma once

namespace edo::detail {

/// `EDO_WORKER_THREADS`, or the CPUs that this process may use: its affinity mask, limited by the
/// quota of its control group. At least 1.
/// @throws UsageError if the variable is set to something that is not a number from 1 to 32767.
[[nodiscard]] unsigned default_worker_count();

}  // namespace edo::detail
