// SPDX-License-Identifier: Apache-2.0

#include <weir/io/http_client.hpp>
#include <weir/tests/support/http_place.hpp>
#include <weir/tests/support/scratch_directory.hpp>

#include <gmock/gmock.h>

#include <fstream>
#include <future>
#include <string>
#include <thread>
#include <vector>

namespace weir {
namespace {

using namespace std::chrono_literals;
using testing::certificate;
using ::testing::HasSubstr;
using testing::http_answer;
using testing::http_asked;
using testing::http_place;

std::unique_ptr<http_client> make_client(http_client_options options = {}) {
  auto made = http_client::make(std::move(options));
  EXPECT_TRUE(made) << (made ? "" : made.error().message);
  return made ? std::move(*made) : nullptr;
}

result<http_response> get(const std::string& url, http_client_options options = {}) {
  return make_client(std::move(options))->fetch({.url = url});
}

std::string body_of(const result<http_response>& got) {
  EXPECT_TRUE(got) << (got ? "" : got.error().message);
  return got ? got->body : "";
}

TEST(HttpClientTest, SendsARequestAndGivesItsAnswer) {
  const http_place place{[](const http_asked&) {
    return http_answer(201, "made", "X-Kind: Small\r\nX-Kind: second\r\n");
  }};
  const auto got = make_client()->fetch({.method = "POST",
                                         .url = place.address() + "/things?kind=small",
                                         .headers = {{"Authorization", "Bearer abc"}},
                                         .body = "thing"});
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->status, 201);
  EXPECT_EQ(got->body, "made");
  EXPECT_EQ(got->header("x-kind"), "Small");
  EXPECT_EQ(got->header("x-other"), std::nullopt);
  const auto asked = place.asked();
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].method, "POST");
  EXPECT_EQ(asked[0].target, "/things?kind=small");
  EXPECT_EQ(asked[0].body, "thing");
  EXPECT_EQ(asked[0].headers.at("authorization"), "Bearer abc");
  EXPECT_EQ("http://" + asked[0].headers.at("host"), place.address());
}

TEST(HttpClientTest, UsesAConnectionAgain) {
  const http_place place{[](const http_asked&) { return http_answer(200, "yes"); }};
  const auto client = make_client();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(body_of(client->fetch({.url = place.address()})), "yes");
  for (const auto& asked : place.asked()) EXPECT_EQ(asked.connection, 0);
}

TEST(HttpClientTest, ConnectsAnewWhenTheServerHasClosed) {
  const http_place place{
      [](const http_asked&) { return http_answer(200, "yes", "Connection: close\r\n"); }};
  const auto client = make_client();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(body_of(client->fetch({.url = place.address()})), "yes");
  const auto asked = place.asked();
  ASSERT_EQ(asked.size(), 3U);
  EXPECT_EQ(asked[2].connection, 2);
}

TEST(HttpClientTest, KeepsNoConnectionBeyondItsTime) {
  const http_place place{[](const http_asked&) { return http_answer(200, "yes"); }};
  const auto client = make_client({.idle_timeout = duration{0}});
  for (int i = 0; i < 2; ++i) EXPECT_EQ(body_of(client->fetch({.url = place.address()})), "yes");
  EXPECT_EQ(place.asked().at(1).connection, 1);
}

TEST(HttpClientTest, AnswersManyAtOnceEachItsOwn) {
  const http_place place{[](const http_asked& asked) { return http_answer(200, asked.target); }};
  const auto client = make_client();
  std::vector<std::promise<std::string>> answers(20);
  for (std::size_t i = 0; i < answers.size(); ++i)
    client->send({.url = place.address() + "/" + std::to_string(i)},
                 [&, i](result<http_response> got) { answers[i].set_value(body_of(got)); });
  for (std::size_t i = 0; i < answers.size(); ++i)
    EXPECT_EQ(answers[i].get_future().get(), "/" + std::to_string(i));
}

TEST(HttpClientTest, SaysThatNobodyListens) {
  const testing::closed_port nobody;
  const auto got = get(nobody.address());
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::cannot_connect);
  EXPECT_THAT(got.error().message, HasSubstr("cannot connect to " + nobody.address()));
}

TEST(HttpClientTest, GivesUpOnAServerThatSaysNothing) {
  const http_place place{[](const http_asked&) { return std::nullopt; }};
  const auto got = get(place.address(), {.answer_timeout = 50ms});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::failed);
  EXPECT_EQ(got.error().message, place.address() + " did not answer within 50ms");
}

TEST(HttpClientTest, SaysWhatIsWrongWithAnAnswer) {
  const auto of = [](const std::string& said, http_client_options options = {}) {
    const http_place place{[&](const http_asked&) { return said; }};
    const auto got = get(place.address(), std::move(options));
    EXPECT_FALSE(got) << said;
    return got ? "" : got.error().message;
  };
  EXPECT_THAT(of(""), HasSubstr("closed the connection without an answer"));
  EXPECT_THAT(of("no HTTP at all\r\n\r\n"), HasSubstr("no proper answer from http://127.0.0.1:"));
  EXPECT_THAT(of("HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\nshort"),
              HasSubstr("no proper answer"));
  EXPECT_THAT(of(http_answer(200, std::string(101, 'x')), {.max_body_bytes = 100}),
              HasSubstr("more than 100 bytes"));
}

