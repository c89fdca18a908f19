// SPDX-License-Identifier: MIT
// The functions that clang's `-fsanitize=thread` calls for each access to memory: the interface of
// ThreadSanitizer's runtime, implemented by the model checker.
#include "checker/engine.hpp"

#include <cstring>

namespace edo::model {

namespace {

using Inside = Engine::Inside;

[[nodiscard]] Engine& engine() noexcept {
    return Engine::instance();
}

void plain(const volatile void* address, std::size_t size, bool write, const void* pc) {
    if (Engine::is_modelling()) {
        const Inside inside;
        engine().access({reinterpret_cast<std::uintptr_t>(address), size, write, false, pc});
    }
}

template <class T>
T load(const volatile T* address, int order, const void* pc) {
    if (!Engine::is_modelling()) {
        return __atomic_load_n(address, __ATOMIC_SEQ_CST);
    }
    const Inside inside;
    return T(engine().load(const_cast<const T*>(address), sizeof(T), Order(order), pc));
}

template <class T>
void store(volatile T* address, T value, int order, const void* pc) {
    if (!Engine::is_modelling()) {
        __atomic_store_n(address, value, __ATOMIC_SEQ_CST);
        return;
    }
    const Inside inside;
    engine().store(const_cast<T*>(address), sizeof(T), value, Order(order), pc);
}

template <class T, class Change>
T update(volatile T* address, int order, const void* pc, Change change) {
    if (!Engine::is_modelling()) {
        const T before = *address;  // no other thread runs then
        *address = change(before);
        return before;
    }
    const Inside inside;
    return T(
        engine().update(const_cast<T*>(address), sizeof(T), Order(order), pc,
                        [&](std::uint64_t before) { return std::uint64_t(change(T(before))); }));
}

template <class T>
T swap_if(volatile T* address, T expected, T desired, int success, int failure, const void* pc) {
    if (!Engine::is_modelling()) {
        const T before = *address;
        *address = before == expected ? desired : before;
        return before;
    }
    const Inside inside;
    return T(engine().compare_and_swap(const_cast<T*>(address), sizeof(T), expected, desired,
                                       Order(success), Order(failure), pc));
}

}  // namespace

}  // namespace edo::model

// NOLINTBEGIN: the names are the compiler's

using namespace edo::model;

extern "C" {

void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}

void __tsan_read1(void* a) {
    plain(a, 1, false, __builtin_return_address(0));
}
void __tsan_write1(void* a) {
    plain(a, 1, true, __builtin_return_address(0));
}
void __tsan_read2(void* a) {
    plain(a, 2, false, __builtin_return_address(0));
}
void __tsan_unaligned_read2(void* a) {
    plain(a, 2, false, __builtin_return_address(0));
}
void __tsan_write2(void* a) {
    plain(a, 2, true, __builtin_return_address(0));
}
void __tsan_unaligned_write2(void* a) {
    plain(a, 2, true, __builtin_return_address(0));
}
void __tsan_read4(void* a) {
    plain(a, 4, false, __builtin_return_address(0));
}
void __tsan_unaligned_read4(void* a) {
    plain(a, 4, false, __builtin_return_address(0));
}
void __tsan_write4(void* a) {
    plain(a, 4, true, __builtin_return_address(0));
}
void __tsan_unaligned_write4(void* a) {
    plain(a, 4, true, __builtin_return_address(0));
}
void __tsan_read8(void* a) {
    plain(a, 8, false, __builtin_return_address(0));
}
void __tsan_unaligned_read8(void* a) {
    plain(a, 8, false, __builtin_return_address(0));
}
void __tsan_write8(void* a) {
    plain(a, 8, true, __builtin_return_address(0));
}
void __tsan_unaligned_write8(void* a) {
    plain(a, 8, true, __builtin_return_address(0));
}
void __tsan_read16(void* a) {
    plain(a, 16, false, __builtin_return_address(0));
}
void __tsan_unaligned_read16(void* a) {
    plain(a, 16, false, __builtin_return_address(0));
}
void __tsan_write16(void* a) {
    plain(a, 16, true, __builtin_return_address(0));
}
void __tsan_unaligned_write16(void* a) {
    plain(a, 16, true, __builtin_return_address(0));
}
void __tsan_read_write1(void* a) {
    plain(a, 1, true, __builtin_return_address(0));
}
void __tsan_read_write2(void* a) {
    plain(a, 2, true, __builtin_return_address(0));
}
void __tsan_unaligned_read_write2(void* a) {
    plain(a, 2, true, __builtin_return_address(0));
}
void __tsan_read_write4(void* a) {
    plain(a, 4, true, __builtin_return_address(0));
}
void __tsan_unaligned_read_write4(void* a) {
    plain(a, 4, true, __builtin_return_address(0));
}
void __tsan_read_write8(void* a) {
    plain(a, 8, true, __builtin_return_address(0));
}
void __tsan_unaligned_read_write8(void* a) {
    plain(a, 8, true, __builtin_return_address(0));
}
void __tsan_read_write16(void* a) {
    plain(a, 16, true, __builtin_return_address(0));
}
void __tsan_unaligned_read_write16(void* a) {
    plain(a, 16, true, __builtin_return_address(0));
}

