// SPDX-License-Identifier: MIT
// A place for the files of a test.
#pragma once

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

namespace edo::test {

/// A directory that is removed with all that is in it.
class TemporaryDirectory {
public:
    TemporaryDirectory() {
        std::string name = "/tmp/edo-test-XXXXXX";
        BOOST_REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~TemporaryDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    /// A path in it.
    [[nodiscard]] std::string file(std::string_view name) const {
        return path_ + '/' + std::string(name);
    }

private:
    std::string path_;
};

}  // namespace edo::test
