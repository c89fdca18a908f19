// SPDX-License-Identifier: MIT
#include "common/run.hpp"

#include "common/arguments.hpp"
#include <edo/runtime/runtime.hpp>
#include <edo/runtime/select.hpp>
#include <edo/runtime/signal/signal.hpp>

#include <csignal>
#include <exception>
#include <utility>

namespace example {

namespace {

edo::Task<int> until_interrupted(edo::Task<int> program) {
    // Listening starts here, before the program can have told anybody that it is there.
    edo::signal::Signal interrupt = edo::signal::Signal::create(SIGINT).value();
    edo::signal::Signal terminate = edo::signal::Signal::create(SIGTERM).value();

    auto first = co_await edo::select(std::move(program), interrupt.recv(), terminate.recv());
    const int* const exit_code = first.get_if<0>();
    if (exit_code == nullptr) {
        co_return 0;
    }
    co_return *exit_code;
}

}  // namespace

int run(edo::Task<int> program, unsigned workers) {
    try {
        edo::Runtime runtime = edo::Builder::multi_thread(workers).build();
        return runtime.block_on(until_interrupted(std::move(program)));
    } catch (const std::exception& error) {
        complain(error.what());
        return 1;
    }
}

}  // namespace example