TEST(HttpClientTest, RefusesARequestThatIsNone) {
  const auto client = make_client();
  for (const auto& request : std::vector<http_request>{
           {.url = "localhost"},
           {.method = "GET / HTTP/1.1\r\nX: y", .url = "http://127.0.0.1:1"},
           {.url = "http://127.0.0.1:1", .headers = {{"Authorization", "a\r\nX: y"}}}}) {
    const auto got = client->fetch(request);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, errc::config) << got.error().message;
  }
}

TEST(HttpClientTest, DoesNotFollowRedirects) {
  const http_place place{
      [](const http_asked&) { return http_answer(302, "", "Location: http://127.0.0.1:1/\r\n"); }};
  const auto got = get(place.address());
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->status, 302);
  EXPECT_EQ(place.asked().size(), 1U);
}

TEST(HttpClientTest, CallsNothingOnceDestroyed) {
  const http_place place{[](const http_asked&) { return std::nullopt; }};
  auto client = make_client();
  const auto calls = std::make_shared<int>(0);
  client->send({.url = place.address()}, [calls](const auto&) { ++*calls; });
  client->after(1h, [calls] { ++*calls; });
  ASSERT_TRUE(place.wait_for(1));
  client.reset();
  EXPECT_EQ(*calls, 0);
  EXPECT_EQ(calls.use_count(), 1) << "what waited is forgotten";
}

TEST(HttpClientTest, CallsOnItsThreadInOrderOfTime) {
  const auto client = make_client();
  std::promise<std::string> all;
  auto order = std::make_shared<std::string>();
  client->after(20ms, [&, order] { all.set_value(*order + "b"); });
  client->after(0ms, [order] { *order += "a"; });
  EXPECT_EQ(all.get_future().get(), "ab");
}

/// A server behind TLS, and its certificate as a file.
struct secure_place {
  explicit secure_place(const std::string& names)
      : own{testing::make_certificate(names)},
        server{[](const http_asked&) { return http_answer(200, "safe"); }, own} {
    std::ofstream{file} << own.pem;
  }
  /// By name, as certificates have names.
  [[nodiscard]] std::string by_name() const {
    return "https://localhost:" + std::to_string(server.port());
  }
  testing::scratch_directory directory;
  std::string file = directory.file("authority.pem");
  certificate own;
  http_place server;
};

TEST(HttpClientTest, RefusesACertificateNobodyVouchesFor) {
  const secure_place place{"DNS:localhost,IP:127.0.0.1"};
  const auto got = get(place.by_name());
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::cannot_connect);
  EXPECT_THAT(got.error().message, HasSubstr("is not to be trusted: self"));
  EXPECT_TRUE(place.server.asked().empty()) << "nothing was sent";
}

TEST(HttpClientTest, TrustsTheAuthorityItWasGiven) {
  const secure_place place{"DNS:localhost,IP:127.0.0.1"};
  const auto client = make_client({.ca_file = place.file});
  EXPECT_EQ(body_of(client->fetch({.url = place.by_name()})), "safe");
  EXPECT_EQ(body_of(client->fetch({.url = place.by_name()})), "safe");
  EXPECT_EQ(body_of(client->fetch({.url = place.server.address()})), "safe") << "by its address";
  EXPECT_EQ(place.server.asked().at(1).connection, place.server.asked().at(0).connection);
}

TEST(HttpClientTest, RefusesACertificateOfAnotherHost) {
  const secure_place place{"DNS:other.example"};
  const auto got = get(place.by_name(), {.ca_file = place.file});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::cannot_connect);
  EXPECT_THAT(got.error().message, HasSubstr("not to be trusted"));
  EXPECT_TRUE(place.server.asked().empty()) << "nothing was sent";
}

TEST(HttpClientTest, TakesAnyCertificateWhenToldTo) {
  const secure_place place{"DNS:other.example"};
  EXPECT_EQ(body_of(get(place.by_name(), {.verifies = false})), "safe");
}

TEST(HttpClientTest, SaysWhichFileOfAuthoritiesIsNone) {
  const testing::scratch_directory directory;
  const auto file = directory.file("none.pem");
  const auto made = http_client::make({.ca_file = file});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, errc::config);
  EXPECT_THAT(made.error().message, HasSubstr("'" + file + "'"));
}

TEST(HttpClientTest, EndsWhenAPlainServerIsTakenForASecureOne) {
  const http_place place{[](const http_asked&) { return http_answer(200, "plain"); }};
  const auto got =
      get("https://127.0.0.1:" + std::to_string(place.port()), {.connect_timeout = 100ms});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::cannot_connect);
}

} // namespace
} // namespace weir
