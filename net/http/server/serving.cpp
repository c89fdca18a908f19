// SPDX-License-Identifier: MIT
#include "edo/net/http/server/serving.hpp"

#include "edo/runtime/errors.hpp"

namespace edo::http {

Serving::Serving(std::shared_ptr<Service> service, ServerOptions options)
    : shared_(std::make_shared<Shared>(std::move(service), options)) {
    if (shared_->service == nullptr) {
        throw UsageError("a server needs a service: see make_service");
    }
}

}  // namespace edo::http
