// SPDX-License-Identifier: MIT
// Functions of the C library that the code under test calls, and that mean something else in a
// modelled execution: memory, mutexes, and the ways to wait. Defined in the program they go before
// those of the library, also for calls from inside other libraries.
#include "checker/engine.hpp"

#include <cerrno>
#include <cstdarg>
#include <cstring>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <map>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>

namespace edo::model {

namespace {

using Inside = Engine::Inside;

[[nodiscard]] Engine& engine() noexcept {
    return Engine::instance();
}

struct Mutex {
    Knowledge released;
    bool locked = false;
};

/// By address; all are free between executions.
std::map<void*, Mutex>& mutexes() {
    static std::map<void*, Mutex> all;
    return all;
}

void lock(void* address, const void* pc) {
    engine().point(address);
    Mutex& mutex = mutexes()[address];
    engine().wait_until([](void* it) { return !static_cast<Mutex*>(it)->locked; }, &mutex, pc);
    mutex.locked = true;
    engine().memory().acquire_from(engine().thread(), mutex.released);
}

bool try_lock(void* address) {
    engine().point(address);
    Mutex& mutex = mutexes()[address];
    if (mutex.locked) {
        return false;
    }
    mutex.locked = true;
    engine().memory().acquire_from(engine().thread(), mutex.released);
    return true;
}

void unlock(void* address) {
    Mutex& mutex = mutexes()[address];
    mutex.locked = false;
    engine().memory().release_to(engine().thread(), mutex.released);
    engine().changed(true);
}

// ---- futexes -----------------------------------------------------------------------------------

struct Sleeper {
    const void* address;
    bool woken = false;
};
std::vector<Sleeper*>& sleepers() {
    static std::vector<Sleeper*> all;
    return all;
}

long futex_wait(const void* address, std::uint32_t expected, const void* pc) {
    // The kernel compares with the last store, under a lock.
    engine().point(address);
    if (*static_cast<const volatile std::uint32_t*>(address) != expected) {
        errno = EAGAIN;
        return -1;
    }
    Sleeper self{address};
    sleepers().push_back(&self);
    engine().wait_until([](void* it) { return static_cast<Sleeper*>(it)->woken; }, &self, pc);
    return 0;
}

long futex_wake(const void* address, int most) {
    engine().point(address);
    int woken = 0;
    auto& all = sleepers();
    for (std::size_t i = 0; i < all.size() && woken < most;) {
        if (all[i]->address != address) {
            ++i;
            continue;
        }
        all[i]->woken = true;
        all.erase(all.begin() + std::ptrdiff_t(i));
        ++woken;
    }
    return woken;
}

long system_call(long number, long a, long b, long c, long d, long e, long f) noexcept {
    register long r10 asm("r10") = d;
    register long r8 asm("r8") = e;
    register long r9 asm("r9") = f;
    long result = number;
    asm volatile("syscall"
                 : "+a"(result)
                 : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                 : "rcx", "r11", "memory");
    if (result < 0 && result > -4096) {
        errno = int(-result);
        return -1;
    }
    return result;
}

}  // namespace

/// Before each execution: one that failed may have left something.
void forget_locks() {
    mutexes().clear();
    sleepers().clear();
}

}  // namespace edo::model

// NOLINTBEGIN: the names are the library's

using namespace edo::model;

extern "C" {

void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* block, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
void __libc_free(void* block);

void* malloc(std::size_t size) {
    if (!Engine::is_modelling()) {
        return __libc_malloc(size);
    }
    const Inside inside;
    return engine().allocate(size, 16, __builtin_return_address(0));
}

void* calloc(std::size_t count, std::size_t size) {
    if (!Engine::is_modelling()) {
        return __libc_calloc(count, size);
    }
    const Inside inside;
    return std::memset(engine().allocate(count * size, 16, __builtin_return_address(0)), 0,
                       count * size);
}

void* memalign(std::size_t alignment, std::size_t size) {
    if (!Engine::is_modelling()) {
        return __libc_memalign(alignment, size);
    }
    const Inside inside;
    return engine().allocate(size, alignment, __builtin_return_address(0));
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
    return memalign(alignment, size);
}
int posix_memalign(void** block, std::size_t alignment, std::size_t size) {
    *block = memalign(alignment, size);
    return *block == nullptr ? ENOMEM : 0;
}

void free(void* block) {
    if (Engine::is_modelling()) {
        const Inside inside;
        if (engine().free(block, __builtin_return_address(0))) {
            return;
        }
    }
    __libc_free(block);
}

void* realloc(void* block, std::size_t size) {
    if (!Engine::is_modelling()) {
        return __libc_realloc(block, size);
    }
    const Inside inside;
    void* const pc = __builtin_return_address(0);
    void* const fresh = engine().allocate(size, 16, pc);
    if (block != nullptr) {
        std::memcpy(fresh, block, std::min(size, engine().size_of(block)));
        engine().free(block, pc);
    }
    return fresh;
}

// The mutexes of the checker itself, of which there are none in use by two threads, need no
// locking.
int pthread_mutex_lock(pthread_mutex_t* mutex) {
    if (Engine::is_modelling()) {
        const Inside inside;
        lock(mutex, __builtin_return_address(0));
    }
    return 0;
}
int pthread_mutex_trylock(pthread_mutex_t* mutex) {
    if (Engine::is_modelling()) {
        const Inside inside;
        return try_lock(mutex) ? 0 : EBUSY;
    }
    return 0;
}
int pthread_mutex_unlock(pthread_mutex_t* mutex) {
    if (Engine::is_modelling()) {
        const Inside inside;
        unlock(mutex);
    }
    return 0;
}

int sched_yield() {
    if (Engine::is_modelling()) {
        const Inside inside;
        engine().yield(__builtin_return_address(0));
    }
    return 0;
}

long syscall(long number, ...) {
    va_list list;
    va_start(list, number);
    const long a = va_arg(list, long);
    const long b = va_arg(list, long);
    const long c = va_arg(list, long);
    const long d = va_arg(list, long);
    const long e = va_arg(list, long);
    const long f = va_arg(list, long);
    va_end(list);
    if (!Engine::is_modelling()) {
        return system_call(number, a, b, c, d, e, f);
    }
    const Inside inside;
    void* const pc = __builtin_return_address(0);
    if (number == SYS_membarrier) {
        if (a == MEMBARRIER_CMD_PRIVATE_EXPEDITED) {
            engine().fence_all(pc);
        }
        return 0;
    }
    if (number == SYS_futex) {
        const auto* const address = reinterpret_cast<const void*>(a);
        const long command = b & FUTEX_CMD_MASK;
        if (command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET) {
            return futex_wait(address, std::uint32_t(c), pc);
        }
        if (command == FUTEX_WAKE || command == FUTEX_WAKE_BITSET) {
            return futex_wake(address, int(c));
        }
    }
    engine().fail("the system call " + std::to_string(number) + ", which is not modelled");
}

}  // extern "C"

// NOLINTEND
