// SPDX-License-Identifier: MIT
// The examples in the documentation of the HTTP client, and of docs/http-client.md.
#include <edo/edo.hpp>
#include <edo/net/http/client/client.hpp>
#include <edo/net/unix_stream.hpp>
#include <edo/runtime/stream/sources.hpp>

#include <boost/describe/class.hpp>

#include <chrono>
#include <cstdint>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

namespace snippets {

using edo::Task;
using edo::http::Client;
using edo::http::ClientResult;

//! [get]
Task<ClientResult<std::string>> read_page(Client client) {
    auto response = co_await client.get("http://example.org/").send();
    if (!response) {
        co_return edo::failure(response.error());
    }
    co_return co_await response->text();
}
//! [get]

//! [propagate]
Task<ClientResult<std::string>> read_page_briefly(Client client) {
    auto answer = co_await edo::propagate(co_await client.get("http://example.org/").send());
    auto response = co_await edo::propagate(std::move(answer).error_for_status());
    co_return co_await response.text();
}
//! [propagate]

//! [request]
Task<ClientResult<std::string>> search(Client client, std::string words) {
    auto request = client.get("https://example.org/search");
    request.query({{"q", words}, {"page", "1"}})
        .header("Accept-Language", "en")
        .bearer_auth("secret")
        .timeout(5s);
    auto response = co_await edo::propagate(co_await request.send());
    co_return co_await response.text();
}
//! [request]

//! [json]
struct Order {
    std::string item;
    std::uint32_t count = 0;
};
BOOST_DESCRIBE_STRUCT(Order, (), (item, count))

struct Receipt {
    std::uint64_t number = 0;
};
BOOST_DESCRIBE_STRUCT(Receipt, (), (number))

Task<ClientResult<Receipt>> place(Client client, Order order) {
    auto sent = co_await client.post("http://localhost:3030/orders").json(order).send();
    auto response = co_await edo::propagate(std::move(sent));
    co_return co_await response.json<Receipt>();
}
//! [json]

//! [response]
Task<void> describe(Client client) {
    auto response = co_await client.get("http://example.org/").send();
    if (!response) {
        std::cerr << response.error().message() << '\n';
        co_return;
    }
    std::cout << std::uint16_t(response->status()) << " from " << response->url() << '\n';
    for (const auto& [name, value] : response->headers()) {
        std::cout << name << ": " << value << '\n';
    }
}
//! [response]

//! [chunks]
Task<ClientResult<void>> download(Client client, std::string url) {
    auto response = co_await edo::propagate(co_await client.get(url).send());
    while (auto piece = co_await edo::propagate(co_await response.chunk())) {
        std::cout << *piece;
    }
    co_return ClientResult<void>();
}
//! [chunks]

//! [form]
Task<ClientResult<edo::http::ClientResponse>> log_in(Client client) {
    const edo::http::Query fields{{"user", "ada"}, {"password", "secret"}};
    co_return co_await client.post("https://example.org/login").form(fields).send();
}
//! [form]

//! [multipart]
Task<ClientResult<edo::http::ClientResponse>> send_picture(Client client, std::string picture) {
    edo::http::Multipart form;
    form.text("title", "Sunset").file("picture", "sunset.png", std::move(picture), "image/png");
    co_return co_await client.post("https://example.org/upload").multipart(std::move(form)).send();
}
//! [multipart]

//! [stream]
Task<ClientResult<edo::http::ClientResponse>> send_pieces(Client client,
                                                          std::vector<std::string> pieces) {
    auto body = edo::http::Body::from_stream(edo::stream::iter(std::move(pieces)));
    co_return co_await client.put("http://localhost:3030/log").body(std::move(body)).send();
}
//! [stream]

//! [builder]
Client make_client() {
    return Client::builder()
        .user_agent("my-program/1.0")
        .timeout(60s)
        .connect_timeout(3s)
        .max_redirects(3)
        .cookies()
        .build();
}
//! [builder]

//! [tls]
edo::tls::ConfigResult<Client> make_client_of_a_company() {
    edo::tls::ClientConfig tls;
    if (auto added = tls.add_trusted("company-ca.pem"); !added) {
        return edo::failure(added.error());
    }
    if (auto set = tls.set_certificate("me.pem", "me.key"); !set) {
        return edo::failure(set.error());
    }
    return Client::builder().tls(std::move(tls)).build();
}
//! [tls]

//! [identity]
edo::tls::ConfigResult<Client> make_client_with_certificate() {
    auto identity = edo::tls::Identity::from_files("me.pem", "me.key");
    if (!identity) {
        return edo::failure(identity.error());
    }
    return Client::builder().identity(std::move(*identity)).build();
}
//! [identity]

//! [http2]
Client make_client_of_services() {
    return Client::builder()
        .http2_prior_knowledge()     // "http://" too, without asking
        .http2_keep_alive(30s, 10s)  // a server that is gone is noticed
        .build();
}
//! [http2]

//! [cookies]
edo::Result<void> share_cookies() {
    auto jar = std::make_shared<edo::http::CookieJar>();
    const Client client = Client::builder().cookies(jar).build();
    const auto site = edo::http::Uri::parse("https://example.org/");
    if (!site) {
        return edo::failure(site.error());
    }
    jar->set("session=1234; Secure; Path=/", *site);
    std::cout << jar->header_for(*site) << '\n';  // session=1234
    return {};
}
//! [cookies]

//! [proxy]
edo::Result<Client> make_client_with_proxies() {
    auto proxies = edo::http::Proxies::from_environment();
    if (!proxies) {
        return edo::failure(proxies.error());
    }
    proxies->except("localhost, .example.org");
    return Client::builder().proxies(std::move(*proxies)).build();
}
//! [proxy]

//! [errors]
Task<void> report(Client client) {
    auto response = co_await client.get("http://localhost:1/").send();
    if (response) {
        co_return;
    }
    const edo::http::ClientError& error = response.error();
    if (error.is_timeout()) {
        std::cerr << "too slow: " << error.url() << '\n';
    } else if (error.is_connect()) {
        std::cerr << error.message() << '\n';  // cannot connect to http://localhost:1/: ...
    } else {
        std::cerr << "failed: " << error.message() << '\n';
    }
}
//! [errors]

//! [connector]
class UnixConnector final : public edo::http::Connector {
public:
    explicit UnixConnector(std::string path) : path_(std::move(path)) {}

    Task<edo::Result<edo::http::Connected>> connect(const edo::http::Uri& /*url*/,
                                                    const edo::http::Uri* /*proxy*/) override {
        auto stream = co_await edo::net::UnixStream::connect(path_);
        if (!stream) {
            co_return edo::failure(std::error_code(stream.error()));
        }
        co_return edo::http::Connected(edo::http::AnyIo(std::move(*stream)));
    }

private:
    std::string path_;
};

Client docker_client() {
    auto connector = std::make_shared<UnixConnector>("/var/run/docker.sock");
    return Client::builder().connector(std::move(connector)).build();
}
//! [connector]

}  // namespace snippets

int main() {
    const bool ok = snippets::share_cookies().has_value();
    // The others need servers; this one tells that there is none.
    edo::run(snippets::report(snippets::make_client()));
    return ok ? 0 : 1;
}
