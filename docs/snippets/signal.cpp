// SPDX-License-Identifier: MIT
#include <edo/edo.hpp>
#include <edo/runtime/signal/signal.hpp>

#include <csignal>

namespace snippets {

edo::Task<void> serve();
void read_configuration();

//! [ctrl_c]
edo::Task<void> serve_until_ctrl_c() {
    // Whichever is first; Ctrl-C destroys the server where it waits.
    static_cast<void>(co_await edo::select(serve(), edo::signal::ctrl_c()));
}
//! [ctrl_c]

//! [signal]
edo::Task<edo::Result<void>> reload_on_hangup() {
    using edo::signal::Signal;
    Signal hangup = co_await edo::propagate(Signal::create(SIGHUP));
    Signal terminate = co_await edo::propagate(Signal::create(SIGTERM));
    for (;;) {
        const auto first = co_await edo::select(hangup.recv(), terminate.recv());
        if (first.is<1>()) {
            co_return edo::Result<void>();
        }
        read_configuration();
    }
}
//! [signal]

}  // namespace snippets
