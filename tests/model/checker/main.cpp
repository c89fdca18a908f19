// SPDX-License-Identifier: MIT
// Runs what is registered. Understands the two options of Boost.Test that CTest needs, and
//     --sweep [PART OF A NAME]    weakens each site in turn: which does no check notice?
// docs/model-checking.md tells how to read what is printed.
#include "checker/engine.hpp"
#include "checker/registry.hpp"
#include "checker/runs.hpp"

#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <vector>

using namespace edo::model;

namespace {

struct Case {
    std::string suite;
    std::string name;
    bool (*run)(const void*);
    const void* what;
};

template <class T, bool (*Run)(const T&)>
bool call(const void* what) {
    return Run(*static_cast<const T*>(what));
}

std::vector<Case> all_cases() {
    std::vector<Case> cases;
    for (const Litmus* at = all_litmus_tests(); at != nullptr; at = at->next) {
        cases.push_back({"litmus", at->name, &call<Litmus, &run_litmus>, at});
    }
    for (const Failing* at = all_failings(); at != nullptr; at = at->next) {
        cases.push_back({at->suite, at->name, &call<Failing, &run_failing>, at});
    }
    for (const Check* at = all_checks(); at != nullptr; at = at->next) {
        cases.push_back({at->suite, at->name, &call<Check, &run_check>, at});
    }
    for (const Control* at = all_controls(); at != nullptr; at = at->next) {
        cases.push_back({at->check.suite, at->name, &call<Control, &run_control>, at});
    }
    return cases;
}

int list(const std::vector<Case>& cases) {
    std::map<std::string, std::vector<std::string>> suites;
    for (const Case& one : cases) {
        suites[one.suite].push_back(one.name);
    }
    for (const auto& [suite, names] : suites) {
        std::printf("%s*\n", suite.c_str());
        for (const std::string& name : names) {
            std::printf("    %s*\n", name.c_str());
        }
    }
    return 0;
}

int run(const std::vector<Case>& cases, const std::string& which) {
    unsigned failed = 0;
    unsigned count = 0;
    for (const Case& one : cases) {
        const std::string name = one.suite + "/" + one.name;
        if (which.empty() || name == which || one.suite == which) {
            std::printf("%s: ", name.c_str());
            std::fflush(stdout);
            failed += one.run(one.what) ? 0 : 1;
            ++count;
        }
    }
    std::printf("%u of %u cases failed\n", failed, count);
    return failed != 0 || count == 0 ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
    constexpr const char* kRunTest = "--run_test=";
    std::string which;
    for (int i = 1; i < argc; ++i) {
        const std::string argument = argv[i];
        if (argument == "--list_content") {
            return list(all_cases());
        }
        if (argument == "--sweep") {
            return sweep(i + 1 < argc ? argv[i + 1] : "");
        }
        if (argument.starts_with(kRunTest)) {
            which = argument.substr(std::strlen(kRunTest));
        }
    }
    return run(all_cases(), which);
}
