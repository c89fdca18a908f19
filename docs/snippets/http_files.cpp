// SPDX-License-Identifier: MIT
// The example in the documentation of static files.
#include <edo/net/http/filter/files.hpp>
#include <edo/net/http/filter/path.hpp>
#include <edo/net/http/filter/service.hpp>

#include <memory>

namespace {

//! [files]
using namespace edo::http::filter;

std::shared_ptr<edo::http::Service> site() {
    return service(
        (path("favicon.ico" / end()) & fs::file("/srv/site/icon.png")) or
        (path("assets") & fs::dir("/srv/assets", fs::Options().cache_control("max-age=3600"))) or
        fs::dir("/srv/site"));
}
//! [files]

}  // namespace

[[maybe_unused]] static auto* const kSite = &site;
