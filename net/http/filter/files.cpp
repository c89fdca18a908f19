// SPDX-License-Identifier: MIT
#include "edo/net/http/filter/files.hpp"

#include "edo/net/http/boundary.hpp"
#include "edo/net/http/filter/conditional.hpp"
#include "edo/net/http/filter/content_type.hpp"
#include "edo/net/http/filter/file_body.hpp"
#include "edo/net/http/uri/percent.hpp"
#include "edo/runtime/diagnostics/log.hpp"
#include "edo/runtime/fs/file.hpp"

#include <array>
#include <cstdio>
#include <fcntl.h>

namespace edo::http::filter::detail {

struct Files::Settings {
    std::string path;
    bool is_directory;
    fs::Options options;
};

namespace {

using edo::fs::File;
using edo::fs::Metadata;

Rejection rejection_for(const PathError& error) {
    const std::error_code& code = error;
    if (code == std::errc::no_such_file_or_directory || code == std::errc::not_a_directory ||
        code == std::errc::filename_too_long || code == std::errc::too_many_symbolic_link_levels ||
        code == std::errc::no_such_device_or_address) {
        return Rejection::not_found();
    }
    if (code == std::errc::permission_denied) {
        return Rejection(Status::Forbidden);
    }
    edo::detail::log_error("http: cannot serve a file: " + error.message());
    return Rejection(Status::InternalServerError);
}

/// The path of the file that the rest of the request's path names; nothing if none may be named so.
std::optional<std::string> path_below(const std::string& directory, std::string_view rest,
                                      bool hidden) {
    std::string path = directory;
    while (!rest.empty()) {
        const std::size_t slash = rest.find('/');
        const auto name = percent_decode(rest.substr(0, slash));
        rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
        if (!name || name->empty() || *name == "." || *name == ".." ||
            name->find_first_of(std::string_view("/\\\0", 3)) != std::string::npos ||
            (name->front() == '.' && !hidden && *name != ".well-known")) {
            return std::nullopt;
        }
        path += '/';
        path += *name;
    }
    return path;
}

Validators validators_of(const Metadata& metadata) {
    const auto since_epoch = metadata.modified().time_since_epoch().count();
    std::array<char, 48> etag{};
    const int size = std::snprintf(etag.data(), etag.size(), "\"%llx-%llx\"",
                                   static_cast<unsigned long long>(since_epoch),
                                   static_cast<unsigned long long>(metadata.size()));
    return {std::string(etag.data(), std::size_t(size)),
            std::chrono::floor<std::chrono::seconds>(metadata.modified())};
}

Response redirect_to_directory(const Request& request) {
    Response response(Status::MovedPermanently);
    std::string location = std::string(request.path()) + "/";
    if (!request.query().empty()) {
        location += "?" + std::string(request.query());
    }
    response.headers.set("Location", location);
    return response;
}

/// The answer for an open file, by what the request's headers ask for.
Task<Response> answer_with(File file, Metadata metadata, std::string path,
                           const std::string* cache_control, const Request* request) {
    const Validators validators = validators_of(metadata);
    Response response;
    response.headers.reserve(6, 256);
    response.headers.append("ETag", validators.etag);
    response.headers.append("Last-Modified", format_http_date(validators.modified));
    response.headers.append("Accept-Ranges", "bytes");
    if (!cache_control->empty()) {
        response.headers.append("Cache-Control", *cache_control);
    }
    switch (check_preconditions(request->headers, validators)) {
        case Precondition::Passed:
            break;
        case Precondition::NotModified:
            co_return std::move(response).with_status(Status::NotModified);
        case Precondition::Failed:
            co_return std::move(response).with_status(Status::PreconditionFailed);
    }
    const std::uint64_t size = metadata.size();
    RangeAnswer asked;
    if (request->method == Method::Get) {
        asked = requested_ranges(request->headers, validators, size);
    }
    if (asked.unsatisfiable) {
        response.headers.append("Content-Range", "bytes */" + std::to_string(size));
        co_return std::move(response).with_status(Status::RangeNotSatisfiable);
    }
    const std::string_view type = content_type_of(path);
    if (!asked.ranges.empty()) {
        response.status = Status::PartialContent;
    }
    if (asked.ranges.size() > 1) {
        const std::string boundary = http::detail::make_boundary();
        response.headers.append("Content-Type", "multipart/byteranges; boundary=" + boundary);
        response.body = file_parts_body(std::move(file), asked.ranges, size, type, boundary);
    } else {
        ByteRange range;
        range.end = size;
        if (!asked.ranges.empty()) {
            range = asked.ranges.front();
            response.headers.append("Content-Range", content_range(range, size));
        }
        response.headers.append("Content-Type", type);
        response.body = file_body(std::move(file), range);
    }
    if (response.body.size().value_or(0) <=
        kFilePiece) {  // small: it goes out with the head, in one write
        auto text = co_await response.body.collect();
        if (!text) {
            edo::detail::log_error("http: cannot read a file: " + text.error().message());
            co_return Rejection(Status::InternalServerError).into_response();
        }
        response.body = Body(std::move(*text));
    }
    co_return response;
}

}  // namespace

Files::Files(std::string path, bool is_directory, fs::Options options)
    : settings_(std::make_shared<const Settings>(
          Settings{std::move(path), is_directory, std::move(options)})) {}

Pending<Files::Extract> Files::start(Input& input) const {
    const Method method = input.request().method;
    if (method != Method::Get && method != Method::Head) {
        return Rejection::method_not_allowed(method_bit(Method::Get) | method_bit(Method::Head));
    }
    if (!settings_->is_directory) {
        return serve(settings_, &input, settings_->path);
    }
    auto path = path_below(settings_->path, input.rest(), settings_->options.hidden());
    if (!path) {
        return Rejection::not_found();
    }
    input.take_rest();
    return serve(settings_, &input, std::move(*path));
}

Task<Outcome<Files::Extract>> Files::serve(std::shared_ptr<const Settings> settings, Input* input,
                                           std::string path) {
    for (bool is_index = false;; is_index = true) {
        // Opening a pipe must not wait for somebody at its other end.
        edo::fs::OpenOptions options;
        options.read(true).custom_flags(O_NONBLOCK | O_NOCTTY);
        auto file = co_await options.open(path);
        if (!file) {
            co_return failure(rejection_for(file.error()));
        }
        auto metadata = co_await file->metadata();
        if (!metadata) {
            co_return failure(Rejection(Status::InternalServerError));
        }
        const bool names_directory =
            settings->is_directory && input->request().path().ends_with('/');
        if (metadata->is_file() && names_directory && !is_index) {
            co_return failure(Rejection::not_found());
        }
        if (metadata->is_file()) {
            Response response =
                co_await answer_with(std::move(*file), *metadata, std::move(path),
                                     &settings->options.cache_control(), &input->request());
            co_return std::tuple<Response>(std::move(response));
        }
        const bool has_index = settings->is_directory && metadata->is_dir() && !is_index &&
                               !settings->options.index().empty();
        if (!has_index) {
            co_return failure(Rejection::not_found());
        }
        if (!names_directory) {
            co_return std::tuple<Response>(redirect_to_directory(input->request()));
        }
        path += "/" + settings->options.index();
    }
}

}  // namespace edo::http::filter::detail
