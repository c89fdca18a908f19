// Scheduler scenarios with Boost.Asio coroutines, defined in ../README.md.
//
// `current_thread` is one io_context on one thread, `multi` one io_context shared by N threads,
// which is the only work sharing that Asio offers. Each scenario runs inside a coroutine on the
// context, the driver, and the clock is read there.

#include "oneshot.hpp"
#include "options.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/experimental/concurrent_channel.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <memory>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace asio = boost::asio;

using Clock = std::chrono::steady_clock;
using Executor = asio::io_context::executor_type;
using Awaitable = asio::awaitable<void, Executor>;
using Count = asio::awaitable<std::size_t, Executor>;
using UseAwaitable = asio::use_awaitable_t<Executor>;
using Signal = Oneshot<Executor, UseAwaitable>;

constexpr UseAwaitable use_awaitable;

/// Pings in flight in `ping_pong`, and the depth of a chain in `chained_spawn`.
constexpr std::size_t kBatch = 1000;
constexpr std::size_t kYieldingTasks = 200;
constexpr std::size_t kManyTasks = 10'000;  // of one round, for those spawned in large rounds
constexpr std::chrono::hours kHour{1};

using Timer = asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor>;

static std::size_t divide_up(std::size_t a, std::size_t b) {
    return (a + b - 1) / b;
}

/// Counts tasks down to zero; the last one wakes the driver.
struct Countdown {
    Countdown(Executor executor, std::size_t count) : remaining(count), done(executor) {}

    void count() {
        if (remaining.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            done.send();
        }
    }

    std::atomic<std::size_t> remaining;
    Signal done;
};

/// Runs one repeat; the result is how many operations it really did.
using Scenario = Count (*)(Executor, std::size_t iterations);

/// Time that the repeat has spent on something else than operations.
static Clock::duration not_counted;

static Awaitable nothing() {
    co_return;
}

static Awaitable count_once(Countdown& countdown) {
    countdown.count();
    co_return;
}

static Count spawn(Executor executor, std::size_t iterations) {
    Countdown countdown(executor, iterations);
    for (std::size_t i = 0; i < iterations; ++i) {
        asio::co_spawn(executor, count_once(countdown), asio::detached);
    }
    co_await countdown.done.receive();
    co_return iterations;
}

/// As `spawn`, in rounds.
static Count spawn_many_local(Executor executor, std::size_t iterations) {
    const std::size_t rounds = divide_up(iterations, kManyTasks);
    for (std::size_t round = 0; round < rounds; ++round) {
        Countdown countdown(executor, kManyTasks);
        for (std::size_t i = 0; i < kManyTasks; ++i) {
            asio::co_spawn(executor, count_once(countdown), asio::detached);
        }
        co_await countdown.done.receive();
    }
    co_return rounds* kManyTasks;
}

static Count spawn_join(Executor executor, std::size_t iterations) {
    for (std::size_t i = 0; i < iterations; ++i) {
        co_await asio::co_spawn(executor, nothing(), use_awaitable);
    }
    co_return iterations;
}

static Count yield_one(Executor executor, std::size_t iterations) {
    for (std::size_t i = 0; i < iterations; ++i) {
        co_await asio::post(executor, use_awaitable);
    }
    co_return iterations;
}

static Awaitable yield_and_count(Executor executor, std::size_t yields, Countdown& countdown) {
    for (std::size_t i = 0; i < yields; ++i) {
        co_await asio::post(executor, use_awaitable);
    }
    countdown.count();
}

static Count yield_many(Executor executor, std::size_t iterations) {
    const std::size_t each = divide_up(iterations, kYieldingTasks);
    Countdown countdown(executor, kYieldingTasks);
    for (std::size_t i = 0; i < kYieldingTasks; ++i) {
        asio::co_spawn(executor, yield_and_count(executor, each, countdown), asio::detached);
    }
    co_await countdown.done.receive();
    co_return each* kYieldingTasks;
}

/// The two channels of one ping. Shared, because either task may be the last to touch them.
struct Channels {
    explicit Channels(Executor executor) : ping(executor), pong(executor) {}

    Signal ping;
    Signal pong;
};

static Awaitable pong(std::shared_ptr<Channels> channels) {
    co_await channels->ping.receive();
    channels->pong.send();
}

