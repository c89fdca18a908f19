// SPDX-License-Identifier: MIT
#include "edo/runtime/dump_tasks.hpp"

#include "edo/runtime/scheduler/scheduler.hpp"
#include "edo/runtime/task/fork_group.hpp"
#include "edo/runtime/task/group.hpp"
#include "edo/runtime/task/task_cell.hpp"

#include <algorithm>
#include <vector>

namespace edo {

namespace {

using detail::CoroutineCore;
using detail::ForkGroup;
using detail::Group;
using detail::PromiseBase;
using detail::TaskCore;

void print_line(std::string& out, std::size_t indent, const std::string& text) {
    out.append(indent * 2, ' ').append(text).push_back('\n');
}

void print_children(std::string& out, const ForkGroup& fork, std::size_t indent);

/// Prints the frame and all below it. Recursion only where branches nest.
void print_frames(std::string& out, const PromiseBase* frame, std::size_t indent) {
    while (frame != nullptr) {
        const detail::Location location = frame->location();
        if (frame->is_done()) {
            print_line(out, indent, "done");
            return;
        }
        print_line(out, indent,
                   location.empty() ? "not started"
                                    : std::string("at ") + location.file() + ":" +
                                          std::to_string(location.line()));
        if (const Group* const group = frame->down().group()) {
            for (std::size_t i = 0; i < group->size(); ++i) {
                if (const PromiseBase* const child = group->branch(i).child()) {
                    print_line(out, indent + 1, "branch " + std::to_string(i));
                    print_frames(out, child, indent + 2);
                }
            }
            return;
        }
        if (const ForkGroup* const fork = frame->down().fork()) {
            print_children(out, *fork, indent + 1);
            return;
        }
        frame = frame->down().child();
    }
}

void print_children(std::string& out, const ForkGroup& fork, std::size_t indent) {
    for (std::size_t i = 0; i < fork.size(); ++i) {
        if (fork.is_shared(i)) {
            print_line(out, indent, "child " + std::to_string(i) + ": a task of its own");
        } else if (const PromiseBase* const child = fork.branch(i).child()) {
            print_line(out, indent, "child " + std::to_string(i));
            print_frames(out, child, indent + 1);
        }
    }
}

std::string print_task(TaskCore& task, bool runs) {
    std::string out = "task " + std::to_string(task.id());
    if (const detail::TaskName name = task.name(); !name.empty()) {
        out.append(" '").append(name.text()).append("'");
    }
    out += ": ";
    task.inspect([&out, runs](TaskCore::State state, TaskCore& inspected) {
        switch (state) {
            case TaskCore::State::Running:
                out += runs ? "running\n" : "ready to run\n";  // or in the hands of a queue
                return;
            case TaskCore::State::Complete:
                out.clear();
                return;
            case TaskCore::State::Idle:
                out += "suspended\n";
                break;
            case TaskCore::State::Scheduled:
                out += "ready to run\n";
                break;
        }
        // All tasks in these lists were made by `spawn` or `spawn_local`.
        print_frames(out, static_cast<CoroutineCore&>(inspected).root_promise(), 1);
    });
    return out;
}

/// The ids of the tasks that workers run now, in order.
std::vector<std::uint64_t> running_ids(detail::Scheduler& scheduler) {
    std::vector<std::uint64_t> ids;
    for (unsigned i = 0; i < scheduler.worker_count(); ++i) {
        if (const std::uint64_t id = scheduler.worker(i).running(); id != 0) {
            ids.push_back(id);
        }
    }
    std::sort(ids.begin(), ids.end());
    return ids;
}

}  // namespace

std::string dump_tasks(const Handle& runtime) {
    detail::Scheduler& scheduler = runtime.scheduler();
    std::vector<std::uint64_t> running = running_ids(scheduler);
    std::size_t unlisted = 0;
    std::vector<detail::TaskReference> tasks = scheduler.live_tasks(unlisted);
    std::sort(tasks.begin(), tasks.end(),
              [](const auto& a, const auto& b) { return a->id() < b->id(); });
    const std::size_t count = tasks.size() + unlisted;
    std::string out = std::to_string(count) + (count == 1 ? " task\n" : " tasks\n");
    for (const detail::TaskReference& task : tasks) {
        out += print_task(*task, std::erase(running, task->id()) > 0);
    }
    // What has not waited yet is in no list: of what runs the worker knows the id. It may have
    // ended meanwhile.
    running.resize(std::min(running.size(), unlisted));
    for (const std::uint64_t id : running) {
        out += "task " + std::to_string(id) + ": running\n";
    }
    if (unlisted > running.size()) {
        out += std::to_string(unlisted - running.size()) +
               " ready to run that have not waited for anything yet\n";
    }
    return out;
}

std::string dump_tasks() {
    return dump_tasks(Handle::current());
}

}  // namespace edo