void __tsan_read_range(void* a, unsigned long n) {
    plain(a, n, false, __builtin_return_address(0));
}
void __tsan_write_range(void* a, unsigned long n) {
    plain(a, n, true, __builtin_return_address(0));
}
void __tsan_vptr_read(void** a) {
    plain(a, sizeof *a, false, __builtin_return_address(0));
}
void __tsan_vptr_update(void** a, void*) {
    plain(a, sizeof *a, true, __builtin_return_address(0));
}

void* __tsan_memcpy(void* to, const void* from, std::size_t n) {
    plain(from, n, false, __builtin_return_address(0));
    plain(to, n, true, __builtin_return_address(0));
    return std::memcpy(to, from, n);
}
void* __tsan_memmove(void* to, const void* from, std::size_t n) {
    plain(from, n, false, __builtin_return_address(0));
    plain(to, n, true, __builtin_return_address(0));
    return std::memmove(to, from, n);
}
void* __tsan_memset(void* to, int value, std::size_t n) {
    plain(to, n, true, __builtin_return_address(0));
    return std::memset(to, value, n);
}

void __tsan_atomic_thread_fence(int order) {
    if (Engine::is_modelling()) {
        const Inside inside;
        engine().fence(Order(order), __builtin_return_address(0));
    }
}
void __tsan_atomic_signal_fence(int) {}

std::uint8_t __tsan_atomic8_load(const volatile std::uint8_t* a, int order) {
    return load(a, order, __builtin_return_address(0));
}
void __tsan_atomic8_store(volatile std::uint8_t* a, std::uint8_t v, int order) {
    store(a, v, order, __builtin_return_address(0));
}
std::uint8_t __tsan_atomic8_compare_exchange_val(volatile std::uint8_t* a, std::uint8_t expected,
                                                 std::uint8_t desired, int success, int failure) {
    return swap_if(a, expected, desired, success, failure, __builtin_return_address(0));
}
std::uint8_t __tsan_atomic8_exchange(volatile std::uint8_t* a, std::uint8_t v, int order) {
    return update(a, order, __builtin_return_address(0), [v](std::uint8_t) { return v; });
}
std::uint8_t __tsan_atomic8_fetch_add(volatile std::uint8_t* a, std::uint8_t v, int order) {
    return update(a, order, __builtin_return_address(0),
                  [v](std::uint8_t x) { return std::uint8_t(x + v); });
}
std::uint8_t __tsan_atomic8_fetch_sub(volatile std::uint8_t* a, std::uint8_t v, int order) {
    return update(a, order, __builtin_return_address(0),
                  [v](std::uint8_t x) { return std::uint8_t(x - v); });
}
std::uint8_t __tsan_atomic8_fetch_and(volatile std::uint8_t* a, std::uint8_t v, int order) {
    return update(a, order, __builtin_return_address(0),
                  [v](std::uint8_t x) { return std::uint8_t(x & v); });
}
std::uint8_t __tsan_atomic8_fetch_or(volatile std::uint8_t* a, std::uint8_t v, int order) {
    return update(a, order, __builtin_return_address(0),
                  [v](std::uint8_t x) { return std::uint8_t(x | v); });
}
std::uint8_t __tsan_atomic8_fetch_xor(volatile std::uint8_t* a, std::uint8_t v, int order) {
    return update(a, order, __builtin_return_address(0),
                  [v](std::uint8_t x) { return std::uint8_t(x ^ v); });
}
std::uint8_t __tsan_atomic8_fetch_nand(volatile std::uint8_t* a, std::uint8_t v, int order) {
    return update(a, order, __builtin_return_address(0),
                  [v](std::uint8_t x) { return std::uint8_t(~(x & v)); });
}

