// SPDX-License-Identifier: MIT
// Calls of the file system on the pool of the runtime.
#pragma once

#include "edo/net/socket/system_error.hpp"
#include "edo/runtime/errors.hpp"
#include "edo/runtime/path_error.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/spawn.hpp"
#include "edo/runtime/task/task.hpp"

#include <string>
#include <system_error>
#include <type_traits>
#include <utility>

namespace edo::detail {

/// What a job yields, or `Errc::RuntimeShutdown` if it never ran. Exceptions are thrown on.
template <class T>
Result<T> unwrap(JoinResult<Result<T>> joined) {
    if (joined) {
        return std::move(*joined);
    }
    if (joined.error().is_exception()) {
        joined.error().rethrow();
    }
    return failure(Errc::RuntimeShutdown);
}

/// Calls `function(path)` on the pool; the job owns both. An error gets `action` and the path.
template <class Function>
Task<PathResult<typename std::invoke_result_t<Function&, const std::string&>::value_type>>
call_with_path(const char* action, std::string path, Function function, std::string rest = {}) {
    if (path.find('\0') != std::string::npos) {
        co_return failure(PathError(std::make_error_code(std::errc::invalid_argument), action,
                                    path.substr(0, path.find('\0')), " (cut at a zero byte)"));
    }
    auto job =
        spawn_blocking([path, function = std::move(function)]() mutable { return function(path); });
    auto result = unwrap(co_await job);
    if (!result) {
        co_return failure(PathError(result.error(), action, std::move(path), std::move(rest)));
    }
    if constexpr (std::is_void_v<typename decltype(result)::value_type>) {
        co_return {};
    } else {
        co_return std::move(*result);
    }
}

}  // namespace edo::detail
