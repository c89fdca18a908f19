// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/fs/metadata.hpp"
#include "edo/runtime/fs/open_options.hpp"
#include "edo/runtime/io/owned_fd.hpp"
#include "edo/runtime/join_handle.hpp"
#include "edo/runtime/path_error.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/task/task.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace edo::detail {

struct FileState;
struct Moved;

}  // namespace edo::detail

namespace edo::fs {

/// What the offset of a `seek` is counted from.
enum class SeekFrom : std::uint8_t { Start, Current, End };

/// An open file.
///
/// A file of a disk is always "ready", and a call on it blocks for as long as the disk takes. So
/// such calls are made on the runtime's threads for blocking work, but first a read, or a write, is
/// tried in a way that never blocks: what is in the page cache is served at once. (Linux does the
/// same for writes on some file systems, among them XFS and Btrfs.)
///
/// A write is done when it returns, unlike in Tokio: there is nothing to flush, and the error is
/// that of this write. It is in the page cache then; `sync_all` brings it to the disk.
///
/// @par Cancel safety
/// A call that was given to a thread cannot be taken back. It works on memory of its own and keeps
/// the file open, so nothing dangles; the next call that needs the cursor waits for it. A read that
/// was dropped has not moved the cursor: read again. A write that was dropped has perhaps happened.
///
/// @par Thread safety
/// `read_at` and `write_at`, `metadata` and what else is `const` may be used by several tasks at
/// once; the others belong to one task at a time. A file must not be moved or destroyed while a
/// call is pending.
///
/// @par Misuse
/// Using a file that was moved from throws `UsageError`. Awaiting outside a runtime throws
/// `NoRuntimeError`.
///
/// A pipe or a terminal can be used as a file, but a read that waits for its writer keeps a thread
/// busy, and holds up the end of the runtime: `net::pipe` and `io::stdin` do not.
///
/// The destructor closes the descriptor at once, or, if a dropped call is still at work, as soon as
/// that is over. Where closing may block (NFS, the last name of a large file is gone) or may report
/// that data was lost, use `close`.
///
/// @par Example
/// @snippet fs.cpp file
class File {
public:
    /// Opens a file for reading.
    /// @par Errors
    /// As for `OpenOptions::open`.
    [[nodiscard]] static Task<PathResult<File>> open(std::string path);
    /// Opens a file for writing; makes it if it is not there, and drops what is in it if it is.
    /// @par Errors
    /// As for `OpenOptions::open`.
    [[nodiscard]] static Task<PathResult<File>> create(std::string path);
    /// Takes over a descriptor. Its cursor stays where it is.
    [[nodiscard]] static File from_fd(io::OwnedFd descriptor);
    /// Gives the descriptor away, with the cursor where it is.
    /// @throws UsageError if a call that was dropped may still be at work.
    [[nodiscard]] io::OwnedFd into_fd() &&;

    /// Another `File` for the same open file, with a cursor of its own, which starts where this one
    /// is. What is opened with `OpenOptions::append` appends in both.
    ///
    /// @par Errors
    /// `std::errc::too_many_files_open`
    /// @par Cancel safety
    /// Cancel safe.
    [[nodiscard]] Task<Result<File>> try_clone();

    File(File&&) noexcept = default;
    File& operator=(File&&) noexcept = default;
    ~File() = default;

    /// Reads some bytes at the cursor and moves it: at least one, unless the file ends there. One
    /// call reads at most 2 MiB.
    ///
    /// @param buffer Must stay valid until the operation is over.
    /// @return The number of bytes read; 0 at the end, or for an empty buffer.
    ///
    /// @par Errors
    /// - `std::errc::bad_file_descriptor`: the file is not open for reading.
    /// - `std::errc::is_a_directory`, `std::errc::io_error`
    /// - `Errc::RuntimeShutdown`
    ///
    /// @par Cancel safety
    /// Cancel safe; but what is read from a pipe or a terminal may be lost.
    [[nodiscard]] Task<Result<std::size_t>> read(std::span<std::byte> buffer);

