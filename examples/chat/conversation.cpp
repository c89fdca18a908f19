// SPDX-License-Identifier: MIT
#include "conversation.hpp"

#include "common/printable.hpp"

#include <iostream>
#include <syncstream>

namespace chat {

namespace {

constexpr std::size_t kLongestName = 32;

}  // namespace

std::string checked_name(const std::string& line) {
    std::string name = example::printable(line);
    const bool is_word = name.find_first_of(" \t:,*") == std::string::npos;
    if (name.empty() || name.size() > kLongestName || !is_word) {
        return "* A name is one word of at most 32 bytes, without any of : , *";
    }
    return name;
}

void report(const std::string& line) {
    std::osyncstream(std::cout) << line << std::endl;
}

}  // namespace chat
