// SPDX-License-Identifier: MIT

// The main function of every test executable. Without arguments it runs all test cases.

#define BOOST_TEST_NO_MAIN
#define BOOST_TEST_ALTERNATIVE_INIT_API
#include <boost/test/unit_test.hpp>

#include <cstdlib>

int main(int argc, char** argv) {
    // By default Boost.Test takes over signals, SIGCHLD too. Sanitizers and the tests of signals
    // and child processes need their own handlers.
    setenv("BOOST_TEST_CATCH_SYSTEM_ERRORS", "no", 0);
    return boost::unit_test::unit_test_main([] { return true; }, argc, argv);
}
