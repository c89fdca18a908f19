// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/result.hpp"

#include <system_error>
#include <utility>

namespace edo::detail {

/// A function that a child calls before it becomes the program.
class PreExec {
public:
    PreExec() = default;
    PreExec(const PreExec&) = delete;
    PreExec& operator=(const PreExec&) = delete;
    virtual ~PreExec() = default;
    /// In the child, of which the calling thread is the only one.
    [[nodiscard]] virtual std::error_code run() noexcept = 0;
};

template <class Function>
class PreExecFunction final : public PreExec {
public:
    explicit PreExecFunction(Function function) : function_(std::move(function)) {}
    std::error_code run() noexcept override {
        const Result<void> result = function_();
        return result ? std::error_code() : result.error();
    }

private:
    Function function_;
};

}  // namespace edo::detail
