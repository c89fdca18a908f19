// SPDX-License-Identifier: MIT
// Environment variables with a value that means nothing are errors, not ignored.
#include "support/environment_variable.hpp"
#include "support/leak_guard.hpp"
#include <edo/edo.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>

using edo::test::EnvironmentVariable;
using edo::test::LeakGuard;

namespace {

/// What a runtime that cannot be started says; empty when it can.
std::string complaint(edo::Builder builder) {
    try {
        static_cast<void>(builder.build());
        return {};
    } catch (const edo::UsageError& error) {
        return error.what();
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(environment)

BOOST_AUTO_TEST_CASE(a_reactor_must_be_one_of_those_there_are) {
    const LeakGuard guard;
    for (const char* const name : {"epoll", "asio", "io_uring", ""}) {
        const EnvironmentVariable variable("EDO_REACTOR", name);
        BOOST_TEST(complaint(edo::Builder::current_thread()) == "");
    }
    for (const char* const name : {"EPOLL", "epol", "io-uring", " asio", "1"}) {
        const EnvironmentVariable variable("EDO_REACTOR", name);
        const std::string wanted =
            "edo: EDO_REACTOR must be epoll, asio or io_uring, not '" + std::string(name) + "'";
        BOOST_TEST(complaint(edo::Builder::current_thread()) == wanted);
        BOOST_TEST(complaint(edo::Builder::multi_thread(2)) == wanted);
        // What the program says counts.
        auto builder = edo::Builder::current_thread();
        builder.reactor(edo::ReactorKind::Epoll);
        BOOST_TEST(complaint(std::move(builder)) == "");
    }
}

BOOST_AUTO_TEST_CASE(a_level_of_the_log_must_be_one_of_those_there_are) {
    const LeakGuard guard;
    for (const char* const level :
         {"trace", "debug", "info", "warn", "warning", "err", "error", "critical", "off", ""}) {
        const EnvironmentVariable variable("EDO_LOG", level);
        BOOST_TEST(complaint(edo::Builder::current_thread()) == "");
    }
    for (const char* const level : {"verbose", "INFO", "0", "of", "info,debug"}) {
        const EnvironmentVariable variable("EDO_LOG", level);
        const std::string wanted =
            "edo: EDO_LOG must be trace, debug, info, warn, error, critical or off, not '" +
            std::string(level) + "'";
        BOOST_TEST(complaint(edo::Builder::current_thread()) == wanted);
        BOOST_TEST(complaint(edo::Builder::multi_thread(2)) == wanted);
    }
}

BOOST_AUTO_TEST_SUITE_END()
