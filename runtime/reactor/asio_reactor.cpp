// SPDX-License-Identifier: MIT
// The portable reactor: Boost.Asio's `io_context`, asked for readiness, never for data.
//
// `async_wait` is one-shot, so it is started again each time an operation is about to wait. Its
// handlers own a cell that they share with the source, never a pointer into a coroutine frame.
#include "edo/runtime/reactor/reactor.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>

#include <array>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

namespace edo::detail {

namespace {

namespace asio = boost::asio;

/// Asio's side of one registered descriptor.
struct Watch {
    Watch(asio::io_context& io, int fd, IoSource& watched) : descriptor(io, fd), source(&watched) {}

    std::mutex lock;  // Asio's descriptors are not thread-safe
    asio::posix::stream_descriptor descriptor;
    IoSource* source;  // null when the source has been removed
    std::array<bool, 3> armed{};
};

using WatchPtr = std::shared_ptr<Watch>;

/// Whether the turn that this thread makes has come across a `wake`. Of the thread and not of the
/// reactor, because its owner and a helper may turn it at the same time.
thread_local bool tls_woken = false;

class AsioReactor final : public Reactor {
public:
    AsioReactor() {
        // Opens Asio's own descriptors now: without them the runtime cannot be built, and a socket
        // must not be the first to find that out.
        const asio::posix::stream_descriptor first_user(io_);
    }
    ~AsioReactor() override {
        if (signals_) {
            signals_->release();  // it belongs to the process
        }
    }

    Turned turn(std::optional<std::chrono::milliseconds> timeout) noexcept override {
        tls_woken = false;
        Turned turned;
        try {
            if (!timeout) {
                turned.events += io_.run_one();
            } else if (timeout->count() > 0) {
                turned.events += io_.run_one_for(*timeout);
            }
            turned.events += io_.poll();
        } catch (...) {  // NOLINT: handlers of this reactor do not throw; Asio may lack memory
        }
        turned.woken = tls_woken;
        return turned;
    }

    void wake() noexcept override {
        try {
            asio::post(io_, [] { tls_woken = true; });
        } catch (...) {  // NOLINT: out of memory; the worker wakes at its next event
        }
    }

    std::error_code want(IoSource& source, Direction direction) noexcept override {
        WatchPtr watch;
        {
            const std::lock_guard guard(lock_);
            const auto found = watches_.find(&source);
            watch = found != watches_.end() ? found->second : nullptr;
        }
        return watch != nullptr ? arm(watch, direction) : std::error_code();
    }

protected:
    std::error_code watch(IoSource& source) noexcept override {
        const std::lock_guard guard(lock_);
        try {
            // The place first: a `Watch` that failed to get one would close the descriptor.
            WatchPtr& place = watches_[&source];
            place = std::make_shared<Watch>(io_, source.descriptor(), source);
        } catch (const boost::system::system_error& error) {
            watches_.erase(&source);
            return error.code();
        } catch (const std::bad_alloc&) {
            watches_.erase(&source);
            return std::make_error_code(std::errc::not_enough_memory);
        }
        return {};
    }

    void unwatch(IoSource& source) noexcept override {
        WatchPtr watch;
        {
            const std::lock_guard guard(lock_);
            const auto found = watches_.find(&source);
            if (found == watches_.end()) {
                return;
            }
            watch = std::move(found->second);
            watches_.erase(found);
        }
        const std::lock_guard guard(watch->lock);
        watch->source = nullptr;
        watch->descriptor.release();  // cancels the waits; the descriptor stays the source's
    }

    std::error_code watch_signals(int descriptor) noexcept override {
        try {
            if (!signals_) {
                signals_.emplace(io_, descriptor);
            }
            await_signal();
        } catch (const boost::system::system_error& error) {
            return error.code();
        } catch (const std::bad_alloc&) {
            return std::make_error_code(std::errc::not_enough_memory);
        }
        return {};
    }

private:
    void await_signal() {
        signals_->async_wait(asio::posix::descriptor_base::wait_read,
                             [this](const boost::system::error_code& error) {
                                 if (!error) {
                                     dispatch_signals();
                                     await_signal();
                                 }
                             });
    }

    static asio::posix::descriptor_base::wait_type kind_of(Direction direction) noexcept {
        if (direction == Direction::Except) {
            return asio::posix::descriptor_base::wait_error;
        }
        return direction == Direction::Read ? asio::posix::descriptor_base::wait_read
                                            : asio::posix::descriptor_base::wait_write;
    }

    static std::error_code arm(const WatchPtr& watch, Direction direction) noexcept {
        const std::lock_guard guard(watch->lock);
        bool& armed = watch->armed[std::size_t(direction)];
        if (armed || watch->source == nullptr) {
            return {};
        }
        try {
            watch->descriptor.async_wait(
                kind_of(direction), [watch, direction](const boost::system::error_code& error) {
                    ready(*watch, direction, error);
                });
        } catch (...) {
            return std::make_error_code(std::errc::not_enough_memory);
        }
        armed = true;
        return {};
    }

    static void ready(Watch& watch, Direction direction,
                      const boost::system::error_code& error) noexcept {
        IoSource* source = nullptr;
        {
            const std::lock_guard guard(watch.lock);
            watch.armed[std::size_t(direction)] = false;
            source = watch.source;
        }
        // Without the lock, since `want` is called under the source's. A source that is removed in
        // between only sees a spurious event. Other errors show when the operation is tried again.
        if (source != nullptr && error != asio::error::operation_aborted) {
            Readiness readiness;
            readiness.readable = direction == Direction::Read;
            readiness.writable = direction == Direction::Write;
            readiness.except = direction == Direction::Except;
            source->deliver(readiness);
        }
    }

    // A map, so that no source of the default reactor has a place for what is Asio's.
    std::mutex lock_;
    std::unordered_map<const IoSource*, WatchPtr> watches_;  // guarded by `lock_`
    asio::io_context io_{1 + 1};  // the owner, and at times an idle worker that helps out
    asio::executor_work_guard<asio::io_context::executor_type> keep_{io_.get_executor()};
    std::optional<asio::posix::stream_descriptor> signals_;  // after `io_`, which it refers to
};

}  // namespace

std::shared_ptr<Reactor> make_asio_reactor() {
    return std::make_shared<AsioReactor>();
}

}  // namespace edo::detail
