// SPDX-License-Identifier: MIT
#include "edo/net/http/filter/route_tree.hpp"

#include "edo/net/http/uri/percent.hpp"
#include "edo/runtime/errors.hpp"

#include <algorithm>

namespace edo::http::filter::detail {

namespace {

constexpr MethodSet kGet = method_bit(Method::Get);
constexpr MethodSet kHead = method_bit(Method::Head);

/// HEAD goes wherever GET goes.
constexpr MethodSet with_head(MethodSet methods) noexcept {
    return (methods & kGet) != 0 ? MethodSet(methods | kHead) : methods;
}

[[noreturn]] void refuse(std::string_view pattern, const std::string& why) {
    throw UsageError("route \"" + std::string(pattern) + "\": " + why);
}

}  // namespace

void RouteTree::add(std::string_view pattern, MethodSet methods, Handler handler) {
    std::vector<std::string> names;
    const Index node = walk(pattern, names);
    if (handler.is_plain && handler.path_parameters != 0 &&
        handler.path_parameters != names.size()) {
        refuse(pattern, "it captures " + std::to_string(names.size()) +
                            " parts of the path, and the handler takes " +
                            std::to_string(handler.path_parameters));
    }
    add_endpoint(node,
                 {methods, std::move(handler.filter), std::move(names), std::string(pattern)});
}

void RouteTree::nest(std::string_view prefix, const RouteTree& other) {
    std::vector<std::string> names;
    const Index node = walk(prefix, names);
    if (prefix.ends_with('/')) {
        prefix.remove_suffix(1);
    }
    merge(node, other, 0, names, prefix);
}

void RouteTree::mount(std::string_view prefix, BoxedFilter<Response> filter) {
    std::vector<std::string> names;
    Node& node = nodes_[walk(prefix, names)];
    if (!names.empty()) {
        refuse(prefix, "a filter can be nested only below a path without {...}");
    }
    if (node.mounted) {
        refuse(prefix, "something is nested there already");
    }
    node.mounted = std::move(filter);
}

RouteTree::Index RouteTree::walk(std::string_view pattern, std::vector<std::string>& names) {
    if (!pattern.starts_with('/')) {
        refuse(pattern, "a pattern begins with a slash");
    }
    std::string_view rest = pattern.substr(1);
    Index node = 0;
    while (!rest.empty()) {
        const std::size_t slash = rest.find('/');
        node = child(node, rest.substr(0, slash), names, pattern);
        rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
        if (!names.empty() && names.back().starts_with('*')) {
            names.back().erase(0, 1);
            if (!rest.empty()) {
                refuse(pattern, "{*...} takes the rest of the path, so nothing can follow it");
            }
        }
    }
    if (names.size() > Input::kMaxParameters) {
        refuse(pattern, "it captures more than 16 parts");
    }
    return node;
}

RouteTree::Index RouteTree::child(Index parent, std::string_view segment,
                                  std::vector<std::string>& names, std::string_view pattern) {
    if (segment.empty()) {
        refuse(pattern, "it has an empty segment");
    }
    if (segment.find_first_of("{}") == std::string_view::npos) {
        const auto at = nodes_[parent].literals.find(segment);
        if (at != nodes_[parent].literals.end()) {
            return at->second;
        }
        const auto index = Index(nodes_.size());
        nodes_[parent].literals.emplace(segment, index);
        nodes_.emplace_back();
        return index;
    }
    const std::string_view name = segment.substr(1, std::max<std::size_t>(segment.size(), 2) - 2);
    const bool is_rest = name.starts_with('*');
    if (!segment.starts_with('{') || !segment.ends_with('}') || name.size() <= (is_rest ? 1 : 0) ||
        name.find_first_of("{}") != std::string_view::npos) {
        refuse(pattern, "write {name} or {*name}, which stands for whole segments");
    }
    if (std::find(names.begin(), names.end(), name) != names.end()) {
        refuse(pattern, "it captures {" + std::string(name) + "} twice");
    }
    names.emplace_back(name);
    return make_child(is_rest ? &Node::rest : &Node::capture, parent);
}

RouteTree::Index RouteTree::make_child(Index Node::* link, Index parent) {
    if (nodes_[parent].*link == kNone) {
        nodes_[parent].*link = Index(nodes_.size());
        nodes_.emplace_back();
    }
    return nodes_[parent].*link;
}

void RouteTree::add_endpoint(Index node, Endpoint endpoint) {
    for (const Endpoint& other : nodes_[node].endpoints) {
        const MethodSet both = other.methods & endpoint.methods;
        if (both != 0) {
            refuse(endpoint.pattern,
                   allow_text(both) + " is there already, as \"" + other.pattern + "\"");
        }
    }
    nodes_[node].endpoints.push_back(std::move(endpoint));
}

void RouteTree::merge(Index to, const RouteTree& other, Index from,
                      const std::vector<std::string>& names, std::string_view prefix) {
    for (const Endpoint& endpoint : other.nodes_[from].endpoints) {
        Endpoint moved = endpoint;
        moved.names.insert(moved.names.begin(), names.begin(), names.end());
        moved.pattern = std::string(prefix) + endpoint.pattern;
        if (moved.names.size() > Input::kMaxParameters) {
            refuse(moved.pattern, "it captures more than 16 parts");
        }
        add_endpoint(to, std::move(moved));
    }
    if (other.nodes_[from].mounted) {
        if (nodes_[to].mounted) {
            refuse(prefix, "something is nested there already");
        }
        nodes_[to].mounted = other.nodes_[from].mounted;
    }
    for (const auto& [segment, index] : other.nodes_[from].literals) {
        std::vector<std::string> none;
        merge(child(to, segment, none, prefix), other, index, names, prefix);
    }
    for (Index Node::* const link : {&Node::capture, &Node::rest}) {
        if (const Index index = other.nodes_[from].*link; index != kNone) {
            merge(make_child(link, to), other, index, names, prefix);
        }
    }
}

bool RouteTree::find_endpoint(const Node& node, std::string_view rest, Search& search) const {
    const MethodSet wanted = method_bit(search.method);
    const Endpoint* by_get = nullptr;
    for (const Endpoint& endpoint : node.endpoints) {
        if ((endpoint.methods & wanted) != 0) {
            search.found = &endpoint;
            search.rest = rest;
            return true;
        }
        if (search.method == Method::Head && (endpoint.methods & kGet) != 0) {
            by_get = &endpoint;
        }
        search.allowed |= with_head(endpoint.methods);
    }
    if (by_get != nullptr) {
        search.found = by_get;
        search.rest = rest;
    }
    return by_get != nullptr;
}

bool RouteTree::find(const Node& node, std::string_view rest, Search& search) const {
    if (node.mounted && (search.mounted == nullptr || rest.size() < search.mounted_rest)) {
        search.mounted = &node;
        search.mounted_rest = rest.size();
    }
    if (rest.empty()) {
        return find_endpoint(node, rest, search);
    }
    const std::size_t slash = rest.find('/');
    const std::string_view segment = rest.substr(0, slash);
    const std::string_view behind =
        slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
    if (!node.literals.empty()) {
        auto at = node.literals.end();
        if (segment.find('%') == std::string_view::npos) {
            at = node.literals.find(segment);
        } else if (const auto decoded = percent_decode(segment)) {
            at = node.literals.find(*decoded);
        }
        if (at != node.literals.end() && find(nodes_[at->second], behind, search)) {
            return true;
        }
    }
    if (search.captured_count == search.captured.size()) {
        return false;
    }
    const std::size_t mark = search.captured_count;
    if (node.capture != kNone && !segment.empty()) {
        search.captured[search.captured_count++] = segment;
        if (find(nodes_[node.capture], behind, search)) {
            return true;
        }
        search.captured_count = mark;
    }
    if (node.rest != kNone) {
        search.captured[search.captured_count++] = rest;
        if (find_endpoint(nodes_[node.rest], rest, search)) {
            return true;
        }
        search.captured_count = mark;
    }
    return false;
}

Pending<List<Response>> RouteTree::start(Input& input) const {
    Search search;
    search.method = input.request().method;
    if (find(nodes_[0], input.rest(), search)) {
        for (std::size_t i = 0; i < search.captured_count; ++i) {
            input.add_parameter(search.found->names[i], search.captured[i]);
        }
        input.keep_rest(search.rest.size());
        return search.found->filter.start(input);
    }
    if (search.allowed != 0) {
        return Rejection::method_not_allowed(search.allowed);
    }
    if (search.mounted != nullptr) {
        input.keep_rest(search.mounted_rest);
        return search.mounted->mounted->start(input);
    }
    return Rejection::not_found();
}

}  // namespace edo::http::filter::detail
