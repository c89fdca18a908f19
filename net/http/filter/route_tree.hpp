// SPDX-License-Identifier: MIT
// The tree of a router's patterns, a node a segment.
#pragma once

#include "edo/net/http/filter/handler.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace edo::http::filter::detail {

/// What answers requests of some methods at a node.
struct Endpoint {
    MethodSet methods = 0;
    BoxedFilter<Response> filter;
    std::vector<std::string> names;  // of the parts that the pattern captures
    std::string pattern;
};

class RouteTree {
public:
    RouteTree() : nodes_(1) {}

    /// @throws UsageError for a malformed pattern, one that is there already, or a handler with
    ///     other parameters than the pattern.
    void add(std::string_view pattern, MethodSet methods, Handler handler);
    /// Everything of the other tree, below `prefix`.
    void nest(std::string_view prefix, const RouteTree& other);
    /// What answers below `prefix` where nothing else does.
    void mount(std::string_view prefix, BoxedFilter<Response> filter);

    [[nodiscard]] Pending<List<Response>> start(Input& input) const;

private:
    using Index = std::uint32_t;
    static constexpr Index kNone = 0;  // the root is nobody's child

    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>()(text);
        }
    };
    struct Node {
        std::unordered_map<std::string, Index, TextHash, std::equal_to<>> literals;
        Index capture = kNone;  // "{name}"
        Index rest = kNone;     // "{*name}"
        std::vector<Endpoint> endpoints;
        std::optional<BoxedFilter<Response>> mounted;
    };
    /// A search in progress.
    struct Search {
        Method method = Method::Get;
        std::array<std::string_view, Input::kMaxParameters> captured{};
        std::size_t captured_count = 0;
        MethodSet allowed = 0;  // of nodes that fit but for the method
        const Endpoint* found = nullptr;
        std::string_view rest;  // what `found` leaves of the path
        // The deepest node with something mounted, and what it leaves.
        const Node* mounted = nullptr;
        std::size_t mounted_rest = 0;
    };

    [[nodiscard]] bool find(const Node& node, std::string_view rest, Search& search) const;
    [[nodiscard]] bool find_endpoint(const Node& node, std::string_view rest, Search& search) const;
    /// The node of a pattern, made if it is not there. Adds the names of what it captures.
    Index walk(std::string_view pattern, std::vector<std::string>& names);
    Index child(Index parent, std::string_view segment, std::vector<std::string>& names,
                std::string_view pattern);
    Index make_child(Index RouteTree::Node::* link, Index parent);
    void add_endpoint(Index node, Endpoint endpoint);
    void merge(Index to, const RouteTree& other, Index from, const std::vector<std::string>& names,
               std::string_view prefix);

    std::vector<Node> nodes_;
};

}  // namespace edo::http::filter::detail
