// SPDX-License-Identifier: MIT
#include "edo/net/http/h1/encoder.hpp"

#include "edo/net/http/characters.hpp"
#include "edo/net/http/h1/message_fields.hpp"
#include "edo/runtime/errors.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <optional>

namespace edo::http::h1 {

namespace {

/// Makes room at the end of a string once, and writes there without further checks.
class Writer {
public:
    /// @param most No more than that is added.
    Writer(std::string& out, std::size_t most) : out_(out) {
        const std::size_t size = out.size();
        if (out.capacity() - size < most) {
            out.reserve(std::max(size + most, 2 * out.capacity()));
        }
        out.resize(size + most);
        at_ = out.data() + size;
    }
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    ~Writer() { out_.resize(std::size_t(at_ - out_.data())); }

    void add(std::string_view text) noexcept {
        std::memcpy(at_, text.data(), text.size());
        at_ += text.size();
    }
    void add_number(std::uint64_t number, int base = 10) noexcept {
        at_ = std::to_chars(at_, at_ + kNumber, number, base).ptr;
    }
    void add_field(std::string_view name, std::string_view value) noexcept {
        add(name);
        add(": ");
        add(value);
        add("\r\n");
    }

    static constexpr std::size_t kNumber = 20;

private:
    std::string& out_;
    char* at_;
};

constexpr std::size_t kFieldFrame = 4;  // ": " and the line end
/// Room for all that is added to the headers of a message, beside values of its own.
constexpr std::size_t kRest = 256;

std::size_t size_of(const Headers& headers) noexcept {
    std::size_t size = 0;
    for (const Header header : headers) {
        size += header.name.size() + header.value.size() + kFieldFrame;
    }
    return size;
}

/// What the headers of the application say about the connection, and where it says it.
struct Told {
    bool close = false;
    bool connection = false;
    bool date = false;
    std::optional<std::uint64_t> length;
};

enum class Field : std::uint8_t { Other, Host, Date, Connection, ContentLength, TransferEncoding };

/// Which of the headers it is that get special treatment; lengths tell most others from them.
Field field_of(std::string_view name) noexcept {
    switch (name.size()) {
        case 4:
            if (detail::same_name(name, "Date")) {
                return Field::Date;
            }
            return detail::same_name(name, "Host") ? Field::Host : Field::Other;
        case 10:
            return detail::same_name(name, "Connection") ? Field::Connection : Field::Other;
        case 14:
            return detail::same_name(name, "Content-Length") ? Field::ContentLength : Field::Other;
        case 17:
            return detail::same_name(name, "Transfer-Encoding") ? Field::TransferEncoding
                                                                : Field::Other;
        default:
            return Field::Other;
    }
}

bool has_close(std::string_view value) noexcept {
    while (!value.empty()) {
        if (detail::same_name(detail::next_element(value), "close")) {
            return true;
        }
    }
    return false;
}

/// Writes the headers of the application, except those about the framing.
Told add_headers(Writer& writer, const Headers& headers) noexcept {
    Told told;
    for (const Header header : headers) {
        switch (field_of(header.name)) {
            case Field::ContentLength:
                told.length = parse_length(header.value);
                continue;
            case Field::TransferEncoding:
                continue;
            case Field::Connection:
                told.connection = true;
                told.close |= has_close(header.value);
                break;
            case Field::Date:
                told.date = true;
                break;
            case Field::Host:
            case Field::Other:
                break;
        }
        writer.add_field(header.name, header.value);
    }
    return told;
}

void add_status_line(Writer& writer, Status status) {
    if (status == Status::Ok) {
        writer.add("HTTP/1.1 200 OK\r\n");
        return;
    }
    writer.add("HTTP/1.1 ");
    writer.add_number(std::uint64_t(status));
    writer.add(" ");
    writer.add(reason(status));
    writer.add("\r\n");
}

/// How a body is sent to someone who understands chunks, or does not.
Framing framing_of(const Body& body, const Told& told, Version version) {
    const std::optional<std::uint64_t> size = body.size();
    if (size) {
        return Framing::of_length(*size);
    }
    if (told.length) {
        return Framing::of_length(*told.length);
    }
    return version == Version::Http10 ? Framing::until_close() : Framing::chunked();
}

void add_framing(Writer& writer, Framing framing) noexcept {
    if (framing.kind() == Framing::Kind::Length) {
        writer.add("Content-Length: ");
        writer.add_number(framing.length());
        writer.add("\r\n");
    } else if (framing.kind() == Framing::Kind::Chunked) {
        writer.add("Transfer-Encoding: chunked\r\n");
    }
}

}  // namespace

Framing append_response_head(std::string& out, const Response& response, AnswerTo& to) {
    if (std::uint16_t(response.status) < 100 || std::uint16_t(response.status) > 999) {
        throw UsageError("the status of an answer is a number from 100 to 999");
    }
    Writer writer(out, size_of(response.headers) + to.date.size() + kRest);
    add_status_line(writer, response.status);
    const Told told = add_headers(writer, response.headers);
    if (!told.date && !to.date.empty()) {
        writer.add_field("Date", to.date);
    }

    Framing framing;
    const bool is_tunnel = to.method == Method::Connect && is_success(response.status);
    if (!has_no_body(response.status) && !is_tunnel) {
        framing = framing_of(response.body, told, to.version);
        if (to.method == Method::Head && framing.is_empty() && told.length) {
            framing = Framing::of_length(*told.length);  // of the body that it would have
        }
        add_framing(writer, framing);
        if (to.method == Method::Head) {
            framing = Framing();
        }
    } else if (response.status == Status::NotModified && told.length) {
        add_framing(writer, Framing::of_length(*told.length));
    }

    if (framing.kind() == Framing::Kind::UntilClose || told.close) {
        to.keep_alive = false;
    }
    if (!to.keep_alive && !told.close && !is_tunnel &&
        response.status != Status::SwitchingProtocols) {
        writer.add("Connection: close\r\n");
    } else if (to.keep_alive && to.version == Version::Http10 && !told.connection) {
        writer.add("Connection: keep-alive\r\n");
    }
    writer.add("\r\n");
    return framing;
}

Framing append_request_head(std::string& out, const Request& request, bool keep_alive) {
    if (request.target.empty() || !detail::all_are(request.target, detail::kTargetCharacter)) {
        throw UsageError(
            "the target of a request has a blank, a line break, or another character "
            "that must be encoded");
    }
    const std::optional<std::string_view> host = request.headers.get("Host");
    if (!host && !detail::all_are(request.authority, detail::kHostCharacter)) {
        throw UsageError("the authority of a request has a character that no host has");
    }
    Writer writer(
        out, size_of(request.headers) + request.target.size() + request.authority.size() + kRest);
    writer.add(to_string(request.method));
    writer.add(" ");
    writer.add(request.target);
    writer.add(" HTTP/1.1\r\n");
    writer.add_field("Host", host.value_or(request.authority));

    Told told;
    for (const Header header : request.headers) {
        switch (field_of(header.name)) {
            case Field::Host:
            case Field::TransferEncoding:
                continue;
            case Field::ContentLength:
                told.length = parse_length(header.value);
                continue;
            case Field::Connection:
                told.close |= has_close(header.value);
                break;
            case Field::Date:
            case Field::Other:
                break;
        }
        writer.add_field(header.name, header.value);
    }

    Framing framing = framing_of(request.body, told, Version::Http11);
    const bool expects_body = request.method == Method::Post || request.method == Method::Put ||
                              request.method == Method::Patch;
    if (framing.is_empty() && !expects_body) {
        framing = Framing();
    }
    add_framing(writer, framing);
    if (!keep_alive && !told.close) {
        writer.add("Connection: close\r\n");
    }
    writer.add("\r\n");
    return framing;
}

void append_chunk_head(std::string& out, std::size_t size) {
    Writer writer(out, Writer::kNumber + 2);
    writer.add_number(size, 16);
    writer.add("\r\n");
}

void append_chunk(std::string& out, std::string_view data) {
    if (!data.empty()) {
        append_chunk_head(out, data.size());
        out.append(data);
        out.append("\r\n");
    }
}

void append_last_chunk(std::string& out, const Headers* trailers) {
    out.append("0\r\n");
    if (trailers != nullptr) {
        Writer writer(out, size_of(*trailers));
        for (const Header header : *trailers) {
            writer.add_field(header.name, header.value);
        }
    }
    out.append("\r\n");
}

std::string http_date(std::int64_t seconds) {
    constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    using namespace std::chrono;
    const sys_seconds time{std::chrono::seconds(seconds)};
    const sys_days day = floor<days>(time);
    const year_month_day date(day);
    const hh_mm_ss clock(time - day);
    std::array<char, 48> text{};
    const int size = std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
                                   kDays[weekday(day).c_encoding()], unsigned(date.day()),
                                   kMonths[unsigned(date.month()) - 1], int(date.year()),
                                   int(clock.hours().count()), int(clock.minutes().count()),
                                   int(clock.seconds().count()));
    return {text.data(), std::size_t(size)};
}

}  // namespace edo::http::h1
