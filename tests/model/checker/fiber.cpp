// SPDX-License-Identifier: MIT
#include "checker/fiber.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <pthread.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

// void edo_model_switch(void** save, void* stack_pointer, void* thread_pointer): saves what a
// function must preserve on the old stack, takes it from the new one. The last instruction but the
// pops sets the FS register, by `wrfsbase`, or where the kernel does not allow it by `arch_prctl`.
asm(R"(
    .text
    .p2align 4
    .globl edo_model_switch
    .type edo_model_switch, @function
edo_model_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    cmpb $0, edo_model_can_set_fs(%rip)
    je 1f
    .byte 0xf3, 0x48, 0x0f, 0xae, 0xd2
    jmp 2f
1:  movl $158, %eax
    movl $0x1002, %edi
    movq %rdx, %rsi
    syscall
2:  popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
    .size edo_model_switch, . - edo_model_switch
)");

extern "C" {
void edo_model_switch(void** save, void* stack_pointer, void* thread_pointer);
[[gnu::used]] bool edo_model_can_set_fs = false;
}

namespace edo::model {

namespace {

[[noreturn]] void fail(const char* what) {
    std::perror(what);
    std::_Exit(2);
}

}  // namespace

void Fiber::adopt_this_thread() noexcept {
    constexpr unsigned long kFsGsBase = 2;  // HWCAP2_FSGSBASE
    edo_model_can_set_fs = (::getauxval(AT_HWCAP2) & kFsGsBase) != 0;
    thread_pointer_ = reinterpret_cast<void*>(::pthread_self());
}

void* Fiber::sleep_for_ever(void* fiber) {
    auto& self = *static_cast<Fiber*>(fiber);
    self.prepare_();
    // On x86-64 the thread pointer is the handle of the thread.
    __atomic_store_n(&self.thread_pointer_, reinterpret_cast<void*>(::pthread_self()),
                     __ATOMIC_RELEASE);
    for (;;) {
        ::pause();
    }
}

void Fiber::create(Entry prepare) {
    prepare_ = prepare;
    constexpr std::size_t kGuard = 4096;
    void* const memory = ::mmap(nullptr, kGuard + kStack, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (memory == MAP_FAILED || ::mprotect(memory, kGuard, PROT_NONE) != 0) {
        fail("model: mmap");
    }
    stack_ = static_cast<std::byte*>(memory) + kGuard;
    pthread_t thread{};
    if (::pthread_create(&thread, nullptr, &Fiber::sleep_for_ever, this) != 0) {
        fail("model: pthread_create");
    }
    while (__atomic_load_n(&thread_pointer_, __ATOMIC_ACQUIRE) == nullptr) {
        ::usleep(100);
    }
}

void Fiber::start(Entry entry) noexcept {
    // As if `entry` had been called: the stack is off by eight from a multiple of sixteen there.
    auto* top = reinterpret_cast<std::uintptr_t*>(stack_ + kStack);
    *--top = 0;
    *--top = reinterpret_cast<std::uintptr_t>(entry);
    for (int saved = 0; saved < 6; ++saved) {
        *--top = 0;
    }
    stack_pointer_ = top;
}

void Fiber::switch_to(Fiber& from, Fiber& to) noexcept {
    edo_model_switch(&from.stack_pointer_, to.stack_pointer_, to.thread_pointer_);
}

}  // namespace edo::model
