// SPDX-License-Identifier: MIT
// An HTTP client: sends a request, with JSON or without, and prints the body of the answer.
//
//     http_server                         then, in another terminal:
//     http_client                         sends it {"number":5,"boolean":true}
//     http_client --number 7 http://127.0.0.1:3030/data
//     http_client --json '{"any": "thing"}' http://localhost:8000/
//     http_client --get https://example.org/
//     http_client --cacert /tmp/keys/ca.pem https://localhost:3030/data
//     http_client --get --include --header 'Accept-Language: de' https://example.org/
//
// The answer is printed as it comes, however long it is, and as it is: only a terminal gets an end
// of the line behind it. Connections, redirects, compression, TLS and limits of time are the
// client's business: see docs/http-client.md.

#include "common/arguments.hpp"
#include "common/run.hpp"
#include <edo/edo.hpp>
#include <edo/net/http/client/client.hpp>

#include <boost/describe/class.hpp>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {

using edo::Task;
using edo::http::Client;
using edo::http::Headers;
using edo::http::Method;

constexpr const char* kUsage =
    R"(usage: http_client [options] [URL]

Sends JSON to a URL by POST, and prints the body of the answer.
The URL is http://127.0.0.1:3030/data unless it is given; one without a scheme is of http.

    --number N             the number to send (default 5)
    --json TEXT            JSON to send in place of the number
    --get                  send a GET without a body instead
    --header 'NAME: VALUE' a header of the request; may be given several times
    --include              print the status and the headers of the answer first
    --cacert FILE          certificates in PEM form to trust, too
    -k, --insecure         take any certificate: whoever is in between can read everything
    --timeout MS           how long the whole request may take (default no limit)

The exit code is 0 for an answer with a status below 400, 1 for any other, for no answer, and for one
that cannot be printed.
)";

struct Data {
    std::uint32_t number = 0;
    bool boolean = false;
};
BOOST_DESCRIBE_STRUCT(Data, (), (number, boolean))

struct Options {
    std::string url = "http://127.0.0.1:3030/data";
    std::uint64_t number = 5;
    std::string json;
    std::string ca_file;
    bool insecure = false;
    std::chrono::milliseconds timeout{0};
    bool get = false;
    bool include = false;
    Headers headers;
};

edo::http::RequestBuilder make_request(const Client& client, const Options& options) {
    if (options.get) {
        return client.get(options.url);
    }
    if (!options.json.empty()) {
        return client.post(options.url).json_text(options.json);
    }
    const Data data{std::uint32_t(options.number), true};
    return client.post(options.url).json(data);
}

/// Writes to standard output. False, with a complaint, when that is not possible.
bool print(std::string_view text) {
    if (std::cout << text << std::flush) {
        return true;
    }
    const int error = errno;
    example::complain("cannot write the answer: " + std::generic_category().message(error));
    return false;
}

std::string head_of(const edo::http::ClientResponse& response) {
    std::ostringstream head;
    head << std::uint16_t(response.status()) << ' ' << reason(response.status()) << '\n';
    for (const auto& [name, value] : response.headers()) {
        head << name << ": " << value << '\n';
    }
    head << '\n';
    return head.str();
}

Task<int> fetch(Client client, Options options) {
    auto request = make_request(client, options);
    request.headers(options.headers);
    if (options.timeout.count() > 0) {
        request.timeout(options.timeout);
    }
    auto response = co_await request.send();
    if (!response) {
        example::complain(response.error().message());
        co_return 1;
    }
    if (options.include && !print(head_of(*response))) {
        co_return 1;
    }
    for (;;) {
        const auto piece = co_await response->chunk();
        if (!piece) {
            example::complain(piece.error().message());
            co_return 1;
        }
        if (!*piece) {
            break;
        }
        if (!print(**piece)) {
            co_return 1;
        }
    }
    if (::isatty(STDOUT_FILENO) != 0 && !print("\n")) {
        co_return 1;
    }
    const auto checked = std::move(*response).error_for_status();
    if (!checked) {
        example::complain(checked.error().message());
        co_return 1;
    }
    co_return 0;
}

/// Takes the URL and the headers out of the arguments; the others are left.
std::vector<char*> take_url_and_headers(int argc, char** argv, Options& options) {
    std::vector<char*> others(argv, argv + (argc > 0 ? 1 : 0));
    bool has_url = false;
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        if (argument == "--header") {
            const std::string_view header = i + 1 < argc ? argv[++i] : "";
            const std::size_t colon = header.find(':');
            if (colon == std::string_view::npos) {
                example::complain("a header has the form 'NAME: VALUE'");
                std::exit(2);
            }
            try {
                options.headers.append(header.substr(0, colon), header.substr(colon + 1));
            } catch (const edo::UsageError& error) {
                example::complain(error.what());
                std::exit(2);
            }
        } else if (!argument.starts_with('-')) {
            if (std::exchange(has_url, true)) {
                example::complain("one URL at a time, not also '" + std::string(argument) + "'");
                std::exit(2);
            }
            options.url = argument;
            if (argument.find("://") == std::string_view::npos) {
                options.url.insert(0, "http://");
            }
        } else {
            others.push_back(argv[i]);
            // The value of an option, which is no URL.
            const bool has_value = argument == "--number" || argument == "--json" ||
                                   argument == "--cacert" || argument == "--timeout";
            if (has_value && i + 1 < argc) {
                others.push_back(argv[++i]);
            }
        }
    }
    return others;
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    std::vector<char*> others = take_url_and_headers(argc, argv, options);
    const int count = int(others.size());
    others.push_back(nullptr);
    example::parse_arguments(count, others.data(), kUsage,
                             {{"--number", &options.number},
                              {"--json", &options.json},
                              {"--get", &options.get},
                              {"--include", &options.include},
                              {"--cacert", &options.ca_file},
                              {"--insecure", &options.insecure},
                              {"-k", &options.insecure},
                              {"--timeout", &options.timeout}});

    auto builder = Client::builder();
    if (!options.ca_file.empty() || options.insecure) {
        edo::tls::ClientConfig tls;
        if (!options.ca_file.empty()) {
            if (const auto added = tls.add_trusted(options.ca_file); !added) {
                example::complain(added.error().message());
                return 2;
            }
        }
        if (options.insecure) {
            tls.dangerously_skip_verification();
        }
        builder.tls(std::move(tls));
    }
    return example::run(fetch(builder.build(), std::move(options)));
}
