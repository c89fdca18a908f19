// SPDX-License-Identifier: MIT
// All filters, the router, and what turns them into a service.
#pragma once

#include "edo/net/http/filter/auth.hpp"
#include "edo/net/http/filter/body.hpp"
#include "edo/net/http/filter/boxed.hpp"
#include "edo/net/http/filter/cors.hpp"
#include "edo/net/http/filter/extract.hpp"
#include "edo/net/http/filter/files.hpp"
#include "edo/net/http/filter/gzip.hpp"
#include "edo/net/http/filter/json.hpp"
#include "edo/net/http/filter/log.hpp"
#include "edo/net/http/filter/method.hpp"
#include "edo/net/http/filter/path.hpp"
#include "edo/net/http/filter/query.hpp"
#include "edo/net/http/filter/reply.hpp"
#include "edo/net/http/filter/router.hpp"
#include "edo/net/http/filter/service.hpp"
#include "edo/net/http/filter/sse.hpp"
#include "edo/net/http/filter/steps.hpp"
