// SPDX-License-Identifier: Apache-2.0

#include <weir/io/access_log.hpp>
#include <weir/tests/support/source_contract.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <string>

namespace {

using namespace weir;
using ::testing::HasSubstr;

const std::string combined =
    R"(83.149.9.216 - ada [17/May/2015:10:05:03 +0000] "GET /a?b=1 HTTP/1.1" 200 203023 )"
    R"x("http://semicomplete.com/" "Mozilla/5.0 (X11)")x";

std::string reason_of(const std::string& line) {
  const auto made = parse_access(line);
  return made ? "it can be read" : made.error().message;
}

/// `combined` with a part of it replaced.
std::string with(std::string_view part, std::string_view other) {
  std::string line = combined;
  return line.replace(line.find(part), part.size(), other);
}

TEST(AccessLogTest, ReadsTheCombinedFormat) {
  const auto made = parse_access(combined);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(weir::testing::text_of(*made),
            "83.149.9.216|2015-05-17T10:05:03Z|GET|/a?b=1|200|203023|http://semicomplete.com/|"
            "Mozilla/5.0 (X11)|");
}

TEST(AccessLogTest, ReadsTheCommonFormatAndAnswersWithoutBody) {
  const auto made = parse_access(R"(::1 - - [29/Feb/2016:23:59:60 -0130] "HEAD / HTTP/1.0" 304 -)");
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(weir::testing::text_of(*made), "::1|2016-03-01T01:30:00Z|HEAD|/|304|0|||");
}

TEST(AccessLogTest, TakesWhateverAClientSent) {
  const auto request = [](const char* text) { return with("GET /a?b=1 HTTP/1.1", text); };
  const auto path_of = [&](const char* text) {
    const auto line = request(text);
    const auto made = parse_access(line);
    return made ? std::string{made->method} + "," + std::string{made->path} : "not read";
  };
  EXPECT_EQ(path_of("-"), ",-");
  EXPECT_EQ(path_of(""), ",");
  EXPECT_EQ(path_of(R"(GET /say\"hi\" HTTP/1.1)"), R"(GET,/say\"hi\")");
  EXPECT_EQ(path_of(R"(GET /\\ HTTP/1.1)"), R"(GET,/\\)");
  EXPECT_EQ(path_of("GET /with blank HTTP/1.1"), "GET,/with blank");
  EXPECT_EQ(path_of("GET HTTP/1.1"), "GET,");
  EXPECT_EQ(path_of(R"(\x16\x03\x01 and more)"), R"(,\x16\x03\x01 and more)");
}

TEST(AccessLogTest, TakesAnAgentThatIsCutOff) {
  const auto line = with("(X11)\"", "(X1");
  const auto made = parse_access(line);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->agent, "Mozilla/5.0 (X1");
}

TEST(AccessLogTest, SaysWhatIsWrong) {
  EXPECT_THAT(reason_of(""), HasSubstr("address, identity and user"));
  EXPECT_THAT(reason_of("one two"), HasSubstr("address, identity and user"));
  EXPECT_THAT(reason_of("a - - 17/May/2015"), HasSubstr("in [ ]"));
  for (const auto* const time :
       {"17/Mai/2015:10:05:03 +0000", "31/Feb/2015:10:05:03 +0000", "17/May/2015:24:05:03 +0000",
        "17/May/2015:10:05:03 +000", "17/May/2015 10:05:03 +0000", "1x/May/2015:10:05:03 +0000"})
    EXPECT_THAT(reason_of(with("17/May/2015:10:05:03 +0000", time)), HasSubstr("its time is not"))
        << time;
  EXPECT_THAT(reason_of(combined.substr(0, 60)), HasSubstr("its request"));
  EXPECT_THAT(reason_of(with(" 200 ", " 2x0 ")), HasSubstr("its status"));
  EXPECT_THAT(reason_of(with(" 200 ", " 70000 ")), HasSubstr("its status"));
  EXPECT_THAT(reason_of(with("203023", "many")), HasSubstr("its bytes"));
  EXPECT_THAT(reason_of(with("\"http:", "http:")), HasSubstr("its referer"));
  EXPECT_THAT(reason_of(with("\"Mozilla", "Mozilla")), HasSubstr("its agent"));
}

RC_GTEST_PROP(AccessLogTest, ReadsNothingBeyondALineOfAnyBytes, ()) {
  std::string line = combined;
  for (const auto at : *rc::gen::container<std::vector<std::size_t>>(
           rc::gen::inRange<std::size_t>(0, combined.size())))
    line[at] = *rc::gen::element('"', ' ', '\\', '[', ']', '9', '\0', '\xff');
  line.resize(*rc::gen::inRange<std::size_t>(0, line.size() + 1));
  const std::string exact{line}; // the sanitizers look at its bounds
  const auto made = parse_access(exact);
  const auto lies_inside = [&](std::string_view text) {
    return text.empty()
           || (text.data() >= exact.data()
               && text.data() + text.size() <= exact.data() + exact.size());
  };
  if (made)
    RC_ASSERT(lies_inside(made->path) && lies_inside(made->agent));
  else
    RC_ASSERT(!made.error().message.empty());
}

} // namespace
