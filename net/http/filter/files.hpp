// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/filter/filter.hpp"

#include <memory>
#include <string>
#include <utility>

/// Files as answers.
namespace edo::http::filter::fs {

/// How files are served.
class Options {
public:
    Options() = default;

    /// Whether names that begin with a dot are served; ".well-known" always is. Default: no.
    Options& hidden(bool on) & {
        hidden_ = on;
        return *this;
    }
    Options&& hidden(bool on) && { return std::move(hidden(on)); }
    /// What is served for a directory; empty for nothing. Default: "index.html".
    Options& index(std::string name) & {
        index_ = std::move(name);
        return *this;
    }
    Options&& index(std::string name) && { return std::move(index(std::move(name))); }
    /// The header `Cache-Control` of the answers. Default: none.
    Options& cache_control(std::string value) & {
        cache_control_ = std::move(value);
        return *this;
    }
    Options&& cache_control(std::string value) && {
        return std::move(cache_control(std::move(value)));
    }

    [[nodiscard]] bool hidden() const noexcept { return hidden_; }
    [[nodiscard]] const std::string& index() const noexcept { return index_; }
    [[nodiscard]] const std::string& cache_control() const noexcept { return cache_control_; }

private:
    bool hidden_ = false;
    std::string index_ = "index.html";
    std::string cache_control_;
};

}  // namespace edo::http::filter::fs

namespace edo::http::filter::detail {

class Files : public FilterBase {
public:
    using Extract = List<Response>;
    static constexpr bool kAsync = true;
    Files(std::string path, bool is_directory, fs::Options options);
    Pending<Extract> start(Input& input) const;

private:
    struct Settings;
    static Task<Outcome<Extract>> serve(std::shared_ptr<const Settings> settings, Input* input,
                                        std::string path);

    std::shared_ptr<const Settings> settings_;
};

}  // namespace edo::http::filter::detail

namespace edo::http::filter::fs {

/// Answers with a file, whatever the path.
///
/// The answer has a content type by the file's name, `ETag`, `Last-Modified`, and says 304, 412,
/// 206 or 416 where the request asks for that (If-Match, If-None-Match, If-Modified-Since,
/// If-Unmodified-Since, Range, If-Range). Several ranges are sent as `multipart/byteranges`; more
/// than 16, and those that overlap so that they are longer than the file, are answered with all of
/// it. The file is read piece by piece, as fast as the client takes it; a small one at once.
///
/// Rejected are: other methods than GET and HEAD (405), a file that is not there or is none (404),
/// or must not be read (403).
///
/// @param path Of the file. It is opened for each request.
/// @par Example
/// @snippet http_files.cpp files
[[nodiscard]] inline auto file(std::string path, Options options = Options()) {
    return filter::detail::Files(std::move(path), false, std::move(options));
}

/// Answers with the files of a directory and of those below it, by the rest of the path; as `file`
/// does.
///
/// A directory is answered with its `index.html`; without a slash at the end of the path with a
/// redirect to there. With a slash behind it, a file is 404. Nothing outside of the directory can
/// be named: segments `..` and `.`, empty ones, and those with an encoded slash, a backslash or a
/// NUL are 404, and so are hidden files. Symbolic links are followed, also to the outside: make
/// none that you do not mean.
///
/// @param path Of the directory.
[[nodiscard]] inline auto dir(std::string path, Options options = Options()) {
    return filter::detail::Files(std::move(path), true, std::move(options));
}

}  // namespace edo::http::filter::fs