static Awaitable ping(Executor executor, Countdown& countdown) {
    const auto channels = std::make_shared<Channels>(executor);
    asio::co_spawn(executor, pong(channels), asio::detached);
    channels->ping.send();
    co_await channels->pong.receive();
    countdown.count();
}

static Count ping_pong(Executor executor, std::size_t iterations) {
    const std::size_t rounds = divide_up(iterations, kBatch);
    for (std::size_t round = 0; round < rounds; ++round) {
        Countdown countdown(executor, kBatch);
        for (std::size_t i = 0; i < kBatch; ++i) {
            asio::co_spawn(executor, ping(executor, countdown), asio::detached);
        }
        co_await countdown.done.receive();
    }
    co_return rounds* kBatch;
}

static Awaitable link(Executor executor, std::size_t links, Signal& done) {
    if (links == 1) {
        done.send();
    } else {
        asio::co_spawn(executor, link(executor, links - 1, done), asio::detached);
    }
    co_return;
}

static Count chained_spawn(Executor executor, std::size_t iterations) {
    const std::size_t chains = divide_up(iterations, kBatch);
    for (std::size_t chain = 0; chain < chains; ++chain) {
        Signal done(executor);
        asio::co_spawn(executor, link(executor, kBatch, done), asio::detached);
        co_await done.receive();
    }
    co_return chains* kBatch;
}

/// Without a coroutine, which is the least that Asio can take for it. The handlers of the cancelled
/// waits run when the driver gives way.
static Count timer_arm_cancel(Executor executor, std::size_t iterations) {
    constexpr std::size_t kBetweenYields = 128;
    Timer timer(executor);
    for (std::size_t i = 0; i < iterations; ++i) {
        timer.expires_after(kHour);
        timer.async_wait([](auto) {});
        timer.cancel();
        if (i % kBetweenYields == kBetweenYields - 1) {
            co_await asio::post(executor, use_awaitable);
        }
    }
    co_return iterations;
}

static Awaitable sleep_and_count(Executor executor, Clock::time_point deadline, Countdown& armed,
                                 Countdown& fired) {
    Timer timer(executor, deadline);
    armed.count();
    co_await timer.async_wait(use_awaitable);
    fired.count();
}

/// All timers have one deadline. Arming them counts, and what comes after the deadline; the time
/// between does not.
static Count timer_arm_fire(Executor executor, std::size_t iterations) {
    const auto deadline =
        Clock::now() + std::chrono::milliseconds(100) + std::chrono::microseconds(2) * iterations;
    Countdown armed(executor, iterations);
    Countdown fired(executor, iterations);
    for (std::size_t i = 0; i < iterations; ++i) {
        asio::co_spawn(executor, sleep_and_count(executor, deadline, armed, fired), asio::detached);
    }
    co_await armed.done.receive();
    not_counted = deadline - Clock::now();
    co_await fired.done.receive();
    co_return iterations;
}

using Sent = void(boost::system::error_code, std::size_t);
using Channel =
    asio::experimental::basic_channel<Executor, asio::experimental::channel_traits<>, Sent>;
using ConcurrentChannel =
    asio::experimental::basic_concurrent_channel<Executor, asio::experimental::channel_traits<>,
                                                 Sent>;

/// Whether several threads run the context: then a channel needs its lock.
static bool several_threads;

template <class Channel>
static Awaitable send(std::shared_ptr<Channel> channel, std::size_t count) {
    const boost::system::error_code no_error;
    for (std::size_t i = 0; i < count; ++i) {
        co_await channel->async_send(no_error, i, use_awaitable);
    }
}

template <class Channel>
static Count send_and_receive(Executor executor, std::size_t room, std::size_t producers,
                              std::size_t iterations) {
    const std::size_t each = divide_up(iterations, producers);
    const auto channel = std::make_shared<Channel>(executor, room);
    for (std::size_t i = 0; i < producers; ++i) {
        asio::co_spawn(executor, send(channel, each), asio::detached);
    }
    for (std::size_t i = 0; i < each * producers; ++i) {
        co_await channel->async_receive(use_awaitable);
    }
    co_return each* producers;
}

template <std::size_t Room, std::size_t Producers>
static Count mpsc(Executor executor, std::size_t iterations) {
    return several_threads
               ? send_and_receive<ConcurrentChannel>(executor, Room, Producers, iterations)
               : send_and_receive<Channel>(executor, Room, Producers, iterations);
}

