// SPDX-License-Identifier: MIT
#include "edo/net/tls/identity.hpp"

#include "edo/net/tls/config.hpp"

namespace edo::tls {

ConfigResult<Identity> Identity::from_files(const std::string& chain_file,
                                            const std::string& key_file) {
    ClientConfig checked;
    if (auto set = checked.set_certificate(chain_file, key_file); !set) {
        return failure(std::move(set.error()));
    }
    return Identity(checked.settings().chain, checked.settings().key);
}

ConfigResult<Identity> Identity::from_pem(std::string chain, std::string key) {
    ClientConfig checked;
    if (auto set = checked.set_certificate_pem(chain, key); !set) {
        return failure(std::move(set.error()));
    }
    return Identity(std::move(chain), std::move(key));
}

ClientConfig& ClientConfig::set_identity(const Identity& identity) {
    settings_.chain = identity.chain();
    settings_.key = identity.key();
    return *this;
}

}  // namespace edo::tls
