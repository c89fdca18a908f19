// SPDX-License-Identifier: MIT
// Fills an object while Boost.JSON's parser goes over the text: no tree lies in between. What the
// parser reports is followed along the tables of type.hpp.
//
// A frame is an array or object that is open. The object that a frame fills does not move while the
// frame is there: its container gets its next element only after that.
#pragma once

#include "edo/net/json/error.hpp"
#include "edo/net/json/type.hpp"

#include <boost/container/small_vector.hpp>
#include <boost/json/error.hpp>
#include <boost/json/string_view.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace edo::detail::json {

using edo::json::Errc;
using edo::json::Error;

/// The handler of a `boost::json::basic_parser`.
class Reader {
public:
    static constexpr std::size_t max_object_size = std::size_t(-1);
    static constexpr std::size_t max_array_size = std::size_t(-1);
    static constexpr std::size_t max_key_size = std::size_t(-1);
    static constexpr std::size_t max_string_size = std::size_t(-1);

    Reader(const Type& type, void* object) noexcept : root_type_(&type), root_(object) {}

    /// For the next text, into this object.
    void restart(void* object) noexcept;
    /// What this class has refused; nothing if it was the parser.
    [[nodiscard]] std::optional<Error>& error() noexcept { return error_; }
    using error_code = boost::json::error_code;
    using string_view = boost::json::string_view;
    bool on_document_begin(error_code&) { return true; }
    bool on_document_end(error_code&) { return true; }
    bool on_object_begin(error_code& ec);
    bool on_object_end(std::size_t, error_code& ec);
    bool on_array_begin(error_code& ec);
    bool on_array_end(std::size_t, error_code& ec);
    bool on_key_part(string_view part, std::size_t, error_code&);
    bool on_key(string_view part, std::size_t, error_code& ec);
    bool on_string_part(string_view part, std::size_t, error_code& ec);
    bool on_string(string_view part, std::size_t, error_code& ec);
    bool on_number_part(string_view part, error_code&);
    bool on_int64(std::int64_t number, string_view part, error_code& ec);
    bool on_uint64(std::uint64_t number, string_view part, error_code& ec);
    bool on_double(double number, string_view part, error_code& ec);
    bool on_bool(bool value, error_code& ec);
    bool on_null(error_code& ec);
    bool on_comment_part(string_view, error_code&) { return true; }
    bool on_comment(string_view, error_code&) { return true; }

private:
    struct Frame {
        const Type* type;
        void* object;
        std::size_t index = 0;   // of the next element, or the field that is being read
        std::size_t places = 0;  // of a struct: where its part of `seen_` begins
        std::string_view key{};  // of a map: of the element that is being read
    };

    /// Where a value goes. Without a type it is stepped over.
    struct Slot {
        const Type* type = nullptr;
        void* object = nullptr;
    };

    /// Where the next value goes, optionals filled on the way.
    bool take_slot(Slot& slot, error_code& ec);
    bool next_slot(Slot& slot, error_code& ec);
    bool open(bool is_array, error_code& ec);
    bool find_field(std::string_view key, error_code& ec);
    bool insert_key(std::string_view key, error_code& ec);
    bool check_missing(const Frame& frame, error_code& ec);
    bool set_text(const Slot& slot, std::string_view text, error_code& ec);
    bool set_integer(const Slot& slot, bool is_negative, std::uint64_t bits, error_code& ec);
    bool set_real(const Slot& slot, double rough, std::string_view text, error_code& ec);
    /// Sets a float or double to what the text of a number says, which is about `rough`.
    template <class Real>
    bool parse_real(void* object, double rough, std::string_view text, error_code& ec);
    /// All of a number of which this is the last part.
    std::string_view whole_number(string_view part);

    bool refuse(Errc code, std::string what, error_code& ec);
    /// The same for what concerns the innermost array or object as a whole.
    bool refuse_frame(Errc code, std::string what, error_code& ec);
    bool refuse_type(const Type& wanted, std::string_view got, error_code& ec);
    /// Of the value that is being read.
    [[nodiscard]] std::string path() const;
    [[nodiscard]] bool& was_seen(const Frame& frame, std::size_t field) noexcept {
        return seen_[frame.places + field];
    }

    const Type* root_type_;
    void* root_;
    boost::container::small_vector<Frame, 8> frames_;
    boost::container::small_vector<bool, 64> seen_;  // the fields of all structs that are open
    Slot pending_;                                   // of the field whose key was read last
    std::size_t skipped_ = 0;                        // frames that are stepped over
    std::string key_;                                // of which a part was read
    std::string scratch_;                            // of a text or number that comes in parts
    std::string* text_ = nullptr;                    // where the parts of a text go
    Slot text_slot_;
    std::optional<Error> error_;
};

}  // namespace edo::detail::json
