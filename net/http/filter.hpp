// SPDX-License-Identifier: MIT
// All filters, the router, and what turns them into a service.
#pragma once

#include "edo/net/http/filter/body.hpp"
#include "edo/net/http/filter/boxed.hpp"
#include "edo/net/http/filter/extract.hpp"
#include "edo/net/http/filter/json.hpp"
#include "edo/net/http/filter/method.hpp"
#include "edo/net/http/filter/path.hpp"
#include "edo/net/http/filter/query.hpp"
#include "edo/net/http/filter/reply.hpp"
#include "edo/net/http/filter/service.hpp"
#include "edo/net/http/filter/steps.hpp"