std::uint16_t __tsan_atomic16_load(const volatile std::uint16_t* a, int order) {
    return load(a, order, __builtin_return_address(0));
}
void __tsan_atomic16_store(volatile std::uint16_t* a, std::uint16_t v, int order) {
    store(a, v, order, __builtin_return_address(0));
}
std::uint16_t __tsan_atomic16_compare_exchange_val(volatile std::uint16_t* a,
                                                   std::uint16_t expected, std::uint16_t desired,
                                                   int success, int failure) {
    return swap_if(a, expected, desired, success, failure, __builtin_return_address(0));
}
std::uint16_t __tsan_atomic16_exchange(volatile std::uint16_t* a, std::uint16_t v, int order) {
    return update(a, order, __builtin_return_address(0), [v](std::uint16_t) { return v; });
}
std::uint16_t __tsan_atomic16_fetch_add(volatile std::uint16_t* a, std::uint16_t v, int order) {
    return update(a, order, __builtin_return_address(0),
                  [v](std::uint16_t x) { return std::uint16_t(x + v); });
}
std::uint16_t __tsan_atomic16_fetch_sub(volatile std::uint16_t* a, std::uint16_t v, int order) {
    return update(a, order, __builtin_return_address(0),
                  [v](std::uint16_t x) { return std::uint16_t(x - v); });
}
std::uint16_t __tsan_atomic16_fetch_and(volatile std::uint16_t* a, std::uint16_t v, int order) {
    return update(a, order, __builtin_return_address(0),
                  [v](std::uint16_t x) { return std::uint16_t(x & v); });
}
std::uint16_t __tsan_atomic16_fetch_or(volatile std::uint16_t* a, std::uint16_t v, int order) {
    return update(a, order, __builtin_return_address(0),
                  [v](std::uint16_t x) { return std::uint16_t(x | v); });
}
std::uint16_t __tsan_atomic16_fetch_xor(volatile std::uint16_t* a, std::uint16_t v, int order) {
    return update(a, order, __builtin_return_address(0),
                  [v](std::uint16_t x) { return std::uint16_t(x ^ v); });
}
std::uint16_t __tsan_atomic16_fetch_nand(volatile std::uint16_t* a, std::uint16_t v, int order) {
    return update(a, order, __builtin_return_address(0),
                  [v](std::uint16_t x) { return std::uint16_t(~(x & v)); });
}

