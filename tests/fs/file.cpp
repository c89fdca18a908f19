// SPDX-License-Identifier: MIT
#include "net/net_test.hpp"
#include "support/cancel_driver.hpp"
#include "support/temporary_directory.hpp"
#include <edo/net/pipe.hpp>
#include <edo/runtime/fs/file.hpp>
#include <edo/runtime/fs/file_state.hpp>
#include <edo/runtime/io/buf_reader.hpp>
#include <edo/runtime/io/read.hpp>
#include <edo/runtime/io/write.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <fcntl.h>
#include <fstream>
#include <optional>
#include <sstream>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace edo;
using namespace edo::test;
using fs::File;
using fs::OpenOptions;
using fs::SeekFrom;

BOOST_AUTO_TEST_SUITE(file)

namespace {

std::string content_of(const std::string& path) {
    const std::ifstream input(path);
    std::ostringstream text;
    text << input.rdbuf();
    return text.str();
}

std::string make_file(const TemporaryDirectory& directory, std::string_view content) {
    std::string path = directory.file("file");
    std::ofstream(path) << content;
    return path;
}

Task<File> open_both_ways(std::string path) {
    co_return must(co_await OpenOptions().read(true).write(true).create(true).open(path));
}

Task<std::string> read_exactly_of(File& file, std::size_t size) {
    std::string text(size, '\0');
    must(co_await io::read_exact(file, room(text)));
    co_return text;
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_is_written_is_in_the_file_when_write_returns) {
    on_every_runtime([]() -> Task<void> {
        const TemporaryDirectory directory;
        const std::string path = directory.file("file");
        File file = must(co_await File::create(path));
        const auto written = co_await file.write("hello ");
        BOOST_TEST(must(written) == 6u);
        BOOST_TEST(content_of(path) == "hello ");
        must(co_await io::write_all(file, std::string_view("world")));
        BOOST_TEST(content_of(path) == "hello world");
        File reading = must(co_await File::open(path));
        const std::string part = co_await read_text(reading, 5);
        BOOST_TEST(part == "hello");
        const std::string rest = co_await read_to_end(reading);
        BOOST_TEST(rest == " world");
        std::string one(1, '\0');
        BOOST_TEST(must(co_await reading.read(room(one))) == 0u);
        BOOST_TEST(must(co_await reading.read(room(one).first(0))) == 0u);
    });
}

BOOST_AUTO_TEST_CASE(large_files_go_through_in_several_calls) {
    on_every_runtime([]() -> Task<void> {
        const TemporaryDirectory directory;
        const std::string path = directory.file("file");
        std::string large(5'000'000, '\0');
        for (std::size_t i = 0; i < large.size(); ++i) {
            large[i] = char('a' + i % 23);
        }
        File file = co_await open_both_ways(path);
        must(co_await io::write_all(file, std::string_view(large)));
        static_cast<void>(must(co_await file.seek(0, SeekFrom::Start)));
        const std::string got = co_await read_to_end(file);
        BOOST_TEST((got == large));
    });
}

BOOST_AUTO_TEST_CASE(the_cursor_moves_with_reads_writes_and_seeks) {
    on_every_runtime([]() -> Task<void> {
        const TemporaryDirectory directory;
        File file = co_await open_both_ways(make_file(directory, "0123456789"));
        BOOST_TEST(must(co_await file.seek(3, SeekFrom::Start)) == 3u);
        const std::string three = co_await read_text(file, 2);
        BOOST_TEST(three == "34");
        static_cast<void>(must(co_await file.write("XX")));
        BOOST_TEST(must(co_await file.seek(0, SeekFrom::Current)) == 7u);
        const std::string seven = co_await read_text(file, 1);
        BOOST_TEST(seven == "7");
        BOOST_TEST(must(co_await file.seek(-2, SeekFrom::End)) == 8u);
        const std::string eight = co_await read_text(file);
        BOOST_TEST(eight == "89");
        BOOST_TEST(must(co_await file.seek(-5, SeekFrom::Current)) == 5u);
        const std::string xx = co_await read_text(file, 2);
        BOOST_TEST(xx == "XX");
        const auto before = co_await file.seek(-1, SeekFrom::Start);
        BOOST_TEST((before.error() == std::errc::invalid_argument));
        const auto overflow = co_await file.seek(INT64_MAX, SeekFrom::Current);
        BOOST_TEST((overflow.error() == std::errc::invalid_argument));
        BOOST_TEST(must(co_await file.seek(0, SeekFrom::Current)) == 7u);
        static_cast<void>(must(co_await file.seek(12, SeekFrom::Start)));
        static_cast<void>(must(co_await file.write("end")));
        BOOST_TEST(content_of(directory.file("file")) == std::string("01234XX789\0\0end", 15));
    });
}

BOOST_AUTO_TEST_CASE(the_cursor_can_be_asked_for_and_sent_back) {
    on_every_runtime([]() -> Task<void> {
        const TemporaryDirectory directory;
        File file = co_await open_both_ways(make_file(directory, "0123456789"));
        static_cast<void>(co_await read_exactly_of(file, 4));
        BOOST_TEST(must(co_await file.stream_position()) == 4u);
        BOOST_TEST(must(co_await file.rewind()) == 0u);
        const std::string again = co_await read_exactly_of(file, 2);
        BOOST_TEST(again == "01");
    });
}

BOOST_AUTO_TEST_CASE(reads_and_writes_at_an_offset_leave_the_cursor) {
    on_every_runtime([]() -> Task<void> {
        const TemporaryDirectory directory;
        File file = co_await open_both_ways(make_file(directory, "0123456789"));
        std::string buffer(3, '\0');
        BOOST_TEST(must(co_await file.read_at(room(buffer), 4)) == 3u);
        BOOST_TEST(buffer == "456");
        BOOST_TEST(must(co_await file.write_at(bytes("ab"), 8)) == 2u);
        BOOST_TEST(must(co_await file.read_at(room(buffer), 10)) == 0u);
        const std::string all = co_await read_to_end(file);
        BOOST_TEST(all == "01234567ab");
        std::string first(1, '\0');
        std::string last(1, '\0');
        auto [a, b] = co_await join(file.read_at(room(first), 0), file.read_at(room(last), 9));
        BOOST_TEST((a.has_value() && b.has_value()));
        BOOST_TEST(first + last == "0b");
    });
}

BOOST_AUTO_TEST_CASE(appending_goes_to_the_end_wherever_the_cursor_is) {
    on_every_runtime([]() -> Task<void> {
        const TemporaryDirectory directory;
        const std::string path = make_file(directory, "start");
        File file = must(co_await OpenOptions().read(true).append(true).open(path));
        static_cast<void>(must(co_await file.seek(0, SeekFrom::Start)));
        static_cast<void>(must(co_await file.write(" one")));
        std::ofstream(path, std::ios::app) << " other";
        static_cast<void>(must(co_await file.write(" two")));
        BOOST_TEST(content_of(path) == "start one other two");
        BOOST_TEST(must(co_await file.seek(0, SeekFrom::Current)) == 19u);
    });
}

BOOST_AUTO_TEST_CASE(options_decide_what_happens_to_the_file) {
    on_every_runtime([]() -> Task<void> {
        const TemporaryDirectory directory;
        const std::string path = directory.file("file");
        const auto missing = co_await File::open(path);
        BOOST_REQUIRE(!missing.has_value());
        BOOST_TEST(missing.error().message() ==
                   "cannot open " + path + ": No such file or directory");
        BOOST_TEST(missing.error().path() == path);
        const auto no_create = co_await OpenOptions().write(true).open(path);
        BOOST_TEST((no_create.error() == std::errc::no_such_file_or_directory));
        {
            const File made =
                must(co_await OpenOptions().write(true).create_new(true).mode(0600).open(path));
            BOOST_TEST((must(co_await made.metadata()).permissions().mode() == 0600));
            BOOST_TEST((::fcntl(made.descriptor(), F_GETFD) & FD_CLOEXEC) != 0);
        }
        const auto exists = co_await OpenOptions().write(true).create_new(true).open(path);
        BOOST_TEST((exists.error() == std::errc::file_exists));
        std::ofstream(path) << "content";
        static_cast<void>(must(co_await OpenOptions().write(true).create(true).open(path)));
        BOOST_TEST(content_of(path) == "content");
        static_cast<void>(must(co_await OpenOptions().write(true).truncate(true).open(path)));
        BOOST_TEST(content_of(path).empty());
        std::vector<OpenOptions> contradictions(4);
        contradictions[1].read(true).create(true);
        contradictions[2].read(true).truncate(true);
        contradictions[3].append(true).truncate(true);
        for (const OpenOptions& wrong : contradictions) {
            const auto refused = co_await wrong.open(path);
            BOOST_REQUIRE(!refused.has_value());
            BOOST_TEST((refused.error() == std::errc::invalid_argument));
            BOOST_TEST(refused.error().message().find(path) != std::string::npos);
        }
        const auto folder = co_await OpenOptions().write(true).open(directory.path());
        BOOST_TEST((folder.error() == std::errc::is_a_directory));
        const auto link = co_await OpenOptions().read(true).custom_flags(O_DIRECTORY).open(path);
        BOOST_TEST((link.error() == std::errc::not_a_directory));
    });
}

BOOST_AUTO_TEST_CASE(errors_of_reads_and_writes_are_those_of_the_system) {
    on_every_runtime([]() -> Task<void> {
        const TemporaryDirectory directory;
        const std::string path = make_file(directory, "x");
        File reading = must(co_await File::open(path));
        const auto written = co_await reading.write("y");
        BOOST_TEST((written.error() == std::errc::bad_file_descriptor));
        File writing = must(co_await OpenOptions().write(true).open(path));
        std::string buffer(1, '\0');
        const auto read = co_await writing.read(room(buffer));
        BOOST_TEST((read.error() == std::errc::bad_file_descriptor));
        File folder = must(co_await File::open(directory.path()));
        const auto listed = co_await folder.read(room(buffer));
        BOOST_TEST((listed.error() == std::errc::is_a_directory));
        File full = must(co_await OpenOptions().write(true).open("/dev/full"));
        const auto no_space = co_await full.write("x");
        BOOST_TEST((no_space.error() == std::errc::no_space_on_device));
    });
}

BOOST_AUTO_TEST_CASE(length_permissions_and_data_can_be_changed_and_synced) {
    on_every_runtime([]() -> Task<void> {
        const TemporaryDirectory directory;
        File file = co_await open_both_ways(make_file(directory, "0123456789"));
        must(co_await file.set_len(4));
        BOOST_TEST(content_of(directory.file("file")) == "0123");
        must(co_await file.set_len(6));
        BOOST_TEST(content_of(directory.file("file")) == std::string("0123\0\0", 6));
        const auto metadata = must(co_await file.metadata());
        BOOST_TEST(metadata.size() == 6u);
        BOOST_TEST(metadata.is_file());
        fs::Permissions permissions = metadata.permissions();
        permissions.set_readonly(true);
        must(co_await file.set_permissions(permissions));
        BOOST_TEST(must(co_await file.metadata()).permissions().readonly());
        must(co_await file.sync_all());
        must(co_await file.sync_data());
        const auto too_large = co_await file.set_len(UINT64_MAX);
        BOOST_TEST((too_large.error() == std::errc::file_too_large));
    });
}

BOOST_AUTO_TEST_CASE(files_can_be_buffered_and_read_by_lines) {
    on_every_runtime([]() -> Task<void> {
        const TemporaryDirectory directory;
        io::BufReader reader(must(co_await File::open(make_file(directory, "one\ntwo\n"))));
        auto lines = reader.lines();
        const auto one = co_await lines.next_line();
        BOOST_TEST((must(one) == "one"));
        const auto two = co_await lines.next_line();
        BOOST_TEST((must(two) == "two"));
        const auto end = co_await lines.next_line();
        BOOST_TEST(!must(end).has_value());
    });
}

BOOST_AUTO_TEST_CASE(files_of_proc_and_devices_can_be_read) {
    on_every_runtime([]() -> Task<void> {
        File proc = must(co_await File::open("/proc/self/status"));
        const std::string status = co_await read_to_end(proc);
        BOOST_TEST(status.find("Name:") == 0u);
        File zero = must(co_await File::open("/dev/zero"));
        const std::string zeros = co_await read_exactly_of(zero, 1000);
        BOOST_TEST((zeros == std::string(1000, '\0')));
    });
}

BOOST_AUTO_TEST_CASE(pipes_can_be_used_as_files) {
    on_every_runtime([]() -> Task<void> {
        int ends[2];
        BOOST_REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
        File reading = File::from_fd(io::OwnedFd(ends[0]));
        std::optional<File> writing = File::from_fd(io::OwnedFd(ends[1]));
        auto [got, written] = co_await join(read_text(reading, 5), writing->write("hello"));
        BOOST_TEST(got == "hello");
        BOOST_TEST(must(written) == 5u);
        std::string buffer(1, '\0');
        const auto seek = co_await reading.seek(0, SeekFrom::Start);
        BOOST_TEST((seek.error() == std::errc::invalid_seek));
        const auto at = co_await reading.read_at(room(buffer), 0);
        BOOST_TEST((at.error() == std::errc::invalid_seek));
        ::close(std::move(reading).into_fd().release());
        const auto broken = co_await writing->write("x");  // and no SIGPIPE
        BOOST_TEST((broken.error() == std::errc::broken_pipe));
    });
}

// To open a FIFO for a moment, only to see what it is, would let the writer in and then break it.
BOOST_AUTO_TEST_CASE(a_fifo_is_opened_once) {
    for_each_flavor_and_reactor([](Runtime& runtime) {
        const TemporaryDirectory directory;
        const std::string path = directory.file("fifo");
        BOOST_REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
        const std::jthread writer([path] {
            const io::OwnedFd fifo(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
            std::this_thread::sleep_for(1ms);
            static_cast<void>(!::write(fifo.descriptor(), "x", 1));
        });
        const std::string got = runtime.block_on([path]() -> Task<std::string> {
            File file = must(co_await File::open(path));
            co_return co_await read_text(file);
        });
        BOOST_TEST(got == "x");
    });
}

BOOST_AUTO_TEST_CASE(descriptors_come_and_go_with_their_cursor) {
    on_every_runtime([]() -> Task<void> {
        const TemporaryDirectory directory;
        const std::string path = make_file(directory, "0123456789");
        io::OwnedFd raw(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        BOOST_REQUIRE(::lseek(raw.descriptor(), 2, SEEK_SET) == 2);
        File file = File::from_fd(std::move(raw));
        const std::string two = co_await read_text(file, 2);
        BOOST_TEST(two == "23");
        const io::OwnedFd back = std::move(file).into_fd();
        BOOST_TEST(::lseek(back.descriptor(), 0, SEEK_CUR) == 4);
        BOOST_CHECK_THROW(static_cast<void>(file.read(std::span<std::byte>())), UsageError);
        BOOST_CHECK_THROW(static_cast<void>(file.descriptor()), UsageError);
    });
}

BOOST_AUTO_TEST_CASE(close_closes_the_descriptor) {
    on_every_runtime([]() -> Task<void> {
        const TemporaryDirectory directory;
        File file = must(co_await File::create(directory.file("file")));
        const int descriptor = file.descriptor();
        must(co_await std::move(file).close());
        BOOST_TEST(::fcntl(descriptor, F_GETFD) < 0);
        BOOST_CHECK_THROW(static_cast<void>(std::move(file).close()), UsageError);
    });
}

// Served by the worker itself: no thread is started for it.
BOOST_AUTO_TEST_CASE(what_is_in_the_page_cache_is_read_without_a_thread) {
    const TemporaryDirectory directory;
    const std::string path = make_file(directory, std::string(64 * 1024, 'c'));
    detail::FileState probe(io::OwnedFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)));
    std::string buffer(1000, '\0');
    if (!detail::read_now(probe, room(buffer), 0)) {
        BOOST_TEST_MESSAGE("this file system cannot tell what it has in the page cache");
        return;
    }
    int threads = 0;
    Builder builder = Builder::current_thread();
    Runtime runtime = builder.on_thread_start([&threads] { ++threads; }).build();
    const int before = threads;
    runtime.block_on([path]() -> Task<void> {
        File file = File::from_fd(io::OwnedFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)));
        const std::string all = co_await read_to_end(file);
        BOOST_TEST(all.size() == 64u * 1024);
        std::string one(1, '\0');
        BOOST_TEST(must(co_await file.read_at(room(one), 5)) == 1u);
    });
    BOOST_TEST(threads == before);
}

