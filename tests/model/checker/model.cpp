// SPDX-License-Identifier: MIT
#include "checker/model.hpp"

#include "checker/engine.hpp"
#include "checker/registry.hpp"

#include <string>

namespace edo::model {

namespace {

constinit const Check* checks = nullptr;
constinit const Control* controls = nullptr;
constinit const Failing* failings = nullptr;
constinit const Litmus* litmus_tests = nullptr;
constinit std::uint64_t outcomes = 0;

using Inside = Engine::Inside;

[[nodiscard]] Engine& engine() noexcept {
    return Engine::instance();
}

}  // namespace

// ---- the lists ---------------------------------------------------------------------------------

Check::Check(const char* in, const char* called, void (*what)(), Bounds limits) noexcept
    : suite(in), name(called), body(what), bounds(limits), next(checks) {
    checks = this;
}

Control::Control(const Check& of, const char* called, const char* in, const char* where) noexcept
    : check(of), name(called), function(in), text(where), next(controls) {
    controls = this;
}

Failing::Failing(const char* in, const char* called, void (*what)(), const char* with,
                 Bounds limits) noexcept
    : suite(in), name(called), body(what), message(with), bounds(limits), next(failings) {
    failings = this;
}

Litmus::Litmus(const char* called, unsigned (*what)(), std::uint64_t all) noexcept
    : name(called), body(what), allowed(all), next(litmus_tests) {
    litmus_tests = this;
}

const Check* all_checks() noexcept {
    return checks;
}
const Control* all_controls() noexcept {
    return controls;
}
const Failing* all_failings() noexcept {
    return failings;
}
const Litmus* all_litmus_tests() noexcept {
    return litmus_tests;
}

// ---- what checks call --------------------------------------------------------------------------

void expect(bool ok, const char* what) noexcept {
    if (!ok) {
        const Inside inside;
        engine().fail(std::string(what) + " does not hold, at " +
                      place_of(__builtin_return_address(0)));
    }
}

void run_threads(const ThreadStart* starts, unsigned count) {
    const Inside inside;
    std::array<Engine::Start, kMaxThreads> all{};
    for (unsigned i = 0; i < count && i < kMaxThreads; ++i) {
        all[i] = {starts[i].function, starts[i].argument};
    }
    engine().run_threads(all.data(), count);
}

void treat_as_plain(const void* begin, std::size_t size) noexcept {
    const Inside inside;
    engine().treat_as_plain(reinterpret_cast<std::uintptr_t>(begin), size);
}

void spin() noexcept {
    const Inside inside;
    engine().yield(__builtin_return_address(0));
}

void Mailbox::post(void* element) noexcept {
    const Inside inside;
    engine().point(this);
    if (end_ - begin_ == kRoom) {
        engine().fail("a mailbox is full");
    }
    elements_[end_++ % kRoom] = element;
    engine().changed(true);
}

void* Mailbox::take() noexcept {
    const Inside inside;
    engine().point(this);
    engine().wait_until(
        [](void* it) {
            const Mailbox& self = *static_cast<Mailbox*>(it);
            return self.begin_ != self.end_ || self.users_ == 0;
        },
        this, __builtin_return_address(0));
    return begin_ != end_ ? elements_[begin_++ % kRoom] : nullptr;
}

void Mailbox::leave() noexcept {
    const Inside inside;
    --users_;
    engine().changed(true);
}

void Outcomes::clear() noexcept {
    outcomes = 0;
}
void Outcomes::add(unsigned outcome) noexcept {
    outcomes |= std::uint64_t{1} << outcome;
}
std::uint64_t Outcomes::seen() noexcept {
    return outcomes;
}

}  // namespace edo::model
