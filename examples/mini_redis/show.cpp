// SPDX-License-Identifier: MIT
#include "show.hpp"

#include "common/printable.hpp"

#include <string_view>

namespace mini_redis {

namespace {

std::string shown(std::string_view text) {
    return example::printable(text);
}

void show_indented(const Reply& reply, std::size_t indent, std::string& text) {
    switch (reply.kind) {
        case Reply::Kind::Simple:
            text += shown(reply.text) + "\n";
            break;
        case Reply::Kind::Error:
            text += "(error) " + shown(reply.text) + "\n";
            break;
        case Reply::Kind::Integer:
            text += "(integer) " + shown(reply.text) + "\n";
            break;
        case Reply::Kind::Bulk:
            text += "\"" + shown(reply.text) + "\"\n";
            break;
        case Reply::Kind::Null:
            text += "(nil)\n";
            break;
        case Reply::Kind::Array:
            if (reply.items.empty()) {
                text += "(empty array)\n";
            }
            for (std::size_t i = 0; i < reply.items.size(); ++i) {
                const std::string number = std::to_string(i + 1) + ") ";
                text += (i == 0 ? std::string() : std::string(indent, ' ')) + number;
                show_indented(reply.items[i], indent + number.size(), text);
            }
            break;
    }
}

}  // namespace

std::string show(const Reply& reply) {
    std::string text;
    show_indented(reply, 0, text);
    return text;
}

}  // namespace mini_redis
