// SPDX-License-Identifier: MIT
#include "edo/runtime/process/exit_status.hpp"

#include <cstring>

namespace edo::process {

std::string ExitStatus::to_string() const {
    if (signal_ == 0) {
        return "exit code " + std::to_string(code_);
    }
    std::string text = "signal " + std::to_string(signal_);
    if (const char* const name = ::sigdescr_np(signal_)) {
        text += " (" + std::string(name) + ')';
    }
    return text + (core_dumped_ ? ", core dumped" : "");
}

}  // namespace edo::process
