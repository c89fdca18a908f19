// SPDX-License-Identifier: MIT
// The example in the documentation of Runtime.
#include <edo/edo.hpp>

#include <chrono>
#include <iostream>
#include <utility>

using namespace std::chrono_literals;

namespace {

edo::Task<int> compute() {
    co_await edo::sleep(1ms);
    co_return 42;
}

void use_a_runtime() {
    //! [runtime]
    edo::Runtime runtime = edo::Builder::multi_thread(2).thread_name("worker").build();

    // From any thread: tasks are spawned through the runtime, and go on in the background.
    edo::JoinHandle<int> background = runtime.spawn(compute());

    // This thread waits for one task, which may await the others.
    const int answer = runtime.block_on([](edo::JoinHandle<int> handle) -> edo::Task<int> {
        const edo::JoinResult<int> result = co_await handle;
        co_return result.value();
    }(std::move(background)));
    std::cout << answer << '\n';

    // The destructor cancels what is left; this form waits for stuck tasks no longer than that.
    runtime.shutdown_timeout(1s);
    //! [runtime]
}

}  // namespace

int main() {
    use_a_runtime();
}
