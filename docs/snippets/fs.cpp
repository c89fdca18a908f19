// SPDX-License-Identifier: MIT
// The examples in the documentation of files and directories.
#include <edo/edo.hpp>
#include <edo/runtime/fs/fs.hpp>

#include <array>
#include <cstddef>
#include <iostream>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

using edo::Result;
using edo::Task;

//! [whole_files]
Task<Result<void>> replace(std::string path, std::string content) {
    // Whoever reads the file sees the old content or the new one, never a part.
    const std::string fresh = path + ".new";
    co_await edo::propagate(co_await edo::fs::write(fresh, std::move(content)));
    co_await edo::propagate(co_await edo::fs::rename(fresh, path));
    co_return Result<void>();
}
//! [whole_files]

//! [file]
Task<Result<std::string>> first_bytes(std::string path) {
    auto file = co_await edo::propagate(co_await edo::fs::File::open(std::move(path)));
    std::string text(4, '\0');
    const auto room = std::as_writable_bytes(std::span(text.data(), text.size()));
    co_await edo::propagate(co_await edo::io::read_exact(file, room));
    co_return text;
}
//! [file]

//! [open_options]
Task<Result<void>> log_line(std::string path, std::string line) {
    auto file = co_await edo::propagate(
        co_await edo::fs::OpenOptions().append(true).create(true).open(std::move(path)));
    co_await edo::propagate(co_await edo::io::write_all(file, line));
    co_return co_await file.sync_data();  // on the disk when this returns
}
//! [open_options]

//! [read_dir]
Task<Result<std::vector<std::string>>> names_in(std::string path) {
    auto entries = co_await edo::propagate(co_await edo::fs::read_dir(std::move(path)));
    std::vector<std::string> names;
    for (;;) {
        auto entry = co_await edo::propagate(co_await entries.next_entry());
        if (!entry) {
            co_return names;
        }
        names.push_back(entry->file_name());
    }
}
//! [read_dir]

//! [dir_builder]
Task<Result<void>> make_spool(std::string path) {
    // Nobody else may look into it, nor into those above that it makes.
    co_await edo::propagate(
        co_await edo::fs::DirBuilder().recursive(true).mode(0700).create(std::move(path)));
    co_return Result<void>();
}
//! [dir_builder]

Task<int> show() {
    const std::string directory = "/tmp/edo-snippet-fs-" + std::to_string(::getpid());
    const auto made = co_await edo::fs::create_dir(directory);
    const auto replaced = co_await replace(directory + "/file", "some text\n");
    const auto logged = co_await log_line(directory + "/log", "a line\n");
    const auto first = co_await first_bytes(directory + "/file");
    const auto names = co_await names_in(directory);
    const auto spool = co_await make_spool(directory + "/spool/new");
    const auto removed = co_await edo::fs::remove_dir_all(directory);
    std::cout << first.value() << ' ' << names->size() << '\n';
    co_return made&& replaced&& logged&& spool&& removed ? 0 : 1;
}

}  // namespace

int main() {
    return edo::run(show());
}
