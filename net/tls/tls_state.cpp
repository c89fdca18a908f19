// SPDX-License-Identifier: MIT
#include "edo/net/tls/tls_state.hpp"

namespace edo::detail {

template class TlsState<net::TcpStream>;
template class TlsState<net::UnixStream>;
template class TlsState<io::DuplexStream>;

}  // namespace edo::detail
