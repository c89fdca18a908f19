// SPDX-License-Identifier: MIT
#include "edo/net/tls/tls_bio.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace edo::detail {

int TlsBio::read(BIO* bio, char* to, int size) noexcept {
    BIO_clear_retry_flags(bio);
    tls::Session& session = of(bio);
    const auto wanted = static_cast<std::size_t>(size);
    std::size_t count = std::min(wanted, session.kept_.size() - session.kept_begin_);
    if (count != 0) {
        std::memcpy(to, session.kept_.data() + session.kept_begin_, count);
        session.kept_begin_ += count;
    } else {
        count = std::min(wanted, session.received_.size());
        if (count != 0) {
            std::memcpy(to, session.received_.data(), count);
            session.received_ = session.received_.subspan(count);
        }
    }
    if (count == 0) {
        if (session.ended_) {
            return 0;
        }
        BIO_set_retry_read(bio);
        return -1;
    }
    return static_cast<int>(count);
}

int TlsBio::write(BIO* bio, const char* from, int size) noexcept {
    BIO_clear_retry_flags(bio);
    try {
        of(bio).out_.append(from, static_cast<std::size_t>(size));
    } catch (const std::bad_alloc&) {
        return -1;
    }
    return size;
}

long TlsBio::control(BIO* bio, int command, long /*number*/, void* /*pointer*/) noexcept {
    switch (command) {
        case BIO_CTRL_FLUSH:
            return 1;
        case BIO_CTRL_EOF:
            return of(bio).ended_ ? 1 : 0;
        default:
            return 0;
    }
}

BIO_METHOD* TlsBio::method() noexcept {
    static BIO_METHOD* const made = [] {
        BIO_METHOD* const fresh = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "edo");
        if (fresh != nullptr) {
            BIO_meth_set_read(fresh, &TlsBio::read);
            BIO_meth_set_write(fresh, &TlsBio::write);
            BIO_meth_set_ctrl(fresh, &TlsBio::control);
        }
        return fresh;
    }();
    return made;
}

tls::Session& TlsBio::of(BIO* bio) noexcept {
    return *static_cast<tls::Session*>(BIO_get_data(bio));
}

}  // namespace edo::detail
