// SPDX-License-Identifier: MIT
#include "checker/runs.hpp"

#include "checker/engine.hpp"
#include "checker/registry.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>

namespace edo::model {

namespace {

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
    const char* const text = std::getenv(name);
    return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

Limits limits_of(const Bounds& bounds) {
    Limits limits;
    limits.preemptions = unsigned(from_environment("EDO_MODEL_PREEMPTIONS", bounds.preemptions));
    limits.stale_reads = unsigned(from_environment("EDO_MODEL_STALE_READS", bounds.stale_reads));
    limits.executions = from_environment("EDO_MODEL_EXECUTIONS", bounds.executions);
    limits.random = from_environment("EDO_MODEL_RANDOM", limits.random);
    return limits;
}

struct Timed {
    Report report;
    double seconds;
};

Timed run(void (*body)(), const Limits& limits) {
    const auto start = std::chrono::steady_clock::now();
    Report report = Engine::instance().run(body, limits);
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
    return {std::move(report), time.count()};
}

void print_figures(const char* verdict, const Timed& timed) {
    std::printf("%s, %zu executions%s in %.2f s\n", verdict, std::size_t(timed.report.executions),
                timed.report.complete ? "" : " (not all)", timed.seconds);
}

void print_failure(const Report& report) {
    std::printf("\n%s\n%s", report.failure.c_str(), report.trace.c_str());
    if (report.seed != 0) {
        std::printf("in the execution with the random seed %zu\n", std::size_t(report.seed));
    }
}

const Litmus* current_litmus = nullptr;

}  // namespace

bool run_check(const Check& check) {
    Engine::instance().sites().weaken_nothing();
    const Timed timed = run(check.body, limits_of(check.bounds));
    if (timed.report.has_failed) {
        print_failure(timed.report);
    }
    print_figures(timed.report.has_failed ? "FAILED" : "holds", timed);
    return !timed.report.has_failed;
}

bool run_control(const Control& control) {
    Sites& sites = Engine::instance().sites();
    sites.weaken(Weakened{control.function, control.text});
    const Timed timed = run(control.check.body, limits_of(control.check.bounds));
    const bool hit = sites.has_hit();
    if (!hit) {
        std::printf("FAILED: no operation of %s has \"%s\" in its line\n", control.function,
                    control.text);
    } else if (timed.report.has_failed && std::getenv("EDO_MODEL_VERBOSE") != nullptr) {
        print_failure(timed.report);
    }
    const bool found = hit && timed.report.has_failed && !timed.report.has_diverged;
    if (timed.report.has_diverged) {
        print_failure(timed.report);
    }
    print_figures(found ? "found" : "FAILED: not found", timed);
    if (found) {
        std::printf("    %s\n", timed.report.failure.c_str());
    }
    return found;
}

bool run_failing(const Failing& failing) {
    Engine::instance().sites().weaken_nothing();
    const Timed timed = run(failing.body, limits_of(failing.bounds));
    const bool found =
        timed.report.has_failed && timed.report.failure.find(failing.message) != std::string::npos;
    if (!found || std::getenv("EDO_MODEL_VERBOSE") != nullptr) {
        print_failure(timed.report);
    }
    print_figures(found ? "found" : "FAILED: not found", timed);
    return found;
}

bool run_litmus(const Litmus& litmus) {
    Engine::instance().sites().weaken_nothing();
    Outcomes::clear();
    current_litmus = &litmus;
    Limits limits;
    limits.preemptions = 4;
    limits.stale_reads = 4;
    const Timed timed = run([] { Outcomes::add(current_litmus->body()); }, limits);
    const bool right =
        !timed.report.has_failed && timed.report.complete && Outcomes::seen() == litmus.allowed;
    if (timed.report.has_failed) {
        print_failure(timed.report);
    }
    if (!right) {
        std::printf("\noutcomes seen: %zx, allowed: %zx\n", std::size_t(Outcomes::seen()),
                    std::size_t(litmus.allowed));
    }
    print_figures(right ? "as it should be" : "FAILED", timed);
    return right;
}

namespace {

struct Found {
    SiteKey key;
    std::vector<const Check*> checks;  // that execute it
};

/// What the checks with `part` in their names execute with more than relaxed order.
std::map<std::string, Found> all_sites(const char* part) {
    Sites& sites = Engine::instance().sites();
    std::map<std::string, Found> all;
    for (const Check* check = all_checks(); check != nullptr; check = check->next) {
        if ((std::string(check->suite) + "/" + check->name).find(part) == std::string::npos) {
            continue;
        }
        sites.weaken_nothing();
        run(check->body, limits_of(check->bounds));
        for (const SiteKey& key : sites.ordered_sites()) {
            Found& found = all[key.file.substr(key.file.rfind('/') + 1) + ":" +
                               std::to_string(key.line) + " " + name_of(key.operation)];
            found.key = key;
            found.checks.push_back(check);
        }
    }
    return all;
}

/// The first check that fails with it; null for none.
const Check* noticed_by(const Found& found, Order most) {
    Sites& sites = Engine::instance().sites();
    for (const Check* check : found.checks) {
        sites.weaken(found.key, most);
        const Report report = run(check->body, limits_of(check->bounds)).report;
        if (report.has_failed && !report.has_diverged) {
            return check;
        }
    }
    return nullptr;
}

}  // namespace

int sweep(const char* part) {
    for (const auto& [name, found] : all_sites(part)) {
        const std::string function = found.key.function.substr(0, found.key.function.find('('));
        for (const Order most : weaker_than(found.key.order, found.key.operation)) {
            const Check* const by = noticed_by(found, most);
            std::printf("%-9s %-38s %s -> %s  %s%s%s\n", by != nullptr ? "noticed" : "UNNOTICED",
                        name.c_str(), name_of(found.key.order), name_of(most), function.c_str(),
                        by != nullptr ? ", by " : "", by != nullptr ? by->name : "");
            std::fflush(stdout);
            if (by == nullptr && most == Order::Relaxed) {
                break;  // nor is what takes less away
            }
        }
    }
    return 0;
}

}  // namespace edo::model
