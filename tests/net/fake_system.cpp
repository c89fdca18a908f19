// SPDX-License-Identifier: MIT
#include "fake_system.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <dlfcn.h>
#include <mutex>
#include <netdb.h>
#include <pthread.h>
#include <string_view>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace edo::test {

namespace {

struct State {
    std::mutex lock;
    std::condition_variable changed;
    std::size_t hanging = 0;
    std::size_t started = 0;
    std::size_t allowed = 0;
    bool open = true;  // nobody hangs
    std::string thread_name;

    std::deque<int> accept_errors;
    std::atomic<std::size_t> accept_calls{0};
};

State& state() {
    static auto* const instance = new State;  // threads may use it until the process is gone
    return *instance;
}

void hang() {
    State& s = state();
    std::unique_lock guard(s.lock);
    char name[16] = {};
    pthread_getname_np(pthread_self(), name, sizeof name);
    s.thread_name = name;
    ++s.started;
    ++s.hanging;
    s.changed.notify_all();
    s.changed.wait(guard, [&s] { return s.open || s.allowed > 0; });
    if (s.allowed > 0) {
        --s.allowed;
    }
    --s.hanging;
    s.changed.notify_all();
}

using LookUp = int (*)(const char*, const char*, const addrinfo*, addrinfo**);

LookUp real_look_up() {
    static const auto function = reinterpret_cast<LookUp>(::dlsym(RTLD_NEXT, "getaddrinfo"));
    return function;
}

void append(addrinfo*& list, addrinfo* more) {
    addrinfo** end = &list;
    while (*end != nullptr) {
        end = &(*end)->ai_next;
    }
    *end = more;
}

int look_up(std::string_view name, const char* node, const char* service, const addrinfo* hints,
            addrinfo** found) {
    if (name.ends_with(".slow.test")) {
        hang();
        return real_look_up()("127.0.0.1", service, hints, found);
    }
    if (name == "missing.test") {
        return EAI_NONAME;
    }
    if (name == "two.test") {
        *found = nullptr;
        for (const char* address : {"127.0.0.2", "127.0.0.1", "127.0.0.2", "127.0.0.1"}) {
            addrinfo* one = nullptr;
            real_look_up()(address, service, hints, &one);
            append(*found, one);
        }
        return 0;
    }
    return real_look_up()(node, service, hints, found);
}

}  // namespace

SlowLookUps::SlowLookUps() {
    State& s = state();
    const std::lock_guard guard(s.lock);
    s.open = false;
    s.started = 0;
    s.allowed = 0;
}

SlowLookUps::~SlowLookUps() {
    State& s = state();
    std::unique_lock guard(s.lock);
    s.open = true;
    s.changed.notify_all();
    s.changed.wait(guard, [&s] { return s.hanging == 0; });
}

void SlowLookUps::wait_until_hanging(std::size_t count) {
    State& s = state();
    std::unique_lock guard(s.lock);
    s.changed.wait(guard, [&s, count] { return s.hanging == count; });
}

std::size_t SlowLookUps::hanging() {
    const std::lock_guard guard(state().lock);
    return state().hanging;
}

std::size_t SlowLookUps::started() {
    const std::lock_guard guard(state().lock);
    return state().started;
}

void SlowLookUps::release(std::size_t count) {
    const std::lock_guard guard(state().lock);
    state().allowed += count;
    state().changed.notify_all();
}

std::string SlowLookUps::thread_name() {
    const std::lock_guard guard(state().lock);
    return state().thread_name;
}

void fail_accepts(std::initializer_list<int> errors) {
    const std::lock_guard guard(state().lock);
    state().accept_errors.assign(errors);
}

std::size_t accept_calls() {
    return state().accept_calls.load();
}

}  // namespace edo::test

extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints,
                           addrinfo** found) {
    const std::string_view name = node != nullptr ? node : "";
    return edo::test::look_up(name, node, service, hints, found);
}

extern "C" int accept4(int listener, sockaddr* address, socklen_t* size, int flags) {
    auto& s = edo::test::state();
    s.accept_calls.fetch_add(1);
    {
        const std::lock_guard guard(s.lock);
        if (!s.accept_errors.empty()) {
            errno = s.accept_errors.front();
            s.accept_errors.pop_front();
            return -1;
        }
    }
    return int(::syscall(SYS_accept4, listener, address, size, flags));
}
