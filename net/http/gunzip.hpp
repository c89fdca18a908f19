// SPDX-License-Identifier: MIT
// A body that was sent compressed.
#pragma once

#include "edo/net/http/body.hpp"

#include <cstdint>

namespace edo::http::detail {

/// The content of a body with `Content-Encoding: gzip`, piece by piece.
///
/// @param compressed The body as it was received.
/// @param limit How many bytes may come out. A few bytes can stand for a thousand times as many,
/// and
///     whoever sends them may mean harm.
///
/// `Errc::BodyTooLarge` beyond the limit, `Errc::BadContentEncoding` for damaged data,
/// `Errc::Truncated` if its end is missing.
[[nodiscard]] Body gunzip(Body compressed, std::uint64_t limit);

}  // namespace edo::http::detail
