// SPDX-License-Identifier: MIT
// The examples in the documentation of streams.
#include <edo/edo.hpp>
#include <edo/runtime/codec/framed.hpp>
#include <edo/runtime/codec/lines_codec.hpp>
#include <edo/runtime/io/duplex.hpp>
#include <edo/runtime/join_set.hpp>
#include <edo/runtime/stream/async_generator.hpp>
#include <edo/runtime/stream/combine.hpp>
#include <edo/runtime/stream/consume.hpp>
#include <edo/runtime/stream/limit.hpp>
#include <edo/runtime/stream/peekable.hpp>
#include <edo/runtime/stream/sources.hpp>
#include <edo/runtime/stream/stream_map.hpp>
#include <edo/runtime/stream/timed.hpp>
#include <edo/runtime/stream/timeout_repeating.hpp>
#include <edo/runtime/stream/transform.hpp>
#include <edo/runtime/stream/watch_stream.hpp>
#include <edo/runtime/sync/watch.hpp>

#include <charconv>
#include <chrono>
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

namespace {

using edo::Result;
using edo::Task;
namespace stream = edo::stream;

//! [pipe]
Task<void> squares_of_even_numbers() {
    std::vector<int> numbers{1, 2, 3, 4, 5, 6};
    auto squares = stream::iter(std::move(numbers)) |
                   stream::filter([](int n) { return n % 2 == 0; }) |
                   stream::map([](int n) { return n * n; }) | stream::take(2);
    const std::vector<int> all = co_await (squares | stream::collect());
    std::cout << all[0] << ' ' << all[1] << '\n';  // 4 16
}
//! [pipe]

//! [interval_stream]
Task<void> three_ticks() {
    auto ticks = stream::interval_stream(edo::interval(10ms)) | stream::take(3);
    while (auto tick = co_await ticks.next()) {
        std::cout << "tick\n";
    }
}
//! [interval_stream]

//! [from_channel]
template <class Receiver>
Task<int> sum_of_all(Receiver receiver) {
    auto numbers = stream::from_channel(std::move(receiver));
    auto add = [](int sum, int n) { return sum + n; };
    co_return co_await (numbers | stream::fold(0, add));
}
//! [from_channel]

//! [filter_map]
std::optional<int> number_in(const std::string& text) {
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() ? std::optional<int>(number) : std::nullopt;
}

Task<void> numbers_only() {
    std::vector<std::string> words{"7", "apples", "9"};
    auto numbers = stream::iter(words) | stream::filter_map(number_in);
    while (auto number = co_await numbers.next()) {
        std::cout << *number << '\n';
    }
}
//! [filter_map]

//! [then]
Task<std::string> look_up(int id) {
    co_await edo::sleep(1ms);
    co_return "user " + std::to_string(id);
}

Task<void> look_up_all() {
    std::vector<int> ids{1, 2, 3};
    auto users = stream::iter(std::move(ids)) | stream::then(look_up);
    while (auto user = co_await users.next()) {
        std::cout << *user << '\n';
    }
}
//! [then]

//! [map_while]
Task<void> up_to_the_first_word() {
    std::vector<std::string> words{"1", "2", "three", "4"};
    auto numbers =
        stream::iter(words) | stream::map_while([](const std::string& word) {
            int number = 0;
            const auto end = word.data() + word.size();
            const auto [at, error] = std::from_chars(word.data(), end, number);
            return error == std::errc() && at == end ? std::optional<int>(number) : std::nullopt;
        });
    while (auto number = co_await numbers.next()) {
        std::cout << *number << '\n';  // 1, 2
    }
}
//! [map_while]

//! [try_next]
template <class Reader>
Task<Result<std::size_t>> count_frames(Reader& reader) {
    edo::codec::FramedRead frames(reader, edo::codec::LinesCodec());
    for (std::size_t count = 0;; ++count) {
        const auto frame = co_await edo::propagate(co_await stream::try_next(frames));
        if (!frame) {
            co_return count;
        }
    }
}
//! [try_next]

//! [from_function]
Task<int> sum_of_tasks() {
    edo::JoinSet<int> tasks;
    for (const int n : {1, 2, 3}) {
        tasks.spawn([](int number) -> Task<int> { co_return number; }, n);
    }
    auto results = stream::from_function([&tasks] { return tasks.join_next(); });
    int sum = 0;
    while (auto result = co_await results.next()) {
        sum += result->value();
    }
    co_return sum;
}
//! [from_function]

//! [from_watch]
Task<void> show_changes(edo::sync::watch::Receiver<std::string> config) {
    auto values = stream::from_watch(std::move(config));
    while (auto value = co_await values.next()) {
        std::cout << "config is now " << *value << '\n';
    }
}
//! [from_watch]

//! [enumerate]
Task<void> numbered() {
    std::vector<std::string> words{"title", "one", "two"};
    auto lines = stream::iter(words) | stream::skip(1) | stream::enumerate();
    while (auto line = co_await lines.next()) {
        std::cout << line->first << ": " << line->second << '\n';
    }
}
//! [enumerate]

//! [merge]
Task<void> two_as_one() {
    std::vector<int> odd{1, 3, 5};
    std::vector<int> even{2, 4};
    auto both =
        stream::iter(odd) | stream::merge(stream::iter(even)) | stream::chain(stream::once(100));
    while (auto number = co_await both.next()) {
        std::cout << *number << ' ';  // 1 2 3 4 5 100
    }
    std::cout << '\n';
}
//! [merge]

//! [timeout]
Task<void> watch_for_silence() {
    auto ticks =
        stream::interval_stream(edo::interval(50ms)) | stream::timeout(20ms) | stream::take(4);
    while (auto tick = co_await ticks.next()) {
        std::cout << (*tick ? "tick\n" : "silence\n");
    }
}
//! [timeout]

//! [timeout_repeating]
Task<void> complain_about_silence() {
    auto ticks = stream::interval_stream(edo::interval(50ms)) |
                 stream::timeout_repeating(edo::interval_at(edo::now() + 20ms, 20ms)) |
                 stream::take(6);
    while (auto tick = co_await ticks.next()) {
        std::cout << (*tick ? "tick\n" : "still silent\n");
    }
}
//! [timeout_repeating]

//! [throttle]
Task<void> not_too_fast() {
    std::vector<int> numbers{1, 2, 3};
    auto slowly = stream::iter(numbers) | stream::throttle(10ms);
    while (auto number = co_await slowly.next()) {
        std::cout << *number << '\n';
    }
}
//! [throttle]

//! [chunks_timeout]
Task<void> in_batches() {
    auto ticks = stream::interval_stream(edo::interval(2ms)) | stream::take(5);
    auto batches = ticks | stream::chunks_timeout(3, 100ms);
    while (auto batch = co_await batches.next()) {
        std::cout << batch->size() << " at once\n";  // 3, then 2
    }
}
//! [chunks_timeout]

//! [peekable]
Task<void> runs_of_equal_numbers() {
    std::vector<int> values{1, 1, 2, 3, 3, 3};
    auto numbers = stream::iter(values) | stream::peekable();
    while (auto number = co_await numbers.next()) {
        int length = 1;
        const auto is_equal = [&number](int other) { return other == *number; };
        while (auto same = co_await numbers.next_if(is_equal)) {
            ++length;
        }
        std::cout << length << " x " << *number << '\n';
    }
}
//! [peekable]

//! [try_collect]
template <edo::io::AsyncRead Reader>
Task<Result<std::vector<std::string>>> all_lines(Reader& reader) {
    edo::codec::FramedRead lines(reader, edo::codec::LinesCodec());  // a stream, too
    co_return co_await (lines | stream::try_collect());
}
//! [try_collect]

//! [fold]
Task<int> sum() {
    std::vector<int> numbers{1, 2, 3};
    const auto add = [](int total, int n) { return total + n; };
    co_return co_await (stream::iter(numbers) | stream::fold(0, add));
}
//! [fold]

//! [for_each]
Task<void> print_slowly(int number) {
    co_await edo::sleep(1ms);
    std::cout << number << '\n';
}

Task<void> print_all_slowly() {
    std::vector<int> numbers{1, 2, 3};
    co_await (stream::iter(numbers) | stream::for_each(print_slowly));
}
//! [for_each]

//! [async_generator]
stream::AsyncGenerator<int> count_down(int from) {
    for (int n = from; n > 0; --n) {
        co_await edo::sleep(1ms);
        co_yield n;
    }
}

Task<void> launch() {
    auto seconds = count_down(3);
    while (auto second = co_await seconds.next()) {
        std::cout << *second << "...\n";
    }
}
//! [async_generator]

//! [stream_map]
Task<void> listen_to_many() {
    stream::StreamMap<std::string, stream::AsyncGenerator<int>> timers;
    timers.insert("short", count_down(2));
    timers.insert("long", count_down(4));
    while (auto item = co_await timers.next()) {
        std::cout << item->first << ": " << item->second << '\n';
    }
}
//! [stream_map]

class Numbers {
public:
    Numbers() = default;
    Task<std::optional<int>> recv() {
        co_return ++count_ <= 3 ? std::optional<int>(count_) : std::nullopt;
    }

private:
    int count_ = 0;
};

Task<void> show_all() {
    co_await squares_of_even_numbers();
    co_await three_ticks();
    const int received = co_await sum_of_all(Numbers());
    const int added = co_await sum();
    std::cout << received << ' ' << added << '\n';
    co_await numbers_only();
    co_await look_up_all();
    co_await numbered();
    co_await up_to_the_first_word();
    const int summed = co_await sum_of_tasks();
    std::cout << summed << '\n';
    {
        auto [sender, receiver] = edo::sync::watch::channel(std::string("new"));
        auto showing = edo::spawn(show_changes(std::move(receiver)));
        co_await edo::yield_now();
        sender.send_replace("newer");
        co_await edo::yield_now();
        const auto dropped = std::move(sender);
        showing.abort();
    }
    co_await two_as_one();
    co_await watch_for_silence();
    co_await complain_about_silence();
    co_await not_too_fast();
    co_await in_batches();
    co_await runs_of_equal_numbers();
    auto [reader, writer] = edo::io::simplex(64);
    static_cast<void>(co_await writer.write("one\ntwo\n"));
    static_cast<void>(co_await writer.shutdown());
    const auto lines = co_await all_lines(reader);
    std::cout << lines->size() << " lines\n";
    auto [other, end] = edo::io::simplex(64);
    static_cast<void>(co_await end.write("one\ntwo\n"));
    static_cast<void>(co_await end.shutdown());
    const auto frames = co_await count_frames(other);
    std::cout << frames.value() << " frames\n";
    co_await print_all_slowly();
    co_await launch();
    co_await listen_to_many();
}

}  // namespace

int main() {
    edo::Runtime runtime = edo::Builder::current_thread().start_paused().build();
    runtime.block_on(show_all());
}