    /// Writes some bytes at the cursor, or at the end with `OpenOptions::append`, and moves it. One
    /// call writes at most 2 MiB; `io::write_all` writes all.
    ///
    /// @param bytes Must stay valid until the operation is over.
    /// @return The number of bytes written.
    ///
    /// @par Errors
    /// Nothing was written.
    /// - `std::errc::no_space_on_device`, `std::errc::file_too_large`, `std::errc::io_error`
    /// - `std::errc::bad_file_descriptor`: the file is not open for writing.
    /// - `Errc::RuntimeShutdown`
    ///
    /// @par Cancel safety
    /// **Not** cancel safe: the bytes may have been written, and the cursor moved, or not.
    [[nodiscard]] Task<Result<std::size_t>> write(std::span<const std::byte> bytes);
    /// The same with text.
    [[nodiscard]] Task<Result<std::size_t>> write(std::string_view text) {
        return write(std::as_bytes(std::span(text.data(), text.size())));
    }

    /// Like `read` and `write`, at an offset from the beginning, without touching the cursor.
    /// Several tasks may use them at once. With `OpenOptions::append` a write goes to the end all
    /// the same.
    /// @par Errors
    /// In addition, `std::errc::invalid_seek`: a pipe or a terminal has no offsets.
    [[nodiscard]] Task<Result<std::size_t>> read_at(std::span<std::byte> buffer,
                                                    std::uint64_t offset) const;
    [[nodiscard]] Task<Result<std::size_t>> write_at(std::span<const std::byte> bytes,
                                                     std::uint64_t offset) const;

    /// Moves the cursor. It may be moved behind the end: a write makes the file longer then.
    /// @return The new position, from the beginning.
    /// @par Errors
    /// `std::errc::invalid_argument`: in front of the beginning. `std::errc::invalid_seek`: the
    /// file has no cursor.
    /// @par Cancel safety
    /// Cancel safe.
    [[nodiscard]] Task<Result<std::uint64_t>> seek(std::int64_t offset, SeekFrom from);

    /// Where the cursor is; and moves it to the beginning.
    /// @par Errors
    /// `std::errc::invalid_seek`: the file has no cursor.
    /// @par Cancel safety
    /// Cancel safe.
    [[nodiscard]] Task<Result<std::uint64_t>> stream_position() {
        return seek(0, SeekFrom::Current);
    }
    [[nodiscard]] Task<Result<std::uint64_t>> rewind() { return seek(0, SeekFrom::Start); }

    /// Waits until all that was written is on the disk, with what the system knows about the file;
    /// or, the second, with only so much of that as is needed to read it.
    /// @par Errors
    /// `std::errc::io_error`, `std::errc::no_space_on_device`: something was lost.
    [[nodiscard]] Task<Result<void>> sync_all();
    [[nodiscard]] Task<Result<void>> sync_data();

    /// Makes the file that long: cuts it, or fills it with zeros. The cursor stays.
    [[nodiscard]] Task<Result<void>> set_len(std::uint64_t size);

    [[nodiscard]] Task<Result<Metadata>> metadata() const;
    [[nodiscard]] Task<Result<void>> set_permissions(Permissions permissions) const;

    /// Closes the file on a thread that may block, and tells what the system says to that.
    ///
    /// @par Errors
    /// What an earlier write has lost, on file systems that find that out late. The descriptor is
    /// closed all the same.
    [[nodiscard]] Task<Result<void>> close() &&;

    /// The descriptor, still owned by the file.
    [[nodiscard]] int descriptor() const;

private:
    friend class OpenOptions;
    explicit File(std::shared_ptr<detail::FileState> state) noexcept;

    [[nodiscard]] const std::shared_ptr<detail::FileState>& state() const;
    static Task<void> settle(File* file);
    static Task<Result<std::size_t>> read_next(File* file, std::span<std::byte> buffer);
    static Task<Result<std::size_t>> write_next(File* file, std::span<const std::byte> bytes);
    static Task<Result<std::uint64_t>> move_cursor(File* file, std::int64_t offset, SeekFrom from);
    static Task<Result<void>> close_now(File file);
    static Task<Result<File>> clone(File* file);
    template <class Function>
    static Task<Result<void>> after_writes(File* file, Function function);

    std::shared_ptr<detail::FileState> state_;
    std::uint64_t position_ = 0;  // the cursor; the system's own is only used in `into_fd`
    // A read or write at the cursor that is under way; outlives the `co_await` when that is
    // dropped.
    JoinHandle<detail::Moved> pending_;
};

}  // namespace edo::fs
