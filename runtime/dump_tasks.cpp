// SPDX-License-Identifier: MIT
#include "edo/runtime/dump_tasks.hpp"

#include "edo/runtime/scheduler/scheduler.hpp"
#include "edo/runtime/task/group.hpp"
#include "edo/runtime/task/task_cell.hpp"

#include <algorithm>
#include <vector>

namespace edo {

namespace {

using detail::CoroutineCore;
using detail::Group;
using detail::PromiseBase;
using detail::TaskCore;

void print_line(std::string& out, std::size_t indent, const std::string& text) {
    out.append(indent * 2, ' ').append(text).push_back('\n');
}

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
        frame = frame->down().child();
    }
}

std::string print_task(TaskCore& task) {
    std::string out = "task " + std::to_string(task.id());
    if (const detail::TaskName name = task.name(); !name.empty()) {
        out.append(" '").append(name.text()).append("'");
    }
    out += ": ";
    task.inspect([&out](TaskCore::State state, TaskCore& inspected) {
        switch (state) {
            case TaskCore::State::Running:
                out += "running\n";
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

}  // namespace

std::string dump_tasks(const Handle& runtime) {
    std::vector<detail::TaskReference> tasks = runtime.scheduler().live_tasks();
    std::sort(tasks.begin(), tasks.end(),
              [](const auto& a, const auto& b) { return a->id() < b->id(); });
    std::string out = std::to_string(tasks.size()) + (tasks.size() == 1 ? " task\n" : " tasks\n");
    for (const detail::TaskReference& task : tasks) {
        out += print_task(*task);
    }
    return out;
}

std::string dump_tasks() {
    return dump_tasks(Handle::current());
}

}  // namespace edo
