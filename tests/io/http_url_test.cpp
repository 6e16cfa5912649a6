// SPDX-License-Identifier: Apache-2.0

#include <weir/io/http_url.hpp>

#include <gmock/gmock.h>

#include <string>
#include <string_view>

namespace weir {
namespace {

http_url url_of(std::string_view text) {
  auto parsed = parse_http_url(text);
  EXPECT_TRUE(parsed) << text << ": " << (parsed ? "" : parsed.error().message);
  return parsed ? *parsed : http_url{};
}

TEST(HttpUrlTest, TakesSchemeHostPortAndTarget) {
  const auto url = url_of("https://slack.com:8443/api/chat?x=1#part");
  EXPECT_TRUE(url.is_secure);
  EXPECT_EQ(url.host, "slack.com");
  EXPECT_EQ(url.port, 8443);
  EXPECT_EQ(url.target, "/api/chat?x=1");
}

TEST(HttpUrlTest, KnowsThePortsThatGoWithoutSaying) {
  EXPECT_EQ(url_of("http://a").port, 80);
  EXPECT_EQ(url_of("https://a").port, 443);
  EXPECT_EQ(url_of("http://a").target, "/");
  EXPECT_EQ(url_of("http://a?q").target, "/?q");
}

TEST(HttpUrlTest, NamesThePlaceWithoutWhatMayBePrivate) {
  EXPECT_EQ(url_of("https://hooks.example/T0/secret?key=1").place(), "https://hooks.example");
  EXPECT_EQ(url_of("http://a:8080/x").place(), "http://a:8080");
  EXPECT_EQ(url_of("http://[::1]:8080/x").place(), "http://[::1]:8080");
  EXPECT_EQ(url_of("http://[::1]:8080/x").host, "::1");
}

TEST(HttpUrlTest, KnowsWhatStaysOnThisMachine) {
  for (const auto* here :
       {"http://127.0.0.1:1/", "http://localhost", "http://[::1]/", "http://127.1"})
    EXPECT_TRUE(url_of(here).is_on_this_machine()) << here;
  for (const auto* away :
       {"http://10.0.0.1", "http://127.0.0.1.example", "http://localhost.example"})
    EXPECT_FALSE(url_of(away).is_on_this_machine()) << away;
}

TEST(HttpUrlTest, RefusesWhatIsNoAddress) {
  for (const std::string text :
       {"", "slack.com", "ftp://a/", "http://", "http:///path", "http://a:0/", "http://a:x",
        "http://a:99999", "http://a:/", "http://a b/", "http://a/\r\nX: y", "http://user:pw@a/",
        "http://[::1", "http://[::1]8080"}) {
    const auto parsed = parse_http_url(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, errc::config) << text;
    EXPECT_THAT(parsed.error().message, ::testing::Not(::testing::HasSubstr("pw"))) << text;
  }
}

} // namespace
} // namespace weir