std::uint32_t __tsan_atomic32_load(const volatile std::uint32_t* a, int order) {
    return load(a, order, __builtin_return_address(0));
}
void __tsan_atomic32_store(volatile std::uint32_t* a, std::uint32_t v, int order) {
    store(a, v, order, __builtin_return_address(0));
}
std::uint32_t __tsan_atomic32_compare_exchange_val(volatile std::uint32_t* a,
                                                   std::uint32_t expected, std::uint32_t desired,
                                                   int success, int failure) {
    return swap_if(a, expected, desired, success, failure, __builtin_return_address(0));
}
std::uint32_t __tsan_atomic32_exchange(volatile std::uint32_t* a, std::uint32_t v, int order) {
    return update(a, order, __builtin_return_address(0), [v](std::uint32_t) { return v; });
}
std::uint32_t __tsan_atomic32_fetch_add(volatile std::uint32_t* a, std::uint32_t v, int order) {
    return update(a, order, __builtin_return_address(0),
                  [v](std::uint32_t x) { return std::uint32_t(x + v); });
}
std::uint32_t __tsan_atomic32_fetch_sub(volatile std::uint32_t* a, std::uint32_t v, int order) {
    return update(a, order, __builtin_return_address(0),
                  [v](std::uint32_t x) { return std::uint32_t(x - v); });
}
std::uint32_t __tsan_atomic32_fetch_and(volatile std::uint32_t* a, std::uint32_t v, int order) {
    return update(a, order, __builtin_return_address(0),
                  [v](std::uint32_t x) { return std::uint32_t(x & v); });
}
std::uint32_t __tsan_atomic32_fetch_or(volatile std::uint32_t* a, std::uint32_t v, int order) {
    return update(a, order, __builtin_return_address(0),
                  [v](std::uint32_t x) { return std::uint32_t(x | v); });
}
std::uint32_t __tsan_atomic32_fetch_xor(volatile std::uint32_t* a, std::uint32_t v, int order) {
    return update(a, order, __builtin_return_address(0),
                  [v](std::uint32_t x) { return std::uint32_t(x ^ v); });
}
std::uint32_t __tsan_atomic32_fetch_nand(volatile std::uint32_t* a, std::uint32_t v, int order) {
    return update(a, order, __builtin_return_address(0),
                  [v](std::uint32_t x) { return std::uint32_t(~(x & v)); });
}

std::uint64_t __tsan_atomic64_load(const volatile std::uint64_t* a, int order) {
    return load(a, order, __builtin_return_address(0));
}
void __tsan_atomic64_store(volatile std::uint64_t* a, std::uint64_t v, int order) {
    store(a, v, order, __builtin_return_address(0));
}
std::uint64_t __tsan_atomic64_compare_exchange_val(volatile std::uint64_t* a,
                                                   std::uint64_t expected, std::uint64_t desired,
                                                   int success, int failure) {
    return swap_if(a, expected, desired, success, failure, __builtin_return_address(0));
}
std::uint64_t __tsan_atomic64_exchange(volatile std::uint64_t* a, std::uint64_t v, int order) {
    return update(a, order, __builtin_return_address(0), [v](std::uint64_t) { return v; });
}
std::uint64_t __tsan_atomic64_fetch_add(volatile std::uint64_t* a, std::uint64_t v, int order) {
    return update(a, order, __builtin_return_address(0),
                  [v](std::uint64_t x) { return std::uint64_t(x + v); });
}
std::uint64_t __tsan_atomic64_fetch_sub(volatile std::uint64_t* a, std::uint64_t v, int order) {
    return update(a, order, __builtin_return_address(0),
                  [v](std::uint64_t x) { return std::uint64_t(x - v); });
}
std::uint64_t __tsan_atomic64_fetch_and(volatile std::uint64_t* a, std::uint64_t v, int order) {
    return update(a, order, __builtin_return_address(0),
                  [v](std::uint64_t x) { return std::uint64_t(x & v); });
}
std::uint64_t __tsan_atomic64_fetch_or(volatile std::uint64_t* a, std::uint64_t v, int order) {
    return update(a, order, __builtin_return_address(0),
                  [v](std::uint64_t x) { return std::uint64_t(x | v); });
}
std::uint64_t __tsan_atomic64_fetch_xor(volatile std::uint64_t* a, std::uint64_t v, int order) {
    return update(a, order, __builtin_return_address(0),
                  [v](std::uint64_t x) { return std::uint64_t(x ^ v); });
}
std::uint64_t __tsan_atomic64_fetch_nand(volatile std::uint64_t* a, std::uint64_t v, int order) {
    return update(a, order, __builtin_return_address(0),
                  [v](std::uint64_t x) { return std::uint64_t(~(x & v)); });
}

}  // extern "C"

// NOLINTEND
