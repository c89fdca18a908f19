// SPDX-License-Identifier: MIT
#include "net/net_test.hpp"
#include "support/cancel_driver.hpp"
#include "support/temporary_directory.hpp"
#include <edo/runtime/fs/fs.hpp>
#include <edo/runtime/stream/stream.hpp>

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

using namespace edo;
using namespace edo::test;
using fs::FileType;

BOOST_AUTO_TEST_SUITE(files)

namespace {

void put(const std::string& path, std::string_view content) {
    std::ofstream(path) << content;
}

std::string get(const std::string& path) {
    const std::ifstream input(path);
    std::ostringstream text;
    text << input.rdbuf();
    return text.str();
}

template <class T>
void check_error(const PathResult<T>& result, std::errc expected, const std::string& text) {
    BOOST_REQUIRE(!result.has_value());
    BOOST_TEST((result.error() == expected));
    BOOST_TEST(result.error().message() == text + ": " + std::make_error_code(expected).message());
}

Task<std::set<std::string>> names_in(std::string path) {
    auto entries = must(co_await fs::read_dir(path));
    std::set<std::string> names;
    for (;;) {
        const auto entry = must(co_await entries.next_entry());
        if (!entry) {
            co_return names;
        }
        BOOST_TEST(names.insert(entry->file_name()).second);
        BOOST_TEST(entry->path() == path + '/' + entry->file_name());
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(whole_files_are_written_and_read) {
    on_every_runtime([]() -> Task<void> {
        const TemporaryDirectory directory;
        const std::string path = directory.file("file");
        must(co_await fs::write(path, "some text"));
        BOOST_TEST(get(path) == "some text");
        BOOST_TEST(must(co_await fs::read_to_string(path)) == "some text");
        must(co_await fs::write(path, std::vector<std::byte>(3, std::byte{0xff})));
        const auto raw = must(co_await fs::read(path));
        BOOST_TEST((raw == std::vector<std::byte>(3, std::byte{0xff})));
        const auto not_text = co_await fs::read_to_string(path);
        BOOST_REQUIRE(!not_text.has_value());
        BOOST_TEST((not_text.error() == Errc::InvalidData));
        BOOST_TEST(not_text.error().message() == "cannot read " + path + ": invalid data");
        must(co_await fs::write(path, ""));
        BOOST_TEST(must(co_await fs::read(path)).empty());
    });
}

BOOST_AUTO_TEST_CASE(files_of_all_sizes_are_read_whole) {
    on_every_runtime([]() -> Task<void> {
        const TemporaryDirectory directory;
        const std::string path = directory.file("file");
        for (const std::size_t size :
             {1u, 511u, 512u, 4096u, 131071u, 131072u, 131073u, 3000000u}) {
            std::string content(size, 'x');
            content.back() = 'y';
            must(co_await fs::write(path, content));
            const std::string got = must(co_await fs::read_to_string(path));
            BOOST_TEST((got == content));
        }
        const std::string status = must(co_await fs::read_to_string("/proc/self/status"));
        BOOST_TEST(status.find("Name:") == 0u);
    });
}

BOOST_AUTO_TEST_CASE(errors_name_the_path) {
    on_every_runtime([]() -> Task<void> {
        const TemporaryDirectory directory;
        const std::string gone = directory.file("gone");
        constexpr auto kMissing = std::errc::no_such_file_or_directory;
        check_error(co_await fs::read(gone), kMissing, "cannot read " + gone);
        check_error(co_await fs::read_to_string(gone), kMissing, "cannot read " + gone);
        check_error(co_await fs::write(gone + "/x", "x"), kMissing, "cannot write " + gone + "/x");
        check_error(co_await fs::copy(gone, "b"), kMissing, "cannot copy " + gone + " to b");
        check_error(co_await fs::rename(gone, "b"), kMissing, "cannot rename " + gone + " to b");
        check_error(co_await fs::hard_link(gone, "b"), kMissing, "cannot link " + gone + " as b");
        check_error(co_await fs::symlink("a", gone + "/b"), kMissing,
                    "cannot make a link to a as " + gone + "/b");
        check_error(co_await fs::read_link(gone), kMissing, "cannot read the link " + gone);
        check_error(co_await fs::canonicalize(gone), kMissing, "cannot find " + gone);
        check_error(co_await fs::remove_file(gone), kMissing, "cannot remove " + gone);
        check_error(co_await fs::metadata(gone), kMissing, "cannot look at " + gone);
        check_error(co_await fs::symlink_metadata(gone), kMissing, "cannot look at " + gone);
        check_error(co_await fs::set_permissions(gone, fs::Permissions(0600)), kMissing,
                    "cannot change the permissions of " + gone);
        check_error(co_await fs::create_dir(gone + "/x"), kMissing,
                    "cannot make the directory " + gone + "/x");
        check_error(co_await fs::create_dir_all(""), kMissing, "cannot make the directory ");
        check_error(co_await fs::remove_dir(gone), kMissing, "cannot remove the directory " + gone);
        check_error(co_await fs::remove_dir_all(gone), kMissing,
                    "cannot remove the directory " + gone);
        check_error(co_await fs::read_dir(gone), kMissing, "cannot list " + gone);
    });
}

BOOST_AUTO_TEST_CASE(a_zero_byte_in_a_path_is_refused) {
    on_every_runtime([]() -> Task<void> {
        const std::string zero("a\0b", 3);
        const auto read = co_await fs::read(zero);
        BOOST_TEST((read.error() == std::errc::invalid_argument));
        const auto opened = co_await fs::File::open(zero);
        BOOST_TEST((opened.error() == std::errc::invalid_argument));
        const auto renamed = co_await fs::rename("a", zero);
        BOOST_TEST((renamed.error() == std::errc::invalid_argument));
        const auto copied = co_await fs::copy("/proc/self/status", zero);
        BOOST_TEST((copied.error() == std::errc::invalid_argument));
    });
}

BOOST_AUTO_TEST_CASE(files_are_copied_with_their_permissions) {
    on_every_runtime([]() -> Task<void> {
        const TemporaryDirectory directory;
        const std::string from = directory.file("from");
        const std::string to = directory.file("to");
        const std::string content(2'500'000, 'c');
        put(from, content);
        BOOST_REQUIRE(::chmod(from.c_str(), 0751) == 0);
        put(to, "longer than nothing");
        BOOST_TEST(must(co_await fs::copy(from, to)) == content.size());
        BOOST_TEST((get(to) == content));
        BOOST_TEST((must(co_await fs::metadata(to)).permissions().mode() == 0751));
        // A file must survive being copied onto itself, under whatever name.
        BOOST_REQUIRE(::symlink("from", directory.file("link").c_str()) == 0);
        const auto self = co_await fs::copy(from, directory.file("link"));
        BOOST_TEST((self.error() == std::errc::invalid_argument));
        BOOST_TEST((get(from) == content));
        const auto proc = must(co_await fs::copy("/proc/self/status", to));
        BOOST_TEST(proc > 0u);
        BOOST_TEST(get(to).size() == proc);
        const auto folder = co_await fs::copy(directory.path(), to);
        BOOST_TEST((folder.error() == std::errc::invalid_argument));
        put(from, "");
        BOOST_TEST(must(co_await fs::copy(from, to)) == 0u);
        BOOST_TEST(get(to).empty());
    });
}

BOOST_AUTO_TEST_CASE(names_can_be_changed_added_and_removed) {
    on_every_runtime([]() -> Task<void> {
        const TemporaryDirectory directory;
        const std::string a = directory.file("a");
        const std::string b = directory.file("b");
        const std::string link = directory.file("link");
        put(a, "content");
        must(co_await fs::rename(a, b));
        BOOST_TEST(!must(co_await fs::try_exists(a)));
        must(co_await fs::hard_link(b, a));
        BOOST_TEST(must(co_await fs::metadata(a)).links() == 2u);
        BOOST_TEST(must(co_await fs::metadata(a)).inode() ==
                   must(co_await fs::metadata(b)).inode());
        must(co_await fs::symlink("b", link));
        BOOST_TEST(must(co_await fs::read_link(link)) == "b");
        BOOST_TEST(must(co_await fs::canonicalize(link)) == std::filesystem::canonical(b).string());
        BOOST_TEST(must(co_await fs::metadata(link)).is_file());
        BOOST_TEST(must(co_await fs::symlink_metadata(link)).is_symlink());
        const auto no_link = co_await fs::read_link(b);
        BOOST_TEST((no_link.error() == std::errc::invalid_argument));
        must(co_await fs::remove_file(b));
        BOOST_TEST(!must(co_await fs::try_exists(link)));  // it leads nowhere
        BOOST_TEST(must(co_await fs::symlink_metadata(link)).is_symlink());
        BOOST_TEST(!must(co_await fs::try_exists(a + "/below a file")));
        const auto folder = co_await fs::remove_file(directory.path());
        BOOST_TEST((folder.error() == std::errc::is_a_directory));
    });
}

BOOST_AUTO_TEST_CASE(metadata_tells_what_the_system_knows) {
    on_every_runtime([]() -> Task<void> {
        const TemporaryDirectory directory;
        const std::string path = directory.file("file");
        put(path, "12345");
        const auto before = std::chrono::system_clock::now() - 1min;
        must(co_await fs::set_permissions(path, fs::Permissions(0640)));
        const fs::Metadata metadata = must(co_await fs::metadata(path));
        BOOST_TEST(metadata.is_file());
        BOOST_TEST((metadata.file_type() == FileType::Regular));
        BOOST_TEST(metadata.size() == 5u);
        BOOST_TEST(metadata.permissions().mode() == 0640u);
        BOOST_TEST(!metadata.permissions().readonly());
        BOOST_TEST(metadata.uid() == ::geteuid());
        BOOST_TEST((metadata.modified() > before));
        BOOST_TEST((metadata.accessed() > before));
        struct ::stat raw{};
        BOOST_REQUIRE(::stat(path.c_str(), &raw) == 0);
        BOOST_TEST(metadata.inode() == raw.st_ino);
        BOOST_TEST(metadata.device() == raw.st_dev);
        BOOST_TEST(must(co_await fs::metadata(directory.path())).is_dir());
        BOOST_TEST(
            (must(co_await fs::metadata("/dev/null")).file_type() == FileType::CharacterDevice));
    });
}

BOOST_AUTO_TEST_CASE(directories_are_made_listed_and_removed) {
    on_every_runtime([]() -> Task<void> {
        const TemporaryDirectory directory;
        const std::string top = directory.file("top");
        must(co_await fs::create_dir(top));
        const auto again = co_await fs::create_dir(top);
        BOOST_TEST((again.error() == std::errc::file_exists));
        must(co_await fs::create_dir_all(top + "/a/b/c"));
        must(co_await fs::create_dir_all(top + "/a/b/c"));
        put(top + "/a/file", "x");
        const auto below_file = co_await fs::create_dir_all(top + "/a/file/x");
        BOOST_TEST((below_file.error() == std::errc::not_a_directory));
        std::set<std::string> expected;
        for (int i = 0; i < 300; ++i) {  // several batches
            const std::string name = "entry " + std::to_string(i);
            put(top + "/a/b/" + name, "");
            expected.insert(name);
        }
        expected.insert("c");
        const auto names = co_await names_in(top + "/a/b");
        BOOST_TEST((names == expected));
        const auto empty = co_await names_in(top + "/a/b/c");
        BOOST_TEST(empty.empty());
        const auto not_empty = co_await fs::remove_dir(top);
        BOOST_TEST((not_empty.error() == std::errc::directory_not_empty));
        must(co_await fs::remove_dir(top + "/a/b/c"));
        must(co_await fs::remove_dir_all(top));
        BOOST_TEST(!std::filesystem::exists(top));
    });
}

BOOST_AUTO_TEST_CASE(directories_are_made_with_the_permissions_that_were_asked_for) {
    on_every_runtime([]() -> Task<void> {
        const TemporaryDirectory directory;
        const std::string top = directory.file("top");
        const mode_t before = ::umask(0);
        must(co_await fs::DirBuilder().mode(0710).create(top));
        fs::DirBuilder builder;
        builder.recursive(true).mode(0750);
        must(co_await builder.create(top + "//a/./b/"));
        must(co_await builder.create(top + "/a"));
        must(co_await builder.create("/"));
        ::umask(before);
        const auto mode_of = [](const std::string& path) {
            struct ::stat status{};
            BOOST_REQUIRE(::stat(path.c_str(), &status) == 0);
            return status.st_mode & 07777;
        };
        BOOST_TEST(mode_of(top) == 0710u);
        BOOST_TEST(mode_of(top + "/a") == 0750u);
        BOOST_TEST(mode_of(top + "/a/b") == 0750u);

        const auto again = co_await fs::DirBuilder().create(top);
        BOOST_TEST((again.error() == std::errc::file_exists));
        const auto deep = co_await fs::DirBuilder().create(top + "/x/y");
        BOOST_TEST((deep.error() == std::errc::no_such_file_or_directory));
        put(top + "/file", "");
        const auto on_file = co_await builder.create(top + "/file");
        BOOST_TEST((on_file.error() == std::errc::file_exists));
        must(co_await fs::symlink("nowhere", top + "/link"));
        const auto on_link = co_await builder.create(top + "/link/x");
        BOOST_TEST((on_link.error() == std::errc::file_exists));
    });
}

BOOST_AUTO_TEST_CASE(directories_are_made_below_the_current_one) {
    on_every_runtime([]() -> Task<void> {
        const TemporaryDirectory directory;
        const auto before = std::filesystem::current_path();
        std::filesystem::current_path(directory.path());
        const auto made = co_await fs::create_dir_all("a/b/../c");
        std::filesystem::current_path(before);
        must(made);
        BOOST_TEST(std::filesystem::is_directory(directory.file("a/b")));
        BOOST_TEST(std::filesystem::is_directory(directory.file("a/c")));
    });
}

BOOST_AUTO_TEST_CASE(removing_a_tree_does_not_follow_links) {
    on_every_runtime([]() -> Task<void> {
        const TemporaryDirectory directory;
        const std::string kept = directory.file("kept");
        must(co_await fs::create_dir(kept));
        put(kept + "/file", "kept");
        const std::string top = directory.file("top");
        must(co_await fs::create_dir(top));
        must(co_await fs::symlink(kept, top + "/link"));
        must(co_await fs::remove_dir_all(top));
        BOOST_TEST(get(kept + "/file") == "kept");
        must(co_await fs::symlink(kept, top));
        must(co_await fs::remove_dir_all(top));
        BOOST_TEST(get(kept + "/file") == "kept");
        const auto file = co_await fs::remove_dir_all(kept + "/file");
        BOOST_TEST((file.error() == std::errc::not_a_directory));
    });
}

BOOST_AUTO_TEST_CASE(entries_know_their_type) {
    on_every_runtime([]() -> Task<void> {
        const TemporaryDirectory directory;
        put(directory.file("regular"), "12");
        must(co_await fs::create_dir(directory.file("directory")));
        must(co_await fs::symlink("regular", directory.file("symlink")));
        BOOST_REQUIRE(::mkfifo(directory.file("fifo").c_str(), 0600) == 0);
        auto entries = must(co_await fs::read_dir(directory.path() + '/'));
        std::size_t count = 0;
        for (;;) {
            const auto entry = must(co_await entries.next_entry());
            if (!entry) {
                break;
            }
            ++count;
            const FileType type = must(co_await entry->file_type());
            const fs::Metadata metadata = must(co_await entry->metadata());
            BOOST_TEST((type == metadata.file_type()));
            BOOST_TEST(entry->path() == directory.file(entry->file_name()));
            BOOST_TEST(entry->inode() == metadata.inode());
            BOOST_TEST((type == FileType::Fifo) == (entry->file_name() == "fifo"));
            BOOST_TEST((type == FileType::Symlink) == (entry->file_name() == "symlink"));
            BOOST_TEST((type == FileType::Directory) == (entry->file_name() == "directory"));
        }
        BOOST_TEST(count == 4u);
    });
}

BOOST_AUTO_TEST_CASE(entries_are_a_stream) {
    on_every_runtime([]() -> Task<void> {
        const TemporaryDirectory directory;
        put(directory.file("a"), "");
        put(directory.file("b"), "");
        auto entries = must(co_await fs::read_dir(directory.path()));
        static_assert(stream::Stream<fs::ReadDir>);
        std::set<std::string> names;
        while (auto entry = co_await entries.next()) {
            names.insert(must(std::move(*entry)).file_name());
        }
        BOOST_TEST((names == std::set<std::string>{"a", "b"}));
        const auto after = co_await entries.next();
        BOOST_TEST(!after.has_value());
    });
}

BOOST_AUTO_TEST_CASE(a_path_of_the_standard_library_can_be_given) {
    on_every_runtime([]() -> Task<void> {
        const TemporaryDirectory directory;
        const std::filesystem::path path = std::filesystem::path(directory.path()) / "file";
        must(co_await fs::write(path, "x"));
        BOOST_TEST(must(co_await fs::read_to_string(path)) == "x");
    });
}

BOOST_AUTO_TEST_CASE(small_cached_files_are_read_without_a_thread) {
    const TemporaryDirectory directory;
    const std::string path = directory.file("file");
    put(path, "cached");
    int threads = 0;
    Builder builder = Builder::current_thread();
    Runtime runtime = builder.on_thread_start([&threads] { ++threads; }).build();
    const int before = threads;
    runtime.block_on([path]() -> Task<void> {
        for (int i = 0; i < 10; ++i) {
            BOOST_TEST(must(co_await fs::read_to_string(path)) == "cached");
        }
    });
    BOOST_TEST_MESSAGE("threads started: " << threads - before);
    BOOST_TEST(threads - before <= 1);  // none where the file system can tell what it has at hand
}

namespace {

class Listing : public CancelScenario {
public:
    Listing() {
        for (int i = 0; i < 100; ++i) {
            put(directory_.file(std::to_string(i)), "");
        }
    }
    Task<void> subject() override {
        entries_ = must(co_await fs::read_dir(directory_.path()));
        co_await count_rest();
    }
    Task<void> check(bool completed) override {
        if (!entries_) {
            entries_ = must(co_await fs::read_dir(directory_.path()));
        }
        co_await count_rest();
        BOOST_TEST(count_ == 100);
        BOOST_TEST((completed || count_ == 100));
    }

private:
    Task<void> count_rest() {
        for (;;) {
            const auto entry = must(co_await entries_->next_entry());
            if (!entry) {
                co_return;
            }
            ++count_;
        }
    }
    TemporaryDirectory directory_;
    std::optional<fs::ReadDir> entries_;
    int count_ = 0;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_listing_that_is_cancelled_loses_no_entry) {
    on_every_runtime([]() -> Task<void> {
        const Driven driven = co_await drive<Listing>();
        BOOST_TEST(driven.runs >= 1u);
    });
}

BOOST_AUTO_TEST_CASE(whole_file_calls_can_be_cancelled_at_every_suspension) {
    on_every_runtime([]() -> Task<void> {
        static_cast<void>(co_await drive([]() -> Task<void> {
            const TemporaryDirectory directory;
            must(co_await fs::write(directory.file("a"), std::string(300'000, 'a')));
            static_cast<void>(must(co_await fs::copy(directory.file("a"), directory.file("b"))));
            const auto content = must(co_await fs::read(directory.file("b")));
            BOOST_TEST(content.size() == 300'000u);
        }));
    });
}

BOOST_AUTO_TEST_SUITE_END()
