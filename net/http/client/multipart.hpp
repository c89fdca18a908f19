// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/body.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace edo::http {

/// A form with files, as browsers send it (multipart/form-data, RFC 7578): for
/// `RequestBuilder::multipart`.
///
/// Names and file names may hold any characters; line breaks and quotes in them are escaped as
/// browsers do it.
///
/// @par Example
/// @snippet http_client.cpp multipart
class Multipart {
public:
    Multipart();

    /// Adds a field.
    Multipart& text(std::string_view name, std::string_view value) &;
    Multipart&& text(std::string_view name, std::string_view value) &&;
    /// Adds a file.
    /// @param content A text, or a stream: then it is sent as it comes.
    /// @param content_type For example "image/png".
    /// @throws UsageError if the type has a control character.
    Multipart& file(std::string_view name, std::string_view file_name, Body content,
                    std::string_view content_type = "application/octet-stream") &;
    Multipart&& file(std::string_view name, std::string_view file_name, Body content,
                     std::string_view content_type = "application/octet-stream") &&;

    /// The value of the header Content-Type that belongs to the body.
    [[nodiscard]] std::string content_type() const;
    /// The body. Its size is known if those of the files are.
    [[nodiscard]] Body into_body() &&;

private:
    void begin_part(std::string_view name);

    std::string boundary_;
    std::string text_;         // what follows the last of `parts_`
    std::vector<Body> parts_;  // in turn what stands before a stream, and the stream
};

}  // namespace edo::http
