// SPDX-License-Identifier: MIT
// The command line of the load generators: pairs of an option and its value.

#pragma once

#include <charconv>
#include <chrono>
#include <cstdint>
#include <map>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <vector>

namespace load {

/// Thrown for a mistake in the command line; the text says which.
struct UsageError {
    std::string what;
};

/// Hands out the value of each option once; what nobody has asked for is a mistake.
class Arguments {
public:
    /// @throws UsageError when something is no option, or has no value.
    Arguments(int argc, char** argv);

    /// The number behind `name`, or `otherwise` when it is not there.
    /// @throws UsageError when it is no number, or out of range.
    template <class Number>
    Number number(std::string_view name, Number otherwise, Number lowest, Number highest) {
        const std::string text = take(name);
        return text.empty() ? otherwise : parse(text, lowest, highest);
    }

    std::string text(std::string_view name, std::string otherwise);
    std::chrono::nanoseconds seconds(std::string_view name, std::chrono::nanoseconds otherwise);
    /// A list such as `0,2-3`; empty when it is not there.
    std::vector<int> cpus(std::string_view name);
    /// From `--host` and `--port`; 127.0.0.1 and port 0 when they are not there.
    sockaddr_in address();

    /// @throws UsageError when there are options that nobody has asked for.
    void finish() const;

private:
    template <class Number>
    static Number parse(std::string_view text, Number lowest, Number highest) {
        Number number{};
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        const bool whole = error == std::errc{} && end == text.data() + text.size();
        if (!whole || !(number >= lowest && number <= highest)) {
            throw UsageError{"not a number in range: '" + std::string(text) + "'"};
        }
        return number;
    }

    std::string take(std::string_view name);

    std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace load
