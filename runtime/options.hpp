// SPDX-License-Identifier: MIT
// What a runtime is built with. Users set it through `Builder`.
#pragma once

#include "edo/runtime/histogram.hpp"
#include "edo/runtime/task_id.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <string>

namespace edo {

/// Which mechanism tells the runtime that sockets are ready.
enum class ReactorKind : std::uint8_t {
    Epoll,    ///< Linux epoll, edge-triggered; the default
    Asio,     ///< Boost.Asio's io_context; portable
    IoUring,  ///< Linux io_uring for reads from TCP streams, epoll for all else
};

/// How tasks are run.
enum class Flavor : std::uint8_t {
    CurrentThread,  ///< on the thread that calls `block_on`
    MultiThread,    ///< on worker threads, with work stealing
};

namespace detail {

struct Options {
    Options() = default;

    Flavor flavor = Flavor::MultiThread;
    unsigned workers = 0;  // 0: the CPUs this process may use
    std::string name;
    std::string thread_name = "edo-worker";
    std::function<std::string()> thread_name_fn;  // goes before the name
    std::function<void()> on_thread_start;
    std::function<void()> on_thread_stop;
    std::function<void()> on_thread_park;
    std::function<void()> on_thread_unpark;
    std::function<void(const TaskMeta&)> on_task_spawn;
    std::function<void(const TaskMeta&)> on_task_terminate;
    std::function<void(const TaskMeta&)> on_before_task_poll;
    std::function<void(const TaskMeta&)> on_after_task_poll;
    std::function<void(std::uint64_t, std::exception_ptr)> on_unhandled_exception;
    std::size_t max_blocking_threads = 512;
    std::chrono::milliseconds blocking_keep_alive = std::chrono::seconds(10);
    std::optional<ReactorKind> reactor;                         // none: EDO_REACTOR, else epoll
    std::optional<std::uint64_t> seed;                          // none: from the system
    std::optional<HistogramConfiguration> poll_time_histogram;  // none: not counted
    std::optional<HistogramConfiguration> schedule_latency_histogram;  // none: not counted
    bool track_schedule_latency = false;
    bool start_paused = false;
};

}  // namespace detail

}  // namespace edo