struct Entry {
    std::string_view name;
    Scenario scenario;
};

constexpr std::array kScenarios{
    Entry{"spawn", spawn},
    Entry{"spawn_many_local", spawn_many_local},
    Entry{"spawn_join", spawn_join},
    Entry{"yield", yield_one},
    Entry{"yield_many", yield_many},
    Entry{"ping_pong", ping_pong},
    Entry{"chained_spawn", chained_spawn},
    Entry{"timer_arm_cancel", timer_arm_cancel},
    Entry{"timer_arm_fire", timer_arm_fire},
    Entry{"mpsc_1p1c", mpsc<1000, 1>},
    Entry{"mpsc_8p1c", mpsc<1000, 8>},
    Entry{"mpsc_8p1c_full", mpsc<10, 8>},
    Entry{"mpsc_rendezvous", mpsc<1, 1>},
};

static void report(const Options& options, std::string_view name, std::size_t repeat,
                   std::size_t operations, Clock::duration elapsed) {
    const double seconds = std::chrono::duration<double>(elapsed).count();
    std::printf(
        "{\"peer\":\"asio\",\"scenario\":\"%.*s\",\"flavor\":\"%.*s\",\"workers\":%zu,"
        "\"iterations\":%zu,\"repeat\":%zu,\"seconds\":%.9f,\"ns_per_op\":%.2f}\n",
        static_cast<int>(name.size()), name.data(), static_cast<int>(options.flavor.size()),
        options.flavor.data(), options.workers, operations, repeat, seconds,
        seconds * 1e9 / static_cast<double>(operations));
    std::fflush(stdout);
}

static Awaitable measure(const Options& options, const std::vector<Entry>& entries,
                         Executor executor) {
    for (const Entry& entry : entries) {
        for (std::size_t repeat = 0; repeat < options.repeat; ++repeat) {
            // A fresh turn, so that no repeat starts inside the last task of the one before.
            co_await asio::post(executor, use_awaitable);
            not_counted = {};
            const auto start = Clock::now();
            const auto operations = co_await entry.scenario(executor, options.iterations);
            const auto elapsed = Clock::now() - start - not_counted;
            report(options, entry.name, repeat, operations, elapsed);
        }
    }
}

static void run(const Options& options, const std::vector<Entry>& entries) {
    several_threads = options.workers > 1;
    asio::io_context context(static_cast<int>(options.workers));
    // Without any I/O object an io_context has no reactor to turn between handlers, which no server
    // can do without. This timer brings it in, and is outstanding work until the driver stops.
    Timer timer(context, kHour);
    timer.async_wait([](auto) {});
    asio::co_spawn(context, measure(options, entries, context.get_executor()),
                   [&context](std::exception_ptr error) {
                       context.stop();
                       if (error) {
                           std::rethrow_exception(error);
                       }
                   });
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < options.workers; ++i) {
        threads.emplace_back([&context] { context.run(); });
    }
    context.run();
}

/// The scenarios that are named, or nothing when there is none or one is unknown.
static std::vector<Entry> select_entries(const std::vector<std::string_view>& names) {
    std::vector<Entry> entries;
    for (const std::string_view name : names) {
        const std::size_t size = entries.size();
        for (const Entry& entry : kScenarios) {
            if (name == entry.name || name == "all") {
                entries.push_back(entry);
            }
        }
        if (entries.size() == size) {
            return {};
        }
    }
    return entries;
}

int main(int argc, char** argv) {
    const auto options = parse_options(argc, argv);
    const auto entries = options ? select_entries(options->names) : std::vector<Entry>{};
    if (entries.empty()) {
        std::fprintf(stderr,
                     "usage: asio_micro SCENARIO... [--flavor current_thread|multi]"
                     " [--workers N] [--iterations K] [--repeat R]\n"
                     "scenarios, or all:");
        for (const Entry& entry : kScenarios) {
            std::fprintf(stderr, " %.*s", static_cast<int>(entry.name.size()), entry.name.data());
        }
        std::fputc('\n', stderr);
        return 2;
    }
    try {
        run(*options, entries);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "asio_micro: %s\n", error.what());
        return 1;
    }
}
