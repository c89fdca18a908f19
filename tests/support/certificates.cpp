// SPDX-License-Identifier: MIT
#include "support/certificates.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace edo::test {

namespace {

constexpr const char* kNewKey = " -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc ";

std::string read_text(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// Runs a command of the shell, in `directory`.
void run(const TemporaryDirectory& directory, const std::string& command) {
    const std::string line = "cd '" + directory.path() + "' && (" + command + ") >log 2>&1";
    BOOST_TEST_REQUIRE(std::system(line.c_str()) == 0, read_text(directory.file("log")));
}

void write_extensions(const TemporaryDirectory& directory, std::string_view names,
                      std::string_view constraints) {
    std::ofstream file(directory.file("extensions"));
    if (!names.empty()) {
        file << "subjectAltName=" << names << '\n';
    }
    file << "basicConstraints=critical," << constraints << '\n';
}

/// Makes SUBJECT.pem and SUBJECT_key.pem.
CertificateFiles sign(const TemporaryDirectory& directory, std::string_view subject, int days,
                      const std::string& ca) {
    const std::string name(subject);
    run(directory, "openssl req -new" + std::string(kNewKey) + "-keyout " + name +
                       "_key.pem -out request -subj /CN=" + name +
                       " && openssl x509 -req -in request -CA " + ca + ".pem -CAkey " + ca +
                       "_key.pem -CAcreateserial -days " + std::to_string(days) +
                       " -extfile extensions -out " + name + ".pem");
    return {directory.file(name + ".pem"), directory.file(name + "_key.pem")};
}

}  // namespace

std::string CertificateFiles::cert_text() const {
    return read_text(cert);
}

std::string CertificateFiles::key_text() const {
    return read_text(key);
}

TestAuthority::TestAuthority(std::string_view name) {
    run(directory_, "openssl req -x509" + std::string(kNewKey) +
                        "-keyout ca_key.pem -out ca.pem -days 1 -subj '/CN=" + std::string(name) +
                        "' -addext basicConstraints=critical,CA:TRUE"
                        " -addext keyUsage=critical,keyCertSign");
}

std::string TestAuthority::ca_text() const {
    return read_text(ca_file());
}

CertificateFiles TestAuthority::issue(std::string_view subject, std::string_view names,
                                      int days) const {
    write_extensions(directory_, names, "CA:FALSE");
    return sign(directory_, subject, days, "ca");
}

CertificateFiles TestAuthority::self_signed(std::string_view subject,
                                            std::string_view names) const {
    const std::string name(subject);
    run(directory_, "openssl req -x509" + std::string(kNewKey) + "-keyout " + name +
                        "_key.pem -out " + name + ".pem -days 1 -subj /CN=" + name +
                        " -addext subjectAltName=" + std::string(names));
    return {directory_.file(name + ".pem"), directory_.file(name + "_key.pem")};
}

CertificateFiles TestAuthority::issue_by_intermediate(std::string_view subject,
                                                      std::string_view names,
                                                      std::string* chain_file) const {
    write_extensions(directory_, {}, "CA:TRUE");
    const CertificateFiles intermediate = sign(directory_, "intermediate", 1, "ca");
    write_extensions(directory_, names, "CA:FALSE");
    const CertificateFiles leaf = sign(directory_, subject, 1, "intermediate");
    *chain_file = directory_.file("chain.pem");
    std::ofstream(*chain_file) << leaf.cert_text() << intermediate.cert_text();
    return leaf;
}

}  // namespace edo::test
