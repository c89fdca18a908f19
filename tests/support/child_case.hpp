// SPDX-License-Identifier: MIT
// Runs a test case of this program in a process of its own: for what concerns the whole process.
#pragma once

#include <string>

namespace edo::test {

struct ChildEnd {
    ChildEnd() = default;

    int exit_code = -1;  // -1: it did not end by itself
    std::string output;  // both streams
};

/// Runs the case `SUITE/CASE` with one more environment variable and waits for the end.
[[nodiscard]] ChildEnd run_case_in_child(const std::string& name, const std::string& variable,
                                         const std::string& value);

/// Whether this process was started by `run_case_in_child`.
[[nodiscard]] bool is_child();

}  // namespace edo::test
