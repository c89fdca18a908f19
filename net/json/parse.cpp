// SPDX-License-Identifier: MIT
#include "edo/net/json/parse.hpp"

#include "edo/net/json/reader.hpp"

#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

namespace edo::detail::json {

namespace {

namespace boost_json = boost::json;
using BasicParser = boost_json::basic_parser<Reader>;
using edo::json::Limits;

boost_json::parse_options options(const Limits& limits) {
    boost_json::parse_options options;
    options.max_depth = limits.max_depth;
    return options;
}

/// What the parser itself refuses.
Error error_of(const boost_json::error_code& ec) {
    if (ec == boost_json::error::incomplete) {
        return Error(Errc::Incomplete, "the text ends too early");
    }
    if (ec == boost_json::error::too_deep) {
        return Error(Errc::TooDeep, "too many arrays and objects within each other");
    }
    if (ec == boost_json::error::exponent_overflow) {
        return Error(Errc::OutOfRange, "a number beyond the range of every type");
    }
    return Error(Errc::Syntax, "not JSON: " + ec.message());
}

}  // namespace

class ParserCore::State {
public:
    State(const Limits& limits, const Type& type, void* object)
        : parser_(options(limits), type, object), room_(limits.max_size), max_size_(room_) {}

    [[nodiscard]] Refusal parse(std::string_view piece, bool is_last) {
        if (error_) {
            return std::make_unique<Error>(*error_);
        }
        if (piece.size() > room_) {
            return fail(Error(Errc::TooLarge, "more text than the limit allows"), {});
        }
        room_ -= piece.size();
        boost_json::error_code ec;
        const std::size_t count = parser_.write_some(!is_last, piece.data(), piece.size(), ec);
        if (ec) {
            auto& refused = parser_.handler().error();
            return fail(refused ? std::move(*refused) : error_of(ec), piece.substr(0, count));
        }
        if (count < piece.size()) {
            return fail(Error(Errc::TrailingText, "something follows the value"),
                        piece.substr(0, count));
        }
        if (!is_last) {
            pass(piece);
        }
        return nullptr;
    }

    void restart(void* object) {
        parser_.reset();
        parser_.handler().restart(object);
        room_ = max_size_;
        line_ = 1;
        column_ = 1;
        error_.reset();
    }

private:
    /// Counts the lines of what is done with.
    void pass(std::string_view text) noexcept {
        const std::size_t newline = text.rfind('\n');
        if (newline == std::string_view::npos) {
            column_ += text.size();
            return;
        }
        line_ += std::size_t(std::count(text.begin(), text.end(), '\n'));
        column_ = text.size() - newline;
    }

    [[nodiscard]] Refusal fail(Error error, std::string_view done) {
        pass(done);
        error.set_position(line_, column_);
        error_ = std::move(error);
        return std::make_unique<Error>(*error_);
    }

    BasicParser parser_;
    std::size_t room_;  // bytes that may still come
    std::size_t max_size_;
    std::size_t line_ = 1;
    std::size_t column_ = 1;
    std::optional<Error> error_;  // all calls after an error yield it again
};

ParserCore::ParserCore(const Limits& limits, const Type& type, void* object)
    : state_(std::make_unique<State>(limits, type, object)) {}
ParserCore::ParserCore(ParserCore&&) noexcept = default;
ParserCore& ParserCore::operator=(ParserCore&&) noexcept = default;
ParserCore::~ParserCore() = default;

Refusal ParserCore::read(std::string_view text, const Limits& limits, const Type& type,
                         void* object) {
    return State(limits, type, object).parse(text, true);
}

Refusal ParserCore::feed(std::string_view piece) {
    return state_->parse(piece, false);
}

Refusal ParserCore::finish() {
    return state_->parse({}, true);
}

void ParserCore::restart(void* object) {
    state_->restart(object);
}

}  // namespace edo::detail::json
