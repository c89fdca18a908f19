// SPDX-License-Identifier: MIT
#include "alloc/failing_new.hpp"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace edo::test {

namespace {

std::atomic<long> live = 0;
thread_local constinit int countdown = 0;  // 0: none fails
thread_local constinit bool failed = false;

void* allocate(std::size_t size) {
    if (countdown > 0 && --countdown == 0) {
        failed = true;
        throw std::bad_alloc();
    }
    void* const block = std::malloc(size > 0 ? size : 1);
    if (block == nullptr) {
        throw std::bad_alloc();
    }
    live.fetch_add(1, std::memory_order_relaxed);
    return block;
}

void* allocate_aligned(std::size_t size, std::align_val_t alignment) {
    if (countdown > 0 && --countdown == 0) {
        failed = true;
        throw std::bad_alloc();
    }
    const auto align = std::size_t(alignment);
    void* const block = std::aligned_alloc(align, (size + align - 1) / align * align);
    if (block == nullptr) {
        throw std::bad_alloc();
    }
    live.fetch_add(1, std::memory_order_relaxed);
    return block;
}

void release(void* block) noexcept {
    if (block != nullptr) {
        live.fetch_sub(1, std::memory_order_relaxed);
        std::free(block);
    }
}

}  // namespace

long live_blocks() noexcept {
    return live.load();
}

FailingAllocation::FailingAllocation(int n) noexcept {
    failed = false;
    countdown = n;
}

FailingAllocation::~FailingAllocation() {
    countdown = 0;
}

bool FailingAllocation::happened() const noexcept {
    return failed;
}

}  // namespace edo::test

void* operator new(std::size_t size) {
    return edo::test::allocate(size);
}
void* operator new[](std::size_t size) {
    return edo::test::allocate(size);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
    return edo::test::allocate_aligned(size, alignment);
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
    return edo::test::allocate_aligned(size, alignment);
}
void operator delete(void* block) noexcept {
    edo::test::release(block);
}
void operator delete[](void* block) noexcept {
    edo::test::release(block);
}
void operator delete(void* block, std::size_t /*size*/) noexcept {
    edo::test::release(block);
}
void operator delete[](void* block, std::size_t /*size*/) noexcept {
    edo::test::release(block);
}
void operator delete(void* block, std::align_val_t /*alignment*/) noexcept {
    edo::test::release(block);
}
void operator delete[](void* block, std::align_val_t /*alignment*/) noexcept {
    edo::test::release(block);
}
void operator delete(void* block, std::size_t /*size*/, std::align_val_t /*alignment*/) noexcept {
    edo::test::release(block);
}
void operator delete[](void* block, std::size_t /*size*/, std::align_val_t /*alignment*/) noexcept {
    edo::test::release(block);
}
