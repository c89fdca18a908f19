// SPDX-License-Identifier: MIT
#include "edo/net/http/server/connection_core.hpp"

#include "edo/net/http/h2/preface.hpp"
#include "edo/net/http/server/date.hpp"
#include "edo/net/http/server/service_failure.hpp"
#include "edo/runtime/core/context.hpp"
#include "edo/runtime/diagnostics/log.hpp"
#include "edo/runtime/errors.hpp"

#include <stdexcept>
#include <utility>

namespace edo::http::detail {

namespace {

/// The body of a request, read from the connection while somebody asks for it.
class RequestBody final : public BodySource {
public:
    explicit RequestBody(std::shared_ptr<BodyLink> link) noexcept : link_(std::move(link)) {}

    Task<Result<std::optional<std::string>>> next() override {
        ConnectionCore* const connection = link_->connection();
        return connection == nullptr ? gone() : connection->next_piece();
    }
    [[nodiscard]] std::optional<std::uint64_t> size() const override {
        const ConnectionCore* const connection = link_->connection();
        if (connection == nullptr || is_chunked(*connection)) {
            return {};
        }
        return connection->body().left();
    }
    [[nodiscard]] const Headers* trailers() const override {
        const ConnectionCore* const connection = link_->connection();
        return connection == nullptr ? nullptr : connection->body().trailers();
    }

private:
    static Task<Result<std::optional<std::string>>> gone() { co_return failure(Errc::BodyGone); }
    static bool is_chunked(const ConnectionCore& connection) noexcept {
        return connection.body().kind() != h1::Framing::Kind::Length;
    }

    std::shared_ptr<BodyLink> link_;
};

}  // namespace

BodyLink::BodyLink(ConnectionCore& connection) noexcept
    : connection_(&connection), task_(edo::detail::context().task) {}

ConnectionCore* BodyLink::connection() const {
    if (edo::detail::context().task != task_) {
        throw UsageError(
            "the body of a request is read from its connection: read it in the task in which the "
            "service was called, and give what was read to others");
    }
    return connection_;
}

ConnectionCore::ConnectionCore(const Serving& serving)
    : serving_(serving), waits_(serving_.options()), parser_(serving_.options().limits) {}

ConnectionCore::~ConnectionCore() {
    end_request();
}

ConnectionCore::Head ConnectionCore::find_head() {
    if (input_.empty()) {
        return Head::Incomplete;
    }
    if (may_be_http2_) {
        const std::string_view begin = input_.bytes().substr(0, h2::kPreface.size());
        may_be_http2_ = h2::kPreface.starts_with(begin);
        if (may_be_http2_) {
            return begin == h2::kPreface ? Head::Http2 : Head::Incomplete;
        }
    }
    const Result<bool> is_whole = parser_.parse(input_.bytes());
    if (!is_whole) {
        refuse(is_whole.error());
        return Head::Refused;
    }
    if (!*is_whole) {
        return Head::Incomplete;
    }
    waits_.forget_head();
    keep_alive_ = parser_.keeps_alive() && serving_.options().keep_alive && !is_stopping_;
    if (parser_.framing().length() > serving_.options().body_limit) {
        refuse(Errc::BodyTooLarge);
        return Head::Refused;
    }
    return Head::Complete;
}

Request ConnectionCore::take_request() {
    Request request = parser_.take(input_.bytes());
    input_.consume(parser_.size());
    request.peer = serving_.peer();
    request.tls = serving_.tls();
    request.scheme = request.tls != nullptr ? "https" : "http";
    has_answered_ = false;
    const h1::Framing framing = parser_.framing();
    const std::string_view rest = input_.bytes();
    if (framing.is_empty()) {
        return request;
    }
    if (framing.kind() == h1::Framing::Kind::Length && framing.length() <= rest.size()) {
        // All of the body has come with the head: nobody needs to read.
        const auto size = std::size_t(framing.length());
        request.body = Body(std::string(rest.substr(0, size)));
        input_.consume(size);
        return request;
    }
    decoder_ = h1::BodyDecoder(framing, serving_.options().limits);
    body_bytes_ = 0;
    waits_.body_pace().restart();
    continue_due_ = parser_.expects_continue() && input_.empty();
    link_ = std::make_shared<BodyLink>(*this);
    request.body = Body(std::make_unique<RequestBody>(link_));
    return request;
}

Response ConnectionCore::failed(const std::exception_ptr& error) const noexcept {
    return answer_to_failure(error);
}

bool ConnectionCore::is_upgrade(const Response& response) const noexcept {
    return response.status == Status::SwitchingProtocols ||
           (response.upgrade && parser_.method() == Method::Connect && is_success(response.status));
}

h1::Framing ConnectionCore::begin_answer(Response& response) {
    if (is_informational(response.status) && (response.status != Status::SwitchingProtocols ||
                                              !response.upgrade || !parser_.asks_for_upgrade())) {
        edo::detail::log_error(
            "a service has answered 1xx, which is no answer, or 101 without an "
            "upgrade or without having been asked for one: 500 is sent");
        response = Response(Status::InternalServerError);
    }
    if (!response.body.is_text() && take_continue()) {
        out_.append(kContinue);  // the answer may be made of the request's body
    }
    // Nobody can read the rest of the request's body while a text is sent.
    if (!decoder_.is_done() && response.body.is_text() && !can_drain()) {
        keep_alive_ = false;
    }
    h1::AnswerTo to;
    to.method = parser_.method();
    to.version = parser_.version();
    to.keep_alive = keep_alive_ && !is_stopping_;
    to.date = serving_.options().date ? current_date() : std::string_view();
    h1::Framing framing = h1::append_response_head(out_, response, to);
    has_answered_ = true;
    waits_.answer_pace().restart();
    keep_alive_ = to.keep_alive;
    if (response.body.is_text() && !framing.is_empty() && response.body.text().size() <= kCopied) {
        out_.append(response.body.text());
        framing = h1::Framing();
    }
    return framing;
}

void ConnectionCore::refuse(std::error_code error) {
    h1::AnswerTo to;
    to.keep_alive = false;
    to.date = serving_.options().date ? current_date() : std::string_view();
    const Response response = answer_to_refused(error);
    static_cast<void>(h1::append_response_head(out_, response, to));
    out_.append(response.body.text());
    keep_alive_ = false;
    has_answered_ = true;
}

void ConnectionCore::end_request() noexcept {
    if (link_ != nullptr) {
        link_->cut();
        link_.reset();
    }
}

Result<std::string> ConnectionCore::take_piece() {
    while (!input_.empty() && !decoder_.is_done()) {
        const Result<h1::BodyDecoder::Step> step = decoder_.decode(input_.bytes());
        if (!step) {
            is_body_broken_ = true;
            return failure(step.error());
        }
        std::string piece(step->data);
        input_.consume(step->consumed);
        body_bytes_ += piece.size();
        waits_.body_pace().moved(piece.size());
        if (body_bytes_ > serving_.options().body_limit) {
            is_body_broken_ = true;
            return failure(Errc::BodyTooLarge);
        }
        if (!piece.empty()) {
            return piece;
        }
    }
    return std::string();
}

bool ConnectionCore::take_continue() noexcept {
    // Once the answer has begun, 100 would come too late.
    return std::exchange(continue_due_, false) && !has_answered_;
}

bool ConnectionCore::can_drain() const noexcept {
    return !is_body_broken_ && !continue_due_ && decoder_.left() <= serving_.options().drain_limit;
}

}  // namespace edo::http::detail
