// SPDX-License-Identifier: MIT
/// @file
/// The halves of a `TcpStream`: `tcp_stream.hpp` has their names, `split_halves.hpp` what they do.
#pragma once

#include "edo/net/split_halves.hpp"
#include "edo/net/tcp_stream.hpp"
