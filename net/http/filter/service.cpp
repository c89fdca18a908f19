// SPDX-License-Identifier: MIT
#include "edo/net/http/filter/service.hpp"

#include "edo/net/http/filter/log_exception.hpp"

namespace edo::http::filter::detail {

namespace {

class FilterService final : public Service {
public:
    explicit FilterService(BoxedFilter<Response> filter) : filter_(std::move(filter)) {}

    Task<Response> call(Request request) override {
        Input input(request);
        Response response;
        bool failed = false;
        try {
            Pending<List<Response>> pending = filter_.start(input);
            if (pending.is_ready()) {
                response = answer(std::move(pending).take());
            } else {
                Outcome<List<Response>> outcome = co_await std::move(pending).task();
                response = answer(std::move(outcome));
            }
        } catch (...) {
            failed = true;
            log_handler_exception(request);
        }
        if (failed) {
            response = Rejection(Status::InternalServerError).into_response();
        }
        co_return response;
    }

private:
    static Response answer(Outcome<List<Response>> outcome) {
        return outcome ? std::get<0>(std::move(*outcome))
                       : std::move(outcome.error()).into_response();
    }

    BoxedFilter<Response> filter_;
};

}  // namespace

std::shared_ptr<Service> make_filter_service(BoxedFilter<Response> filter) {
    return std::make_shared<FilterService>(std::move(filter));
}

}  // namespace edo::http::filter::detail
