// SPDX-License-Identifier: MIT
// What OpenSSL reads from and writes to: the buffers of a session.
#pragma once

#include "edo/net/tls/session.hpp"

#include <openssl/bio.h>

namespace edo::detail {

struct TlsBio {
    static int read(BIO* bio, char* to, int size) noexcept;
    static int write(BIO* bio, const char* from, int size) noexcept;
    static long control(BIO* bio, int command, long number, void* pointer) noexcept;
    /// Null if there is no memory for it.
    [[nodiscard]] static BIO_METHOD* method() noexcept;

private:
    static tls::Session& of(BIO* bio) noexcept;
};

}  // namespace edo::detail
