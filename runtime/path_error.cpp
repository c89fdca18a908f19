// SPDX-License-Identifier: MIT
#include "edo/runtime/path_error.hpp"

#include <utility>

namespace edo {

PathError::PathError(std::error_code code, std::string action, std::string path, std::string rest)
    : std::error_code(code),
      action_(std::move(action)),
      path_(std::move(path)),
      rest_(std::move(rest)) {}

std::string PathError::message() const {
    return action_ + ' ' + path_ + rest_ + ": " + std::error_code::message();
}

}  // namespace edo