BOOST_AUTO_TEST_CASE(reads_at_hand_use_up_the_budget) {
    Builder builder = Builder::current_thread();
    Runtime runtime = builder.build();
    runtime.block_on([]() -> Task<void> {
        const TemporaryDirectory directory;
        File file = must(co_await File::open(make_file(directory, "x")));
        bool other_ran = false;
        auto other = spawn(
            [](bool* ran) -> Task<void> {
                *ran = true;
                co_return;
            },
            &other_ran);
        std::string one(1, '\0');
        int rounds = 0;
        while (!other_ran && rounds < 100'000) {
            ++rounds;
            static_cast<void>(must(co_await file.read_at(room(one), 0)));
            static_cast<void>(must(co_await file.seek(0, SeekFrom::Start)));
            static_cast<void>(must(co_await file.read(room(one))));
        }
        BOOST_TEST(rounds < 1000);
        static_cast<void>(co_await other);
    });
}

namespace {

class Reading : public CancelScenario {
public:
    Reading() : file_(File::from_fd(open_file())) {}
    Task<void> subject() override { got_ = co_await read_text(file_, 4); }
    Task<void> check(bool completed) override {
        if (!completed) {
            got_ = co_await read_text(file_, 4);  // the cursor has not moved
        }
        BOOST_TEST(got_ == "0123");
        const std::string rest = co_await read_to_end(file_);
        BOOST_TEST(rest == "456789");
    }

private:
    io::OwnedFd open_file() {
        return io::OwnedFd(
            ::open(make_file(directory_, "0123456789").c_str(), O_RDONLY | O_CLOEXEC));
    }
    TemporaryDirectory directory_;
    File file_;
    std::string got_;
};

class Writing : public CancelScenario {
public:
    Writing() : path_(make_file(directory_, "")), file_(File::from_fd(open_file())) {}
    Task<void> subject() override { must(co_await io::write_all(file_, std::string_view("ab"))); }
    Task<void> check(bool completed) override {
        must(co_await io::write_all(file_, std::string_view("cd")));
        const std::string content = content_of(path_);
        // Behind what the dropped write has written, or in its place if it never was.
        BOOST_TEST((content == "abcd" || (!completed && content == "cd")));
    }

private:
    io::OwnedFd open_file() const {
        return io::OwnedFd(::open(path_.c_str(), O_WRONLY | O_CLOEXEC));
    }
    TemporaryDirectory directory_;
    std::string path_;
    File file_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(reads_and_writes_can_be_cancelled_at_every_suspension) {
    on_every_runtime([]() -> Task<void> {
        static_cast<void>(co_await drive<Reading>());
        const Driven writing = co_await drive<Writing>();
        BOOST_TEST(writing.runs >= 1u);
    });
}

// The thread sits in the read of an empty pipe while its task is gone.
BOOST_AUTO_TEST_CASE(a_dropped_read_keeps_its_memory_and_the_next_one_waits_for_it) {
    on_every_runtime([]() -> Task<void> {
        int ends[2];
        BOOST_REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
        const io::OwnedFd writing(ends[1]);
        File file = File::from_fd(io::OwnedFd(ends[0]));
        {
            const auto buffer = std::make_unique<std::string>(100, '\0');
            const auto late = co_await timeout(2ms, file.read(room(*buffer)));
            BOOST_TEST((late.error() == Errc::Elapsed));
        }  // the memory is gone
        BOOST_CHECK_THROW(static_cast<void>(std::move(file).into_fd()), UsageError);
        BOOST_REQUIRE(::write(writing.descriptor(), "lost", 4) == 4);
        auto reading = read_text(file);
        const auto early = co_await select(biased, reading, sleep(5ms));
        BOOST_TEST(early.is<1>());
        BOOST_REQUIRE(::write(writing.descriptor(), "kept", 4) == 4);
        const std::string got = co_await std::move(reading);
        BOOST_TEST(got == "kept");
    });
}

// Were it not waited for, the next call would need a second thread.
BOOST_AUTO_TEST_CASE(a_call_at_the_cursor_starts_when_a_dropped_one_is_over) {
    std::atomic<int> threads{0};
    Builder builder = Builder::current_thread();
    Runtime runtime = builder.on_thread_start([&threads] { ++threads; }).build();
    runtime.block_on([&threads]() -> Task<void> {
        int ends[2];
        BOOST_REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
        const io::OwnedFd writing(ends[1]);
        File file = File::from_fd(io::OwnedFd(ends[0]));
        const auto late = co_await timeout(5ms, read_text(file));
        BOOST_TEST((late.error() == Errc::Elapsed));
        auto reading = read_text(file);
        const auto early = co_await select(biased, reading, sleep(5ms));
        BOOST_TEST(early.is<1>());
        BOOST_TEST(threads == 1);
        BOOST_REQUIRE(::write(writing.descriptor(), "lost", 4) == 4);
        const auto still = co_await select(biased, reading, sleep(5ms));
        BOOST_TEST(still.is<1>());
        BOOST_REQUIRE(::write(writing.descriptor(), "kept", 4) == 4);
        const std::string got = co_await std::move(reading);
        BOOST_TEST(got == "kept");
    });
}

BOOST_AUTO_TEST_CASE(a_file_may_be_destroyed_while_a_dropped_call_is_at_work) {
    on_every_runtime([]() -> Task<void> {
        int ends[2];
        BOOST_REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
        const io::OwnedFd writing(ends[1]);
        {
            File file = File::from_fd(io::OwnedFd(ends[0]));
            std::string buffer(10, '\0');
            const auto late = co_await timeout(2ms, file.read(room(buffer)));
            BOOST_TEST((late.error() == Errc::Elapsed));
        }
        BOOST_TEST(::fcntl(ends[0], F_GETFD) >= 0);  // the thread has it
        // The end of `writing` lets the thread go; the leak guard sees that it has closed the file.
    });
}

BOOST_AUTO_TEST_CASE(a_clone_has_a_cursor_of_its_own) {
    on_every_runtime([]() -> Task<void> {
        const TemporaryDirectory directory;
        const std::string path = make_file(directory, "0123456789");
        File file = co_await open_both_ways(path);
        const std::string first = co_await read_exactly_of(file, 2);
        BOOST_TEST(first == "01");
        std::optional<File> clone(must(co_await file.try_clone()));
        BOOST_TEST(clone->descriptor() != file.descriptor());
        BOOST_TEST((::fcntl(clone->descriptor(), F_GETFD) & FD_CLOEXEC) != 0);
        const std::string both = co_await read_exactly_of(file, 4);
        BOOST_TEST(both == "2345");
        const std::string own = co_await read_exactly_of(*clone, 2);
        BOOST_TEST(own == "23");
        must(co_await io::write_all(*clone, "xy"));
        const std::string seen = co_await read_exactly_of(file, 4);
        BOOST_TEST(seen == "6789");
        BOOST_TEST(content_of(path) == "0123xy6789");
        // Each is closed for itself.
        must(co_await std::move(file).close());
        const std::string rest = co_await read_exactly_of(*clone, 2);
        BOOST_TEST(rest == "67");
    });
}

BOOST_AUTO_TEST_CASE(a_clone_is_made_when_a_dropped_write_is_over) {
    on_every_runtime([]() -> Task<void> {
        const TemporaryDirectory directory;
        File file = co_await open_both_ways(directory.file("file"));
        const std::string text(100'000, 'x');
        // Dropped at once, when it has perhaps been given to a thread, and perhaps not started.
        const auto dropped = co_await select(biased, file.write(text), yield_now());
        File clone = must(co_await file.try_clone());
        const std::uint64_t at = must(co_await clone.seek(0, SeekFrom::Current));
        const std::uint64_t original = must(co_await file.seek(0, SeekFrom::Current));
        BOOST_TEST(at == original);
        BOOST_TEST((at == 0u || at == text.size()));
        if (dropped.is<0>()) {
            BOOST_TEST(at == text.size());
        }
    });
}

BOOST_AUTO_TEST_CASE(an_open_that_was_dropped_leaks_no_descriptor) {
    for_each_flavor_and_reactor([](Runtime& runtime) {
        const TemporaryDirectory directory;
        const std::string path = directory.file("fifo");
        BOOST_REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
        runtime.block_on([path]() -> Task<void> {
            const auto late = co_await timeout(2ms, File::open(path));  // waits for a writer
            BOOST_TEST((late.error() == Errc::Elapsed));
        });
        // Lets it go on. The leak guard sees that what was opened is closed again.
        const io::OwnedFd writer(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
        BOOST_TEST(writer.valid());
    });
}

BOOST_AUTO_TEST_SUITE_END()
