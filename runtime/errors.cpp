// SPDX-License-Identifier: MIT
#include "edo/runtime/errors.hpp"

#include <string>

namespace edo {

namespace {

class Category final : public std::error_category {
public:
    [[nodiscard]] const char* name() const noexcept override { return "edo"; }

    [[nodiscard]] std::string message(int value) const override {
        switch (Errc(value)) {
            case Errc::UnexpectedEof:
                return "unexpected end of stream";
            case Errc::LimitExceeded:
                return "longer than the limit";
            case Errc::InvalidData:
                return "invalid data";
            case Errc::RuntimeShutdown:
                return "the runtime has been shut down";
            case Errc::Elapsed:
                return "deadline has elapsed";
            case Errc::WriteZero:
                return "the writer accepted no bytes";
        }
        return "unknown error";
    }

    [[nodiscard]] std::error_condition default_error_condition(int value) const noexcept override {
        switch (Errc(value)) {
            case Errc::Elapsed:
                return std::errc::timed_out;
            case Errc::RuntimeShutdown:
                return std::errc::operation_canceled;
            case Errc::LimitExceeded:
                return std::errc::message_size;
            case Errc::UnexpectedEof:
            case Errc::InvalidData:
            case Errc::WriteZero:
                break;
        }
        return {value, *this};
    }
};

}  // namespace

const std::error_category& error_category() noexcept {
    static const Category category;
    return category;
}

}  // namespace edo
