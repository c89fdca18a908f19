// SPDX-License-Identifier: MIT
// Where in the sources an instruction comes from.
#pragma once

#include <string>
#include <vector>

namespace edo::model {

struct Frame {
    std::string function;
    std::string file;
    unsigned line = 0;

    /// `function file:line`, with the file's name alone.
    [[nodiscard]] std::string text() const;
    /// The line of source that it names; empty if the file cannot be read.
    [[nodiscard]] std::string source() const;
};

/// Starts llvm-symbolizer, which is asked later, if it does not run yet.
void start_symbolizer();

/// The function of the instruction before `pc`, and those into which it was inlined, innermost
/// first, without those of the standard library. Empty if the symbolizer is not there.
std::vector<Frame> frames_of(const void* pc);

}  // namespace edo::model
